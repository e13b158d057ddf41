/** Converted models answer as open_clip does: test/parity/models/open_clip_models.py. */
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { clipVocabulary } from '../../../src-main/engine/data/train-bpe.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { imageFeature, paramsFor } from '../../../src-main/engine/models/model.ts'
import { convertOpenClip, planOpenClip } from '../../../src-main/engine/models/open-clip.ts'
import { l2Normalize } from '../../../src-main/engine/ops/index.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, type GoldenTensor, ints, largestDifference } from '../../helpers/golden.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const golden = (name: string) => path.join(import.meta.dirname, '../../parity/models/open-clip', name)
type Expected = Record<'pixels' | 'inputIds' | 'features' | 'textEmbeds' | 'logitsPerImage', GoldenTensor>
const dir = temporaryFolder()
let n = 0
const fresh = () => path.join(dir, `converted-${n++}`)
/** A copy of a golden folder, with its configuration changed. */
function copied(name: string, change?: (config: Record<string, Record<string, unknown>>) => void): string {
  const folder = fresh()
  fs.cpSync(golden(name), folder, { recursive: true })
  const file = path.join(folder, 'open_clip_config.json')
  if (change) {
    const config = JSON.parse(fs.readFileSync(file, 'utf8')) as { model_cfg: Record<string, Record<string, unknown>> }
    change(config.model_cfg)
    fs.writeFileSync(file, JSON.stringify(config))
  }
  return folder
}

describe.each([
  ['quick', 'quick_gelu', 'F32'],
  ['own-text', 'gelu', 'BF16'],
  ['openai', 'quick_gelu', 'F16'],
  ['siglip', 'gelu_pytorch_tanh', 'F32'],
])('open-clip/%s', (name, act, dtype) => {
  test('images, texts and logits are open_clip’s within 2e-5 (logits 1e-4), in the type of the source', async () => {
    const out = fresh()
    const progress: number[] = []
    const made = await convertOpenClip({ source: golden(name), out, onProgress: (done) => progress.push(done) })
    expect(made.tokenizer).toBe(false)
    const planned = planOpenClip(golden(name))
    expect(planned).toMatchObject({ ...made, activationUnknown: false })
    expect(progress).toEqual(Array.from({ length: planned.tensors }, (_, i) => i))
    const expected = JSON.parse(fs.readFileSync(path.join(golden(name), 'expected.json'), 'utf8')) as Expected
    const model = await openModel(out)
    const each = { F32: 4, BF16: 2, F16: 2 }[dtype]!
    const values = model.weights.names().reduce((n, t) => n + model.weights.info(t).shape.reduce((a, b) => a * b, 1), 0)
    expect(planned.bytes).toBe(each * values)
    expect(model.weights.names().every((t) => model.weights.info(t).dtype === dtype)).toBe(true)
    const config = JSON.parse(fs.readFileSync(path.join(out, 'config.json'), 'utf8')) as {
      text_config: { hidden_act: string }
      dtype: string
    }
    expect([config.text_config.hidden_act, config.dtype]).toEqual([act, { F32: 'float32', BF16: 'bfloat16', F16: 'float16' }[dtype]])
    const { at, context, embed, tokens } = model.text!
    const ids = ints(expected.inputIds)
    const texts = ids.length / context
    const ends = Int32Array.from({ length: texts }, (_, i) => at(ids.subarray(i * context, (i + 1) * context)))
    const graph = new Graph()
    const p = paramsFor(model, graph, model.weights)
    const pixels = graph.input('pixels', 'float32', expected.pixels.shape)
    const text = embed(p, tokens(p, graph.input('ids', 'int32', [texts, context])), graph.input('at', 'int32', [texts]))
    graph.output('features', imageFeature(model, p, pixels))
    graph.output('texts', l2Normalize(text))
    graph.output('logits', model.similarity!.logits(p, model.image.embed(p, pixels), text))
    const session = await Session.create(graph, { threads: 1 })
    const feeds = { pixels: feed(expected.pixels), ids: tensor(ids, 'int32', [texts, context]), at: tensor(ends, 'int32', [texts]) }
    const found = await session.run(name === 'siglip' ? { pixels: feeds.pixels, ids: feeds.ids } : feeds)
    await session.release()
    expect(largestDifference(found['features']!.data as Float32Array, floats(expected.features))).toBeLessThan(2e-5)
    expect(largestDifference(found['texts']!.data as Float32Array, floats(expected.textEmbeds))).toBeLessThan(2e-5)
    expect(largestDifference(found['logits']!.data as Float32Array, floats(expected.logitsPerImage))).toBeLessThan(1e-4)
    model.close()
  })
})

test('pictures are prepared as preprocess_cfg says', async () => {
  const [squash, shortest] = [fresh(), fresh()]
  await convertOpenClip({ source: golden('own-text'), out: squash })
  await convertOpenClip({ source: golden('quick'), out: shortest })
  expect((await openModel(squash)).preprocess).toMatchObject({
    size: { height: 22, width: 22 },
    do_center_crop: false,
    resample: 2,
    image_mean: [0.5, 0.4, 0.3],
  })
  expect((await openModel(shortest)).preprocess).toMatchObject({ size: { shortest_edge: 24 }, do_center_crop: true, resample: 3 })
})

