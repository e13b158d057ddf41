import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import {
  clipProcessor,
  findPreprocessConfig,
  outputSize,
  parsePreprocessConfig,
  preprocess,
  preprocessSchema,
  processor,
  readPreprocessConfig,
  resized,
} from '../../../src-main/engine/data/preprocess.ts'
import { cutter, golden, goldenJson, sha256 } from './golden.ts'

type Case<Result> = [width: number, height: number, config: object, outHeight: number, outWidth: number, result: Result]
const { preprocess: cases, large } = goldenJson<{ preprocess: Case<number>[]; large: Case<string>[] }>('images.json')
const bytes = readFileSync(golden('preprocess.bin'))
const floats = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
const cut = await cutter()

describe('preprocess equals CLIPImageProcessor on Pillow', () => {
  it.each(cases)('%d×%d %j', (w, h, json, height, width, start) => {
    const config = preprocessSchema.parse(json)
    expect(outputSize(config)).toEqual({ height, width })
    const out = new Float32Array(3 * height * width + 5).fill(7)
    preprocess(cut(w, h), config, out, 5)
    let worst = 0
    for (let i = 0; i < out.length - 5; i++) worst = Math.max(worst, Math.abs(out[i + 5]! - floats[start + i]!))
    expect(worst).toBeLessThanOrEqual(1e-6)
    expect([...out.subarray(0, 5)]).toEqual([7, 7, 7, 7, 7])
  })

  it('bit for bit at the sizes of real models', () => {
    for (const [w, h, json, height, width, digest] of large) {
      const out = new Float32Array(3 * height * width)
      preprocess(cut(w, h), preprocessSchema.parse(json), out)
      expect(`${w}×${h} → ${height} ${sha256(out)}`).toBe(`${w}×${h} → ${height} ${digest}`)
    }
  })

  it('lays a transparent picture over white', async () => {
    const config = preprocessSchema.parse({ size: 24, crop_size: 24 })
    const [kept, white] = [new Float32Array(3 * 24 * 24), new Float32Array(3 * 24 * 24)]
    preprocess(await decodeImage(golden('images/rgba.png'), undefined, { alpha: 'keep' }), config, kept)
    preprocess(await decodeImage(golden('images/rgba.png'), undefined, { alpha: 'white' }), config, white)
    expect(sha256(kept)).toBe(sha256(white))
  })
})

describe('preprocessor_config.json', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dashi-preprocess-'))

  it('as OpenAI published it in 2021 means what it meant then', () => {
    const old = { feature_extractor_type: 'CLIPFeatureExtractor', size: 224, crop_size: 224, resample: 3, do_resize: true }
    expect(preprocessSchema.parse(old)).toEqual(preprocessSchema.parse({}))
    expect(preprocessSchema.parse(old)).toMatchObject({ size: { shortest_edge: 224 }, crop_size: { height: 224, width: 224 } })
  })

  it('is also found inside processor_config.json, where transformers 5 saves it', async () => {
    await expect(readPreprocessConfig(folder)).rejects.toThrow(`${folder}/preprocessor_config.json: no such file`)
    writeFileSync(
      join(folder, 'processor_config.json'),
      JSON.stringify({ image_processor: { size: { shortest_edge: 96 }, crop_size: 96 } }),
    )
    expect(await readPreprocessConfig(folder)).toMatchObject({ size: { shortest_edge: 96 }, crop_size: { height: 96, width: 96 } })
    writeFileSync(join(folder, 'preprocessor_config.json'), JSON.stringify({ size: 64, crop_size: 64 }))
    expect(await readPreprocessConfig(folder)).toMatchObject({ size: { shortest_edge: 64 } })
    writeFileSync(join(folder, 'preprocessor_config.json'), '{ size: 64')
    await expect(readPreprocessConfig(folder)).rejects.toThrow('preprocessor_config.json: expected JSON')
  })

  it.each([
    [{ size: 'large' }, 'size: expected a number, {shortest_edge} or {height, width}'],
    [{ size: { longest_edge: 9 } }, 'size: expected a number'],
    [{ crop_size: { height: 9 } }, 'crop_size: expected a number or {height, width}'],
    [{ resample: 6 }, 'resample: expected a Pillow filter number'],
    [{ image_std: [1, 0, 1] }, 'image_std: expected numbers above 0'],
    [{ image_mean: [1, 2] }, 'image_mean: '],
    [[], 'content: '],
  ])('%j is refused', (json, problem) => {
    expect(() => parsePreprocessConfig(json, 'preprocessor_config.json')).toThrow(`preprocessor_config.json: ${problem}`)
  })

  it('must give every image the same size', () => {
    expect(() => outputSize(preprocessSchema.parse({ do_center_crop: false }))).toThrow(/do_center_crop: expected true/)
  })
})

