/** Which part of a model each tensor belongs to, of which kind it is, and whether weight decay applies to it. */
import { describe, expect, test } from 'vitest'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { architectureOf } from '../../../src-main/engine/models/families.ts'
import { paramsFor } from '../../../src-main/engine/models/model.ts'
import { type Kind, type Part, TensorList } from '../../../src-main/engine/models/tensors.ts'
import { tensorsInMemory } from '../../../src-main/engine/nn/params.ts'

const one = { num_hidden_layers: 1, image_size: 32, patch_size: 16 }
const MODELS: Record<string, Record<string, unknown>> = {
  clip: { model_type: 'clip', text_config: one, vision_config: one },
  siglip: { model_type: 'siglip', text_config: one, vision_config: one },
  vit: { model_type: 'vit', ...one },
  deit: { model_type: 'deit', architectures: ['DeiTForImageClassificationWithTeacher'], ...one },
  'the encoder alone': { model_type: 'vit', architectures: ['ViTModel'], ...one },
  dinov2: { model_type: 'dinov2', ...one },
  'dinov2 with SwiGLU': { model_type: 'dinov2', use_swiglu_ffn: true, use_mask_token: false, qkv_bias: false, ...one },
}
const tensorsOf = (name: string) => architectureOf(MODELS[name]!).tensors

/** The rules, by name: what PyTorch calls a bias, the gain of a norm, a learned token or a table of them, a temperature. */
const kindOf = (name: string, shape: readonly number[]): Kind =>
  /bias$/.test(name) && name !== 'logit_bias'
    ? 'bias'
    : /(norm\d?|layrnorm|layernorm_(before|after))\.weight$/.test(name)
      ? 'norm'
      : /(_token|position_embeddings|(token|position)_embedding\.weight|class_embedding|probe)$/.test(name)
        ? 'embedding'
        : shape.length === 0
          ? 'scalar'
          : 'weight'
const partOf = (name: string): Part =>
  /^logit/.test(name) ? 'joint' : /^text/.test(name) ? 'text' : /classifier|^pooler/.test(name) ? 'head' : 'image'

describe.each(Object.keys(MODELS))('%s', (name) => {
  test('has every tensor in its part, and of its kind', () => {
    for (const [tensor, { shape, part, kind }] of tensorsOf(name))
      expect([tensor, part, kind]).toEqual([tensor, partOf(tensor), kindOf(tensor, shape)])
  })
  test('has no decay but of matrices', () => {
    const list = tensorsOf(name)
    const decayed = [...list].flatMap(([tensor, { shape }]) => (list.decays(tensor, shape) ? [tensor] : []))
    const matrices = [...list.keys()].filter((n) => /weight(s_in|s_out)?$/.test(n) && !/norm|(token|position)_embedding\.|logit/.test(n))
    expect(decayed.sort()).toEqual(matrices.sort())
    expect(decayed.length).toBeGreaterThan(5)
  })
})

test('shapes: one row a token, one column a feature; packed projections are three', () => {
  const shapes = (name: string, ...tensors: string[]) => tensors.map((t) => tensorsOf(name).get(t)?.shape)
  expect(shapes('clip', 'vision_model.embeddings.position_embedding.weight', 'text_projection.weight', 'visual_projection.weight')).toEqual(
    [
      [5, 768],
      [512, 512],
      [512, 768],
    ],
  )
  expect(shapes('siglip', 'vision_model.embeddings.position_embedding.weight', 'vision_model.head.probe', 'logit_scale')).toEqual([
    [4, 768],
    [1, 1, 768],
    [1],
  ])
  expect(shapes('deit', 'deit.embeddings.position_embeddings', 'deit.embeddings.distillation_token', 'cls_classifier.bias')).toEqual([
    [1, 6, 768],
    [1, 1, 768],
    [2],
  ])
  const swiglu = ['encoder.layer.0.mlp.weights_in.weight', 'encoder.layer.0.mlp.weights_out.weight', 'embeddings.mask_token']
  expect(shapes('dinov2 with SwiGLU', ...swiglu)).toEqual([[2 * 2048, 768], [768, 2048], undefined])
  expect(shapes('dinov2 with SwiGLU', 'encoder.layer.0.attention.attention.query.bias')).toEqual([undefined])
  expect(shapes('dinov2', 'embeddings.mask_token', 'encoder.layer.0.layer_scale2.lambda1')).toEqual([[1, 768], [768]])
  const attention = (n: string) => tensorsOf('siglip').get(`vision_model.head.attention.${n}`)?.shape
  expect(['in_proj_weight', 'in_proj_bias', 'out_proj.weight', 'out_proj.bias'].map(attention)).toEqual([
    [3 * 768, 768],
    [3 * 768],
    [768, 768],
    [768],
  ])
})

test('an adapter has no effect on the four tensors of a packed attention, and on those only', () => {
  const packed = (name: string) => [...tensorsOf(name)].flatMap(([tensor, { packed: is }]) => (is ? [tensor] : []))
  expect(packed('clip')).toEqual([])
  expect(packed('siglip')).toHaveLength(4)
  expect(packed('siglip').every((n) => n.startsWith('vision_model.head.attention.'))).toBe(true)
})

describe('a list of tensors', () => {
  const list = new TensorList()
  list.in('image').affine('a', 2, 3)
  list.in('text').affine('b', 2, 3, { biased: false })
  list.in('joint').scalar('t')
  test('answers of which parts a tensor is; of an unknown one, of none', () => {
    expect([list.isOf('a.weight', 'image'), list.isOf('a.bias', 'text', 'image'), list.isOf('a.weight', 'text')]).toEqual([
      true,
      true,
      false,
    ])
    expect([list.isOf('b.weight'), list.isOf('c', 'image', 'text', 'joint', 'head')]).toEqual([false, false])
  })
  test('keeps the order and the shapes', () => {
    expect([...list.shapes()]).toEqual([
      ['a.weight', [2, 3]],
      ['a.bias', [2]],
      ['b.weight', [2, 3]],
      ['t', []],
    ])
  })
  test('lets a new matrix decay, and no new vector', () => {
    expect([list.decays('new', [4, 4]), list.decays('new', [4]), list.decays('new', [])]).toEqual([true, false, false])
  })
  test('is what decides for the weights of a graph', () => {
    const shapes = new Map([...list.shapes(), ['head', [2, 2]]])
    const source = tensorsInMemory('memory', shapes, (name) => new Float32Array(shapes.get(name)!.reduce((a, b) => a * b, 1)))
    list.in('text').embedding('table', [2, 2])
    shapes.set('table', [2, 2])
    const p = paramsFor({ tensors: list }, new Graph(), source, (name) => name !== 'b.weight')
    for (const [name, shape] of shapes) p.get(name, shape)
    expect(p.trainable.map(({ name, decay }) => [name, decay])).toEqual([
      ['a.weight', true],
      ['a.bias', false],
      ['t', false],
      ['head', true],
      ['table', false],
    ])
  })
})
