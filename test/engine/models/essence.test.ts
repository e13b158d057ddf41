/** Which configurations describe the same model, so that two checkpoints may be merged: what counts, and what does not. */
import { describe, expect, test } from 'vitest'
import { activationName, essential } from '../../../src-main/engine/models/essence.ts'
import { familyOf } from '../../../src-main/engine/models/families.ts'

type Raw = Record<string, unknown>
const essenceOf = (raw: Raw) => JSON.parse(JSON.stringify(familyOf(raw)!.essential((schema) => schema.parse(raw)))) as unknown
const same = (a: Raw, b: Raw) => {
  try {
    expect(essenceOf(a)).toEqual(essenceOf(b))
    return true
  } catch {
    return false
  }
}

describe('of any configuration', () => {
  test.each([
    ['_name_or_path', true],
    ['_commit_hash', true],
    ['architectures', true],
    ['auto_map', true],
    ['transformers_version', true],
    ['dtype', true],
    ['torch_dtype', true],
    ['torchscript', true],
    ['use_cache', true],
    ['return_dict', true],
    ['output_attentions', true],
    ['initializer_range', true],
    ['attention_dropout', true],
    ['dropout', true],
    ['hidden_dropout_prob', true],
    ['text_config_dict', true],
    ['bos_token_id', true],
    ['pad_token_id', true],
    ['sep_token_id', true],
    ['cls_token_id', true],
    ['decoder_start_token_id', true],
    ['finetuning_task', true],
    ['problem_type', true],
    ['id2label', true],
    ['label2id', true],
    ['tie_word_embeddings', true],
    ['gradient_checkpointing', true],
    ['eos_token_id', false],
    ['hidden_size', false],
    ['model_type', false],
    ['use_cached', false],
    ['my_dtype', false],
    ['output', false],
    ['qkv_bias', false],
    ['id2labels', false],
  ])('%s is only about how it was made or saved: %s', (key, incidental) => {
    expect(essential({ [key]: 1, width: 2 })).toEqual(incidental ? { width: 2 } : { [key]: 1, width: 2 })
    expect(essential({ tower: { [key]: 1 } })).toEqual({ tower: incidental ? {} : { [key]: 1 } })
  })
  test('lists count as they are, and null as what is left out', () => {
    expect(essential({ stages: [1, { dtype: 2 }], bias: null, name: '' })).toEqual({
      stages: [1, { dtype: 2 }],
      bias: undefined,
      name: '',
    })
    expect([essential(0), essential(null), essential(false)]).toEqual([0, undefined, false])
  })
  test('names of one activation are one', () => {
    expect(['gelu_python', 'gelu', 'gelu_fast', 'gelu_pytorch_tanh', 'gelu_new', 'swish', 'silu', 'relu'].map(activationName)).toEqual([
      ...['gelu', 'gelu', 'gelu_new', 'gelu_new', 'gelu_new', 'silu', 'silu', 'relu'],
    ])
  })
})

describe.each(['clip', 'siglip'])('two %s', (model_type) => {
  const tower = (key: 'text_config' | 'vision_config', c: Raw): Raw => ({ model_type, [key]: c })
  const plain = { model_type }
  test('are one however they were saved', () => {
    expect(same(plain, { ...plain, dtype: 'float16', architectures: ['X'], initializer_factor: 2, transformers_version: '4' })).toBe(true)
    for (const key of ['text_config', 'vision_config'] as const) {
      expect(same(plain, tower(key, { attention_dropout: 0.1, dtype: 'float16' }))).toBe(true)
      expect(same(tower(key, { hidden_act: 'gelu_python' }), tower(key, { hidden_act: 'gelu' }))).toBe(true)
      expect(same(tower(key, { hidden_act: 'gelu_fast' }), tower(key, { hidden_act: 'gelu_pytorch_tanh' }))).toBe(true)
    }
  })
  test('are not where a tower computes something else', () => {
    for (const key of ['text_config', 'vision_config'] as const)
      for (const change of [
        { num_hidden_layers: 3 },
        { num_attention_heads: 4 },
        { intermediate_size: 64 },
        { hidden_act: 'relu' },
        { layer_norm_eps: 1e-3 },
      ])
        expect([key, change, same(plain, tower(key, change))]).toEqual([key, change, false])
    expect(same(plain, tower('text_config', { vocab_size: 9 }))).toBe(false)
    expect(same(plain, tower('text_config', { max_position_embeddings: 9 }))).toBe(false)
    expect(same(plain, tower('vision_config', { image_size: 96 }))).toBe(false)
    expect(same(plain, tower('vision_config', { patch_size: 8 }))).toBe(false)
  })
})

test('two CLIPs: how large the temperature was at the start does not count; the projection does, and where a text ends', () => {
  const clip = (more: Raw, text: Raw = {}) => ({ model_type: 'clip', ...more, text_config: text })
  expect(same(clip({}), clip({ logit_scale_init_value: 1 }))).toBe(true)
  expect(same(clip({}), clip({ projection_dim: 256 }))).toBe(false)
  expect(same(clip({}), clip({}, { eos_token_id: 7 }))).toBe(false)
  expect(same(clip({}, { eos_token_id: 2 }), clip({}, { eos_token_id: 49407 }))).toBe(true) // the legacy id: the last of the vocabulary
  expect(same(clip({}, { eos_token_id: 2 }), clip({}, { eos_token_id: 49406 }))).toBe(false)
})

test('two SigLIPs: a width that is told twice counts once', () => {
  const siglip = (text: Raw, vision: Raw = {}) => ({ model_type: 'siglip', text_config: text, vision_config: vision })
  expect(same(siglip({ projection_size: 768 }), siglip({}))).toBe(true)
  const [narrow, wide] = [384, 768].map((n) => siglip({ hidden_size: n, projection_size: n }, { hidden_size: n }))
  expect(same(narrow!, wide!)).toBe(false)
})

test('two ViTs: the number of classes counts, their names do not; nor do those of the encoder alone', () => {
  const vit = (more: Raw) => ({ model_type: 'vit', ...more })
  const named = (...names: string[]) => vit({ id2label: Object.fromEntries(names.map((n, i) => [i, n])) })
  expect(same(named('cat', 'dog'), named('Katze', 'Hund'))).toBe(true)
  expect(same(named('cat', 'dog'), vit({ num_labels: 2 }))).toBe(true)
  expect(same(named('cat', 'dog'), named('cat', 'dog', 'cow'))).toBe(false)
  const alone = (n: number) => vit({ architectures: ['ViTModel'], num_labels: n })
  expect(same(alone(2), alone(3))).toBe(true)
  expect(same(alone(2), vit({ num_labels: 2 }))).toBe(false)
  expect(same(vit({}), { model_type: 'deit' })).toBe(false)
  expect(same(vit({}), vit({ qkv_bias: false }))).toBe(false)
  expect(same(vit({ hidden_act: 'gelu_python' }), vit({}))).toBe(true)
})

test('two DINOv2: the feed-forward layer counts, the name of its activation does not', () => {
  const dino = (more: Raw) => ({ model_type: 'dinov2', ...more })
  expect(same(dino({}), dino({ hidden_act: 'gelu_python', layerscale_value: 2 }))).toBe(true)
  for (const change of [{ mlp_ratio: 3 }, { use_swiglu_ffn: true }, { use_mask_token: false }, { hidden_act: 'relu' }, { patch_size: 7 }])
    expect([change, same(dino({}), dino(change))]).toEqual([change, false])
})
