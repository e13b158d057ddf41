import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { MergeMethod } from '#shared/model/merge.ts'
import { greedySoup } from '../../../src-main/engine/merge/greedy.ts'
import { mergeCheckpoints, type MergeOptions } from '../../../src-main/engine/merge/merge.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { readRecord } from '../../../src-main/engine/weights/checkpoint.ts'
import { isFloat } from '../../../src-main/engine/weights/dtype.ts'
import { writeSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { openWeights } from '../../../src-main/engine/weights/source.ts'
import { storedTensors } from '../../../src-main/engine/weights/tensors.ts'
import type { TensorsToWrite } from '../../../src-main/engine/weights/written.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { tempDir } from '../weights/helpers.ts'

type Json = Record<string, unknown>
const dir = tempDir()
let made = 0

/** A copy of a checkpoint that transformers wrote, with other contents of some of its JSON files; null takes one away. */
function variant(of: string, edits: Record<string, ((json: Json) => unknown) | null> = {}): string {
  const to = path.join(dir, `${of}-${++made}`)
  fs.cpSync(goldenPath(`clip/${of}`), to, { recursive: true })
  for (const [name, edit] of Object.entries(edits)) {
    const file = path.join(to, name)
    if (edit === null) fs.rmSync(file)
    else fs.writeFileSync(file, JSON.stringify(edit(fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Json) : {})))
  }
  return to
}

/** The same folder with other tensors. */
async function tensors(folder: string, edit: (source: TensorsToWrite) => TensorsToWrite): Promise<string> {
  const w = openWeights(folder)
  await writeSafetensors(path.join(folder, 'new'), edit(storedTensors(w)))
  w.close()
  fs.renameSync(path.join(folder, 'new'), path.join(folder, 'model.safetensors'))
  return folder
}

const uniform: MergeMethod = { name: 'uniform' }
const out = () => path.join(dir, `soup-${++made}`)
const soup = async (ingredients: string[], more: Partial<MergeOptions> = {}) => {
  const to = out()
  await mergeCheckpoints({ method: uniform, ingredients, out: to, ...more })
  return to
}
const types = (folder: string) => {
  const w = openWeights(folder)
  const found = new Set(
    w
      .names()
      .map((name) => w.info(name).dtype)
      .filter(isFloat),
  )
  w.close()
  return [...found]
}
const config = (folder: string) => JSON.parse(fs.readFileSync(path.join(folder, 'config.json'), 'utf8')) as Json
const tower = (c: Json, name: string) => c[name] as Json