describe('the fields of a preprocessor', () => {
  const field = (json: object) => preprocessSchema.safeParse(json)
  it.each([
    ['size', 1, 16_384, 0, 16_385],
    ['crop_size', 1, 16_384, 0, 16_385],
    ['rescale_factor', -1e6, 1e6, -1e6 - 1, 1e6 + 1],
    ['image_mean', -1e6, 1e6, -1e6 - 1, 1e6 + 1],
    ['image_std', 1e-6, 1e6, 0.9e-6, 1e6 + 1],
    ['resample', 0, 5, -1, 6],
  ])('%s lies between %d and %d', (name, least, most, below, above) => {
    for (const inside of [least, most]) expect(field({ [name]: inside }).success).toBe(true)
    for (const outside of [below, above]) expect(field({ [name]: outside }).success).toBe(false)
  })
  it('may be written in several ways', () => {
    const parsed = preprocessSchema.parse({ size: [20, 30], crop_size: [40, 50], image_mean: 0.5, image_std: [0.1, 0.2, 0.3] })
    expect(parsed).toMatchObject({
      size: { height: 20, width: 30 },
      crop_size: { height: 40, width: 50 },
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.1, 0.2, 0.3],
    })
    expect(preprocessSchema.parse({ size: { shortest_edge: 9 }, crop_size: { height: 1, width: 2 } })).toMatchObject({
      size: { shortest_edge: 9 },
      crop_size: { height: 1, width: 2 },
    })
    expect(field({ size: { shortest_edge: 9, longest_edge: 10 } }).success).toBe(false)
    expect(field({ size: [1, 2, 3] }).success).toBe(false)
    expect(field({ image_std: [1, 1, 0] }).success).toBe(false)
  })
  it('have the defaults of CLIP; null turns a step off, and is the default elsewhere', () => {
    const clip = {
      ...{ do_resize: true, size: { shortest_edge: 224 }, resample: 3, do_center_crop: true, crop_size: { height: 224, width: 224 } },
      ...{ do_rescale: true, rescale_factor: 1 / 255, do_normalize: true, do_convert_rgb: true },
      image_mean: [0.48145466, 0.4578275, 0.40821073],
      image_std: [0.26862954, 0.26130258, 0.27577711],
    }
    expect(preprocessSchema.parse({ unknown: 1 })).toEqual(clip)
    const values = { size: null, resample: null, crop_size: null, rescale_factor: null, image_mean: null, image_std: null }
    expect(preprocessSchema.parse(values)).toEqual(clip)
    const steps = { do_resize: null, do_center_crop: null, do_rescale: null, do_normalize: null, do_convert_rgb: null }
    expect(preprocessSchema.parse(steps)).toMatchObject({
      do_resize: false,
      do_center_crop: false,
      do_rescale: false,
      do_normalize: false,
      do_convert_rgb: false,
    })
  })
})

