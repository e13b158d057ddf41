import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import {
  outputSize,
  parsePreprocessConfig,
  preprocess,
  preprocessSchema,
  readPreprocessConfig,
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