describe('a hub’s base and a copy that Python fine-tuned are one model', () => {
  /** As a newer release saves it: defaults written out, keys of its own, no positions, a tokenizer in other words. */
  const copy = () =>
    tensors(
      variant('hub', {
        'config.json': (c) => ({
          ...c,
          _name_or_path: 'openai/clip',
          dtype: 'float32',
          torch_dtype: undefined,
          transformers_version: '5.0.0',
          initializer_range: 0.02,
          use_cache: false,
          text_config: {
            ...tower(c, 'text_config'),
            hidden_act: 'quick_gelu',
            layer_norm_eps: 0.00001,
            attention_dropout: 0.1,
            eos_token_id: 177,
            _attn_implementation_autoset: true,
            dtype: 'float32',
          },
          vision_config: {
            ...tower(c, 'vision_config'),
            num_channels: 3,
            hidden_act: 'quick_gelu',
            model_type: 'clip_vision_model',
            output_attentions: false,
          },
          text_config_dict: undefined,
          vision_config_dict: undefined,
        }),
        'tokenizer.json': (t) => ({
          ...t,
          version: '2.0',
          decoder: null,
          post_processor: {
            type: 'TemplateProcessing',
            single: [
              { SpecialToken: { id: '<|startoftext|>', type_id: 0 } },
              { Sequence: { id: 'A', type_id: 0 } },
              { SpecialToken: { id: '<|endoftext|>', type_id: 0 } },
            ],
            pair: [],
            special_tokens: {
              '<|startoftext|>': { id: '<|startoftext|>', ids: [176], tokens: ['<|startoftext|>'] },
              '<|endoftext|>': { id: '<|endoftext|>', ids: [177], tokens: ['<|endoftext|>'] },
            },
          },
        }),
        'tokenizer_config.json': (t) => ({ ...t, tokenizer_class: 'CLIPTokenizerFast', pad_token: '!' }),
        'preprocessor_config.json': (p) => ({
          ...p,
          image_processor_type: undefined,
          feature_extractor_type: 'CLIPFeatureExtractor',
          size: 24,
          crop_size: 24,
          do_rescale: undefined,
        }),
      }),
      ({ specs, produce }) => ({
        specs: specs.filter((s) => !s.name.endsWith('position_ids')).map((s) => (s.name === 'logit_scale' ? { ...s, shape: [1] } : s)),
        produce,
      }),
    )

  it('in either order; the soup opens', async () => {
    const [base, tuned] = [variant('hub'), await copy()]
    for (const ingredients of [
      [base, tuned],
      [tuned, base],
    ]) {
      const to = await soup(ingredients, { method: { name: 'wise-ft', alpha: 0.5 } })
      const clip = await openModel(to)
      expect(clip.weights.info('logit_scale').shape).toEqual([])
      expect(clip.weights.float32('visual_projection.weight')).toEqual(await values(base, 'visual_projection.weight'))
      expect(clip.weights.has('text_model.embeddings.position_ids')).toBe(ingredients[0] === base)
      clip.close()
    }
  })

  it('also where the base keeps vocab.json and merges.txt, its other formats beside it, and the copy no tokenizer at all', async () => {
    const base = variant('hub')
    const { model } = JSON.parse(fs.readFileSync(path.join(base, 'tokenizer.json'), 'utf8')) as {
      model: { vocab: Record<string, number>; merges: [string, string][] }
    }
    const older = variant('hub', {
      'tokenizer.json': null,
      'vocab.json': () => ({ ...model.vocab, '<|startoftext|>': 176, '<|endoftext|>': 177 }),
    })
    fs.writeFileSync(path.join(older, 'merges.txt'), `#version: 0.2\n${model.merges.map((m) => m.join(' ')).join('\n')}\n`)
    fs.copyFileSync(path.join(base, 'model.safetensors'), path.join(older, 'open_clip_model.safetensors'))
    await soup([base, older])
    await soup([base, variant('hub', { 'tokenizer.json': null, 'tokenizer_config.json': null, 'preprocessor_config.json': null })])
  })

  it.each<[string, (c: Json) => unknown, string]>([
    [
      'an activation',
      (c) => ({ ...c, vision_config: { ...tower(c, 'vision_config'), hidden_act: 'gelu' } }),
      'vision_config.hidden_act: expected "quick_gelu", found "gelu"',
    ],
    [
      'an epsilon',
      (c) => ({ ...c, text_config: { ...tower(c, 'text_config'), layer_norm_eps: 1e-6 } }),
      'text_config.layer_norm_eps: expected 0.00001, found 0.000001',
    ],
    [
      'an image size',
      (c) => ({ ...c, vision_config: { ...tower(c, 'vision_config'), image_size: 32 } }),
      'vision_config.image_size: expected 24, found 32',
    ],
    [
      'a number of heads',
      (c) => ({ ...c, text_config: { ...tower(c, 'text_config'), num_attention_heads: 4 } }),
      'text_config.num_attention_heads: expected 2, found 4',
    ],
    [
      'an end of text',
      (c) => ({ ...c, text_config: { ...tower(c, 'text_config'), eos_token_id: 5 } }),
      'text_config.eos_token_id: expected 177, found 5',
    ],
  ])('but not with another value of %s, insisted on or not', async (_name, edit, said) => {
    const [base, other] = [variant('hub'), variant('hub', { 'config.json': edit })]
    for (const insist of [false, true])
      await expect(soup([base, other], { insist })).rejects.toThrow(`${path.join(other, 'config.json')}: ${said}, as in ${base}`)
  })
})

const values = async (folder: string, name: string) => {
  const w = openWeights(folder)
  const x = w.float32(name)
  w.close()
  return Promise.resolve(x)
}