describe('the processor that a file names', () => {
  const square = processor('Square', {
    size: { height: 8, width: 8 },
    resample: 'bilinear',
    do_center_crop: false,
    image_mean: [0, 0, 0],
    image_std: [1, 1, 1],
  })
  const parse = (json: unknown, processors = [clipProcessor, square]) => parsePreprocessConfig(json, 'p.json', 'part.', processors)

  it('brings its own defaults; without a name it is the first', () => {
    expect(parse({})).toEqual(preprocessSchema.parse({}))
    expect(parse({}, [square])).toMatchObject({
      size: { height: 8, width: 8 },
      resample: 2,
      do_center_crop: false,
      image_mean: [0, 0, 0],
      image_std: [1, 1, 1],
    })
    expect(parse({ size: 5 }, [square])).toMatchObject({ size: { height: 5, width: 5 } })
    expect(parse({ size: 5 })).toMatchObject({ size: { shortest_edge: 5 } })
    expect(parse({ image_processor_type: null, feature_extractor_type: null })).toEqual(preprocessSchema.parse({}))
  })
  it.each(['ImageProcessor', 'ImageProcessorFast', 'ImageProcessorPil', 'FeatureExtractor', ''])('may end in %s', (suffix) => {
    for (const key of ['image_processor_type', 'feature_extractor_type']) {
      const named = (name: string) => () => parse({ [key]: `${name}${suffix}` })
      if (suffix) {
        expect(named('Square')()).toMatchObject({ resample: 2 })
        expect(named('CLIP')()).toMatchObject({ resample: 3 })
      } else expect(named('CLIP')).toThrow()
      for (const other of ['ViT', 'OldCLIP', 'CLIPX'])
        expect(named(other)).toThrow(`p.json: part.${key}: expected CLIPImageProcessor or SquareImageProcessor, found "${other}${suffix}"`)
    }
  })
  it('is found in either file, first in that of its own; none is nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dashi-preprocess-'))
    const write = (name: string, json: unknown) => writeFileSync(join(folder, name), JSON.stringify(json))
    expect(findPreprocessConfig(folder)).toBeUndefined()
    write('processor_config.json', { image_processor: 'none' })
    expect(() => findPreprocessConfig(folder)).toThrow(`${join(folder, 'processor_config.json')}: image_processor: expected an object`)
    write('processor_config.json', { image_processor: { size: 'x' } })
    expect(() => findPreprocessConfig(folder)).toThrow(`${join(folder, 'processor_config.json')}: image_processor.size: `)
    write('processor_config.json', { image_processor: { size: 5 } })
    expect(findPreprocessConfig(folder, [square])).toMatchObject({ size: { height: 5, width: 5 } })
    write('preprocessor_config.json', { size: 'x' })
    expect(() => findPreprocessConfig(folder)).toThrow(`${join(folder, 'preprocessor_config.json')}: size: `)
    write('preprocessor_config.json', { size: 6 })
    expect(await readPreprocessConfig(folder)).toMatchObject({ size: { shortest_edge: 6 } })
    expect(findPreprocessConfig(folder)).toMatchObject({ size: { shortest_edge: 6 } })
  })
})

describe('what comes out', () => {
  it('is of the crop, or of the size where that is both', () => {
    const parse = (json: object) => preprocessSchema.parse(json)
    expect(outputSize(parse({ size: [5, 6], crop_size: [3, 4] }))).toEqual({ height: 3, width: 4 })
    expect(outputSize(parse({ size: [5, 6], do_center_crop: false }))).toEqual({ height: 5, width: 6 })
    for (const free of [{ size: 5 }, { size: [5, 6], do_resize: false }])
      expect(() => outputSize(parse({ ...free, do_center_crop: false }), 'p.json')).toThrow('p.json: do_center_crop')
    expect(() => outputSize(parse({ do_center_crop: false }))).toThrow('preprocessor_config.json: do_center_crop')
  })
  it('has the shortest edge of the size, the other cut down to whole pixels', () => {
    const of = (width: number, height: number) => resized(cut(width, height), preprocessSchema.parse({ size: 10 }))
    for (const [width, height, w, h] of [
      [20, 39, 10, 19],
      [39, 20, 19, 10],
      [20, 20, 10, 10],
    ] as const)
      expect(of(width, height)).toMatchObject({ width: w, height: h })
    const thin = { width: 1, height: 40_000, channels: 3 as const, data: new Uint8Array(120_000) }
    expect(() => resized(thin, preprocessSchema.parse({ size: 336 }))).toThrow(
      /^image: so long and narrow that it would be 336 × 13440000 pixels/,
    )
    expect(() => resized(thin, preprocessSchema.parse({ size: 336 }), 'mine')).toThrow(/^mine: /)
    expect(resized(thin, preprocessSchema.parse({ do_resize: false }))).toBe(thin)
  })
})