describe('what has no counterpart is refused by one line that names the field', () => {
  test.each<[string, string, (c: Record<string, Record<string, unknown>>) => void]>([
    ['quick', 'vision_cfg.layers: expected a number', (c) => (c['vision_cfg']!['layers'] = [3, 4, 6, 3])],
    ['quick', 'vision_cfg.attentional_pool: expected false, found true', (c) => (c['vision_cfg']!['attentional_pool'] = true)],
    ['quick', 'vision_cfg.pool_type: expected "tok", found "avg"', (c) => (c['vision_cfg']!['pool_type'] = 'avg')],
    ['quick', 'text_cfg.pool_type: expected "argmax", found "last"', (c) => (c['text_cfg']!['pool_type'] = 'last')],
    ['quick', 'text_cfg.hf_model_name', (c) => (c['text_cfg']!['hf_model_name'] = 'roberta-base')],
    ['quick', 'text_cfg.ls_init_value: expected null, found 0.1', (c) => (c['text_cfg']!['ls_init_value'] = 0.1)],
    ['quick', 'init_logit_bias: expected null, found -10', (c) => Object.assign(c, { init_logit_bias: -10 })],
    ['quick', 'new_option', (c) => (c['vision_cfg']!['new_option'] = 1)],
    ['quick', 'vision_model.encoder.layers.1', (c) => (c['vision_cfg']!['layers'] = 1)],
    ['siglip', 'vision_cfg.timm_model_name: expected a ViT of SigLIP', (c) => (c['vision_cfg']!['timm_model_name'] = 'fastvit_mci2')],
    ['siglip', 'text_cfg.no_causal_mask: expected true, found false', (c) => (c['text_cfg']!['no_causal_mask'] = false)],
  ])('%s: %s', async (name, said, change) => {
    const out = fresh()
    const wanted = said.startsWith('vision_model.') ? 'tensor visual.transformer.resblocks.1' : said
    await expect(convertOpenClip({ source: copied(name, change), out })).rejects.toThrow(wanted)
    expect(fs.existsSync(out)).toBe(false)
  })

  test('a pickle, a folder with nothing, and tensors of something else', async () => {
    const folder = fresh()
    fs.mkdirSync(folder)
    await expect(convertOpenClip({ source: folder, out: fresh() })).rejects.toThrow('open_clip_model.safetensors')
    fs.writeFileSync(path.join(folder, 'ViT-B-32.pt'), 'PK')
    const pickled = 'never opened: save its tensors in Python'
    await expect(convertOpenClip({ source: folder, out: fresh() })).rejects.toThrow(pickled)
    await expect(convertOpenClip({ source: path.join(folder, 'ViT-B-32.pt'), out: fresh() })).rejects.toThrow(pickled)
    fs.copyFileSync(path.join(golden('siglip'), 'open_clip_model.safetensors'), path.join(folder, 'a.safetensors'))
    await expect(convertOpenClip({ source: folder, out: fresh() })).rejects.toThrow('open_clip_config.json')
  })
})

test('a state dict that says nothing of its activation needs to be told', async () => {
  const folder = copied('quick')
  fs.rmSync(path.join(folder, 'open_clip_config.json'))
  const source = path.join(folder, 'open_clip_model.safetensors')
  await expect(convertOpenClip({ source, out: fresh() })).rejects.toThrow('--quick-gelu or --gelu')
})

test('weights of a folder in this layout are told to be converted', async () => {
  await expect(openModel(golden('quick'))).rejects.toThrow('dashi models convert')
})

describe('CLIP’s vocabulary', () => {
  const lines = Array.from({ length: 48_894 + 5 }, (_, i) => `a${i} b`)
  test('has the ids of OpenAI’s tokenizer, whatever follows the merges that are used', async () => {
    const { vocab, merges } = clipVocabulary(['"version"', ...lines].join('\n'), 'v')
    expect([vocab.size, merges.length]).toEqual([49_408, 48_894])
    expect(['!', '!</w>', 'a0b', '<|startoftext|>', '<|endoftext|>'].map((t) => vocab.get(t))).toEqual([0, 256, 512, 49_406, 49_407])
    const [out, file] = [fresh(), path.join(dir, 'bpe_simple_vocab_16e6.txt')]
    fs.writeFileSync(file, ['"version"', ...lines].join('\n'))
    // Its model has 50 rows for 49,408 tokens, which opening it says; that it is written is enough here.
    expect((await convertOpenClip({ source: golden('quick'), out, tokenizer: file })).tokenizer).toBe(true)
    await expect(openModel(out)).rejects.toThrow('49408')
  })
  test.each([
    ['too few', lines.slice(0, 10), '10'],
    ['a line of one token', lines.with(7, 'ab'), '7'],
  ])('%s', (_, given, said) => {
    expect(() => clipVocabulary(['v', ...given].join('\n'), 'v.txt')).toThrow(new RegExp(`v.txt: .*found ${said}$`))
  })
})