describe('ingredients that see texts or pictures otherwise', () => {
  const template = (templates: string[]) => () => ({
    format: 1,
    dashi: '0',
    created: '2026-01-01T00:00:00Z',
    base: null,
    recipe: null,
    seed: null,
    dataHash: null,
    device: null,
    metrics: {},
    templates,
    classes: [],
  })
  const swap = (t: Json) => {
    const { vocab } = t['model'] as { vocab: Record<string, number> }
    const [a, b] = [vocab['a</w>']!, vocab['b</w>']!]
    return { ...t, model: { ...(t['model'] as Json), vocab: { ...vocab, 'a</w>': b, 'b</w>': a } } }
  }
  it.each<[string, Record<string, (json: Json) => unknown>, string, Record<string, (json: Json) => unknown>?]>([
    ['two tokens swapped', { 'tokenizer.json': swap }, 'tokenizer.json: vocab["a</w>"]: expected'],
    [
      'another merge',
      {
        'tokenizer.json': (t) => ({
          ...t,
          model: { ...(t['model'] as Json), merges: (t['model'] as { merges: unknown[] }).merges.slice(0, -1) },
        }),
      },
      'tokenizer.json: merges[39]: expected',
    ],
    [
      'capitals kept',
      { 'tokenizer.json': (t) => ({ ...t, normalizer: { type: 'NFC' } }) },
      'tokenizer.json: normalizer: expected "A Photo Of A CAT" to become [',
    ],
    [
      'a shorter text',
      { 'tokenizer_config.json': (t) => ({ ...t, model_max_length: 8 }) },
      'tokenizer_config.json: model_max_length: expected 16, found 8',
    ],
    [
      'another mean',
      { 'preprocessor_config.json': (p) => ({ ...p, image_mean: [0.5, 0.5, 0.5] }) },
      'preprocessor_config.json: image_mean[0]: expected 0.48145466, found 0.5',
    ],
    [
      'another filter',
      { 'preprocessor_config.json': (p) => ({ ...p, resample: 2 }) },
      'preprocessor_config.json: resample: expected 3, found 2',
    ],
    [
      'no crop',
      { 'preprocessor_config.json': (p) => ({ ...p, do_center_crop: false, size: { height: 32, width: 32 } }) },
      'preprocessor_config.json: size.shortest_edge: expected 32, found nothing',
    ],
    [
      'another sentence',
      { 'dashi.json': template(['art of a {}.']) },
      'dashi.json: templates[0]: expected "a photo of a {}.", found "art of a {}."',
      { 'dashi.json': template(['a photo of a {}.']) },
    ],
  ])('%s: refused in one line, and recorded where a person insists', async (_name, edits, said, first = {}) => {
    const [a, b] = [variant('quick', first), variant('quick', edits)]
    const refusal = await soup([a, b]).then(
      () => 'made',
      (e: unknown) => (e as Error).message,
    )
    expect(refusal).toContain(path.join(b, said))
    expect(refusal).toContain(`, as in ${a}`)
    expect(refusal).toContain('--insist')
    expect(refusal).not.toContain('\n')
    const { merge } = readRecord(await soup([a, b], { insist: true }))
    expect(merge!.insisted).toHaveLength(1)
    expect(merge!.insisted![0]).toContain(path.join(b, said))
  })

  it('a step that is left out has no settings to differ in', async () => {
    const without = (mean: number) =>
      variant('quick', { 'preprocessor_config.json': (p) => ({ ...p, do_normalize: false, image_mean: [mean, mean, mean] }) })
    expect(readRecord(await soup([without(0.1), without(0.2)])).merge!.insisted).toBeUndefined()
  })

  it('what the first has not, the soup would not have', async () => {
    await expect(soup([variant('quick', { 'tokenizer.json': null }), variant('quick')])).rejects.toThrow(
      'tokenizer.json: not found, and the soup takes it from there',
    )
  })

  it('a greedy soup neither', async () => {
    const [a, b] = [variant('quick'), variant('quick', { 'preprocessor_config.json': (p) => ({ ...p, resample: 2 }) })]
    let score = 0
    const candidates = [
      { dir: a, heldOut: 0 },
      { dir: b, heldOut: -1 },
    ]
    await expect(greedySoup(candidates, () => Promise.resolve(++score), out())).rejects.toThrow('resample: expected 3, found 2')
    const insisted = await greedySoup(candidates, () => Promise.resolve(++score), out(), { insist: true })
    expect(readRecord(insisted.dir).merge).toMatchObject({
      method: { name: 'greedy' },
      insisted: [`${path.join(b, 'preprocessor_config.json')}: resample: expected 3, found 2, as in ${a}`],
    })
  })
})

describe('a soup has its ingredients’ type', () => {
  const methods: MergeMethod[] = [
    uniform,
    { name: 'wise-ft', alpha: 0.3 },
    { name: 'slerp', t: 0.3 },
    { name: 'task-arithmetic', lambda: 0.5 },
    { name: 'ties', density: 0.5, lambda: 1 },
    { name: 'dare', density: 0.5, lambda: 1, seed: 1 },
  ]
  /** Every weight a little larger, in the type that it is stored in or another. */
  const grown = (of: string, dtype?: 'F32') =>
    tensors(variant(of), (source) => ({
      specs: source.specs.map((s) => (dtype ? { ...s, dtype } : s)),
      produce: (spec) => {
        const w = openWeights(goldenPath(`clip/${of}`))
        const x = w.float32(spec.name).map((v) => v * 1.25)
        w.close()
        return x
      },
    }))

  it.each([
    ['fp16', 'F16', 'float16'],
    ['bf16', 'BF16', 'bfloat16'],
    ['quick', 'F32', 'float32'],
  ])('%s, by every method', async (of, stored, name) => {
    const ingredients = [variant(of), await grown(of)]
    for (const method of methods) {
      const to = await soup(ingredients, { method })
      expect(types(to)).toEqual([stored])
      expect(config(to)['dtype']).toBe(name)
      expect(readRecord(to).merge).toMatchObject({ dtype: stored })
    }
    const greedy = await greedySoup(
      ingredients.map((d, i) => ({ dir: d, heldOut: -i })),
      () => Promise.resolve(1),
      out(),
    )
    expect(types(greedy.dir)).toEqual([stored])
    const size = (d: string) => fs.statSync(path.join(d, 'model.safetensors')).size
    expect(size(greedy.dir)).toBeLessThan(size(ingredients[0]!) + 2000)
  })

  it('of several the widest, which is said; or that which is asked for', async () => {
    const ingredients = [variant('fp16'), await grown('fp16', 'F32')]
    const to = await soup(ingredients)
    expect(types(to)).toEqual(['F32'])
    expect(config(to)['dtype']).toBe('float32')
    expect(readRecord(to).merge).toMatchObject({ dtype: 'F32', mixed: ['F16', 'F32'] })
    const half = await soup(ingredients, { dtype: 'bfloat16' })
    expect(types(half)).toEqual(['BF16'])
    expect(config(half)['dtype']).toBe('bfloat16')
  })
})
