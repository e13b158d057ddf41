/** What is asked of a checkpoint folder when it is opened, and what the opened model has. */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { DashiError } from '#shared/errors.ts'
import type { Seeing } from '#shared/model/seeing.ts'
import { preprocessSchema } from '../../../src-main/engine/data/preprocess.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { architectureOf, findPreprocessIn, tokenizerIn } from '../../../src-main/engine/models/families.ts'
import { preparationOf } from '../../../src-main/engine/models/preparation.ts'
import { writeRecord } from '../../../src-main/engine/weights/checkpoint.ts'
import { headMetadata, headTensors } from '../../../src-main/engine/weights/head.ts'
import { buildHeader, layout } from '../../../src-main/engine/weights/header.ts'
import { writeSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { openWeights } from '../../../src-main/engine/weights/source.ts'
import { storedTensors } from '../../../src-main/engine/weights/tensors.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { record } from '../weights/helpers.ts'

/** Makes the machine one of so many bytes of memory, for the rest of the test. */
function memory(bytes: number): void {
  vi.restoreAllMocks()
  vi.spyOn(os, 'totalmem').mockReturnValue(bytes)
  syncBuiltinESMExports()
}
afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

type Json = Record<string, unknown>
const clip = () => {
  const folder = temporaryFolder()
  fs.cpSync(TINY_CLIP, folder, { recursive: true })
  return folder
}
const edit = (folder: string, file: string, change: (json: Json) => void) => {
  const json = JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')) as Json
  change(json)
  fs.writeFileSync(path.join(folder, file), JSON.stringify(json))
  return folder
}
const opened = async <T>(folder: string, look: (model: Awaited<ReturnType<typeof openModel>>) => T, told?: Seeing): Promise<T> => {
  const model = await openModel(folder, told)
  try {
    return look(model)
  } finally {
    model.close()
  }
}
/** The refusal: fault, file, and the field, or else the code of the sentence. */
const refusal = async (folder: string, told?: Seeing) =>
  openModel(folder, told).then(
    (model) => (model.close(), 'opened'),
    (e: DashiError) => {
      const { file, problem } = e.sentence?.params ?? {}
      if (typeof problem === 'object') return [e.fault, path.relative(folder, String(file)), problem.params['field'] ?? problem.code]
      const [place, field] = e.message.split(': ')
      return [e.fault, path.relative(folder, place!), field]
    },
  )

describe('a model', () => {
  test('has its folder, its parts, and the templates of CLIP where it says none', async () => {
    await opened(TINY_CLIP, (model) => {
      expect([model.dir, model.dim, model.head, model.templates]).toEqual([TINY_CLIP, 24, undefined, ['a photo of a {}.']])
      expect(model.tokenizer.vocabSize).toBe(178)
      expect(model.preprocess.crop_size).toEqual({ height: 32, width: 32 })
    })
  })
  test('of ours has the templates and the preparation of its record', async () => {
    const folder = clip()
    const whole = { ...record, format: 1 as const, dashi: '0', created: new Date(0).toISOString() }
    await writeRecord(folder, { ...whole, templates: ['a {}', 'the {}'], seeing: { deep: 'range', interpolate: true } })
    expect(await opened(folder, (m) => [m.templates, m.preprocess.deep])).toEqual([['a {}', 'the {}'], 'range'])
    expect(await opened(folder, (m) => m.preprocess.deep, { deep: 'percentiles' })).toBe('percentiles')
    expect(await opened(folder, (m) => m.preprocess.deep, { deep: 'clip' })).toBeUndefined()
    edit(folder, 'preprocessor_config.json', (c) => (c['crop_size'] = 40))
    expect(await refusal(folder)).toBe('opened') // the record says that positions are interpolated
    expect(await refusal(folder, { interpolate: false })).toEqual(['data', 'preprocessor_config.json', 'crop_size'])
    await writeRecord(folder, { ...whole, templates: [], seeing: { interpolate: true } })
    expect(await opened(folder, (m) => m.templates)).toEqual(['a photo of a {}.'])
  })
  test('without a tokenizer or a preprocessor opens, and says so when one is asked for', async () => {
    const folder = clip()
    for (const name of ['tokenizer.json', 'preprocessor_config.json']) fs.rmSync(path.join(folder, name))
    await opened(folder, (model) => {
      expect(() => model.tokenizer).toThrow(folder)
      expect(() => model.preprocess).toThrow(path.join(folder, 'preprocessor_config.json'))
    })
    fs.writeFileSync(path.join(folder, 'merges.txt'), '') // half of a tokenizer is not none
    expect(await refusal(folder)).not.toBe('opened')
  })
  test('has a vocabulary with room for every token', async () => {
    const rows = (n: number) => edit(clip(), 'config.json', (c) => ((c['text_config'] as Json)['vocab_size'] = n))
    expect(await refusal(rows(179))).toEqual(['data', 'model.safetensors', 'model.tensor-shape'])
    const more = edit(clip(), 'tokenizer.json', (t) => {
      const added = (t['added_tokens'] ??= []) as Json[]
      added.push({ id: 178, content: '<more>', special: true, single_word: false, lstrip: false, rstrip: false, normalized: false })
    })
    expect(await refusal(more)).toEqual(['data', 'config.json', 'model.vocabulary'])
  })
  test('has a head for its features', async () => {
    const folder = clip()
    const write = (dim: number) => {
      const head = { classes: ['a', 'b'], dim, weight: new Float32Array(2 * dim).fill(0.5), bias: Float32Array.of(1, 2) }
      return writeSafetensors(path.join(folder, 'head.safetensors'), headTensors(head), headMetadata(head.classes))
    }
    await write(24)
    expect(await opened(folder, (m) => [m.head!.classes, m.head!.dim, [...m.head!.bias]])).toEqual([['a', 'b'], 24, [1, 2]])
    await write(23)
    expect(await refusal(folder)).toEqual(['data', 'head.safetensors', 'model.head-width'])
  })
  test('of a family with classifiers of its own has them as its head, unless one lies beside it', async () => {
    const folder = temporaryFolder()
    fs.cpSync(goldenPath('families/vit'), folder, { recursive: true })
    expect(await opened(folder, (m) => m.head?.classes)).toHaveLength(3)
    const head = { classes: ['only'], dim: 24, weight: new Float32Array(24), bias: new Float32Array(1) }
    await writeSafetensors(path.join(folder, 'head.safetensors'), headTensors(head), headMetadata(head.classes))
    expect(await opened(folder, (m) => m.head?.classes)).toEqual(['only'])
  })
})

describe('weights', () => {
  test('take four bytes a number in memory, whatever their type: as many as the machine has', async () => {
    const size = (shape: readonly number[]) => 4 * shape.reduce((a, b) => a * b, 1)
    for (const name of ['quick', 'fp16']) {
      memory(1e12)
      const bytes = await opened(goldenPath(`clip/${name}`), (m) => [...m.tensors.values()].reduce((n, { shape }) => n + size(shape), 0))
      memory(bytes)
      expect(await refusal(goldenPath(`clip/${name}`))).toBe('opened')
      memory(bytes - 1)
      expect(await refusal(goldenPath(`clip/${name}`))).toEqual(['data', '', 'model.too-large'])
      memory(1e5)
      const told = { size: expect.stringMatching(/^0\.\d GB$/) as string, memory: '0.0 GB' }
      await expect(openModel(goldenPath(`clip/${name}`))).rejects.toMatchObject({ sentence: { params: { problem: { params: told } } } })
    }
  })
  test('have no tensor that is longer than an array can be', async () => {
    memory(1e12)
    const folder = clip()
    const tower = { hidden_size: 32, num_attention_heads: 4, num_hidden_layers: 1, intermediate_size: 64 }
    const vision = { ...tower, image_size: 32, patch_size: 8 }
    const raw = (vocab: number) => ({
      model_type: 'clip',
      projection_dim: 24,
      text_config: { ...tower, hidden_size: 512, vocab_size: vocab },
      vision_config: vision,
    })
    // 2³² bytes as float32 are one more than is possible; the file itself is sparse.
    const write = (vocab: number) => {
      const order = layout([...architectureOf(raw(vocab)).tensors.shapes()].map(([name, shape]) => ({ name, dtype: 'F16', shape })))
      const header = buildHeader(order, {})
      const bytes = order.reduce((n, { shape }) => n + 2 * shape.reduce((a, b) => a * b, 1), header.length)
      fs.writeFileSync(path.join(folder, 'model.safetensors'), header)
      fs.truncateSync(path.join(folder, 'model.safetensors'), bytes)
      fs.writeFileSync(path.join(folder, 'config.json'), JSON.stringify(raw(vocab)))
    }
    write(2 ** 32 / 4 / 512)
    expect(await refusal(folder)).toEqual(['data', 'model.safetensors', 'model.tensor-too-large'])
  })
})

describe('tensors that a model may have or lack', () => {
  /** The folder of a family with some tensors left out and some more. */
  async function changed(name: string, without: RegExp, more: Record<string, number[]>): Promise<string> {
    const [from, to] = [goldenPath(name), temporaryFolder()]
    fs.cpSync(from, to, { recursive: true })
    const weights = openWeights(from)
    const { specs, produce } = storedTensors(weights)
    const added = Object.entries(more).map(([tensor, shape]) => ({ name: tensor, dtype: 'F32' as const, shape }))
    const kept = specs.filter((spec) => !without.test(spec.name) && !(spec.name in more))
    await writeSafetensors(path.join(to, 'model.safetensors'), {
      specs: [...kept, ...added],
      produce: (spec) => (spec.name in more ? new Float32Array(spec.shape.reduce((a, b) => a * b, 1)) : produce(spec)),
    })
    weights.close()
    return to
  }
  const none = /^$/
  test.each<[string, string, RegExp, Record<string, number[]>]>([
    [
      'positions by number, as CLIP had them',
      'clip/quick',
      none,
      { 'text_model.embeddings.position_ids': [1, 16], 'vision_model.embeddings.position_ids': [1, 17] },
    ],
    ['positions by number, as SigLIP had them', 'families/siglip', none, { 'text_model.embeddings.position_ids': [1, 16] }],
    ['an encoder without its pooler', 'families/vit-encoder', /^pooler\./, {}],
    ['a DINOv2 without its token for pre-training', 'families/dinov2', /mask_token/, {}],
    ['a DINOv2 with one that its configuration does not tell', 'families/dinov2-plain', none, { 'embeddings.mask_token': [1, 24] }],
  ])('%s', async (_, name, without, more) => expect(await refusal(await changed(name, without, more))).toBe('opened'))
  test.each<[string, string, RegExp, Record<string, number[]>, string]>([
    ['other numbers', 'clip/quick', none, { position_idx: [1] }, 'model.tensor-extra'],
    ['a pooler that is one by half its name', 'families/vit', none, { 'xpooler.dense.weight': [1] }, 'model.tensor-extra'],
    ['a norm too few', 'families/dinov2', /^layernorm\.bias$/, {}, 'model.tensor-missing'],
    ['a scale of another width', 'families/dinov2', none, { 'encoder.layer.0.layer_scale1.lambda1': [5] }, 'model.tensor-shape'],
  ])('but not %s', async (_, name, without, more, code) =>
    expect(await refusal(await changed(name, without, more))).toEqual(['data', 'model.safetensors', code]),
  )
})

describe('the size of pictures', () => {
  const cropped = (crop: unknown) => edit(clip(), 'preprocessor_config.json', (c) => (c['crop_size'] = crop))
  test('is at least a patch each way, and the one that the model was trained on unless positions are interpolated', async () => {
    const interpolate = { interpolate: true }
    expect(await refusal(cropped({ height: 8, width: 8 }), interpolate)).toBe('opened')
    for (const size of [
      { height: 7, width: 8 },
      { height: 8, width: 7 },
    ])
      expect(await refusal(cropped(size), interpolate)).toEqual(['data', 'preprocessor_config.json', 'model.picture-too-small'])
    for (const size of [
      { height: 32, width: 40 },
      { height: 40, width: 32 },
    ]) {
      expect(await refusal(cropped(size))).toEqual(['data', 'preprocessor_config.json', 'crop_size'])
      expect(await refusal(cropped(size), interpolate)).toBe('opened')
    }
    expect(await refusal(cropped(16_384), interpolate)).toEqual(['data', 'preprocessor_config.json', 'crop_size'])
  })
  test('is told of the file that has it', async () => {
    const folder = cropped(4)
    const own = JSON.parse(fs.readFileSync(path.join(folder, 'preprocessor_config.json'), 'utf8')) as Json
    fs.rmSync(path.join(folder, 'preprocessor_config.json'))
    fs.writeFileSync(path.join(folder, 'processor_config.json'), JSON.stringify({ image_processor: own }))
    expect(await refusal(folder)).toEqual(['data', 'processor_config.json', 'model.picture-too-small'])
    own['crop_size'] = 40
    fs.writeFileSync(path.join(folder, 'processor_config.json'), JSON.stringify({ image_processor: own }))
    expect(await refusal(folder)).toEqual(['data', 'processor_config.json', 'crop_size'])
  })

  const of = (config: Json) => preprocessSchema.parse(config)
  const fixed = { size: 32, anySize: false }
  const dir = temporaryFolder()
  test('a preparation is the preprocessing itself unless deep samples are taken in another way', () => {
    const plain = of({ crop_size: 32 })
    expect(preparationOf(dir, plain, fixed, {})).toBe(plain)
    expect(preparationOf(dir, plain, fixed, { deep: 'clip', interpolate: true })).toBe(plain)
    expect(preparationOf(dir, plain, fixed, { deep: 'range' })).toEqual({ ...plain, deep: 'range' })
  })
  test('another size is refused by the field that says it', () => {
    const refused = (config: Json, size = 32) => {
      try {
        preparationOf(dir, of(config), { size, anySize: false }, {})
        return 'taken'
      } catch (e) {
        return path
          .relative(dir, (e as Error).message)
          .split(': ')
          .slice(0, 2)
      }
    }
    expect(refused({ crop_size: 40 })).toEqual(['preprocessor_config.json', 'crop_size'])
    expect(refused({ do_center_crop: false, size: { height: 32, width: 40 } })).toEqual(['preprocessor_config.json', 'size'])
    expect(refused({ do_center_crop: false, size: { height: 32, width: 32 } })).toBe('taken')
    expect(refused({ crop_size: 40 }, 40)).toBe('taken')
    const large = of({ crop_size: 40 })
    expect(preparationOf(dir, large, { size: 32, anySize: true }, {})).toBe(large)
    expect(preparationOf(dir, large, fixed, { interpolate: true })).toBe(large)
  })
})

describe('a silent preprocessor_config.json', () => {
  const half = [0.5, 0.5, 0.5]
  const clipLike = { image_mean: [0.48145466, 0.4578275, 0.40821073], image_std: [0.26862954, 0.26130258, 0.27577711] }
  const halves = { image_mean: half, image_std: half }
  const [bilinear, bicubic] = [2, 3]
  test.each<[string, string, object]>([
    ['clip', 'CLIP', { size: { shortest_edge: 224 }, resample: bicubic, do_center_crop: true, ...clipLike }],
    ['siglip', 'Siglip', { size: { height: 224, width: 224 }, resample: bicubic, do_center_crop: false, ...halves }],
    ['vit', 'ViT', { size: { height: 224, width: 224 }, resample: bilinear, do_center_crop: false, ...halves }],
    ['deit', 'DeiT', { size: { height: 256, width: 256 }, resample: bicubic, do_center_crop: true, ...halves }],
    ['dinov2', 'Bit', { size: { shortest_edge: 224 }, resample: bicubic, do_center_crop: true, ...clipLike }],
  ])('of %s means the defaults of transformers’ %sImageProcessor', (model_type, name, defaults) => {
    const folder = temporaryFolder()
    fs.writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ model_type }))
    const file = path.join(folder, 'preprocessor_config.json')
    fs.writeFileSync(file, JSON.stringify({ image_processor_type: `${name}ImageProcessor` }))
    const shared = { crop_size: { height: 224, width: 224 }, do_resize: true, do_rescale: true, do_normalize: true, do_convert_rgb: true }
    expect(findPreprocessIn(folder)).toEqual({ ...defaults, ...shared, rescale_factor: 1 / 255 })
    fs.writeFileSync(file, JSON.stringify({ image_processor_type: 'OtherImageProcessor' }))
    expect(() => findPreprocessIn(folder)).toThrow('image_processor_type: expected ')
  })
  test('is read as CLIP’s in a folder that has no configuration, or one of an unknown family', async () => {
    const folder = clip()
    for (const change of [() => undefined, (f: string) => fs.writeFileSync(f, '{"model_type":"bert"}'), (f: string) => fs.rmSync(f)]) {
      change(path.join(folder, 'config.json'))
      expect(findPreprocessIn(folder)).toEqual(findPreprocessIn(TINY_CLIP))
      expect((await tokenizerIn(folder)).vocabSize).toBe(178)
    }
  })
})
