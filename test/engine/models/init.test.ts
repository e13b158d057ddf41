/** The weights of a CLIP before any training: spreads by width and depth (openai/CLIP), cosines and sinusoids in two tensors. */
import { describe, expect, test } from 'vitest'
import { architectureOf } from '../../../src-main/engine/models/families.ts'
import { bicubicMatrix, gridPositions } from '../../../src-main/engine/models/interpolate.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'

const [d, p, g] = [64, 8, 3]
const tower = { num_attention_heads: 4, layer_norm_eps: 1e-5 }
const model = architectureOf({
  model_type: 'clip',
  projection_dim: 48,
  logit_scale_init_value: 1.5,
  text_config: { ...tower, hidden_size: 32, intermediate_size: 128, num_hidden_layers: 3, vocab_size: 200, max_position_embeddings: 60 },
  vision_config: { ...tower, hidden_size: d, intermediate_size: 256, num_hidden_layers: 2, image_size: 29, patch_size: p },
})
const weights = model.initial!(7)
const spread = (name: string) => {
  const w = weights.get(name)!
  const mean = w.reduce((a, b) => a + b, 0) / w.length
  return { mean, std: Math.sqrt(w.reduce((a, b) => a + (b - mean) ** 2, 0) / w.length) }
}

test('are there for every tensor, with its number of elements', () => {
  const sizes = [...model.tensors.shapes()].map(([name, shape]) => [name, shape.reduce((a, b) => a * b, 1)])
  expect([...weights].map(([name, w]) => [name, w.length])).toEqual(sizes)
})

test('depend on the seed alone, and each tensor on its own stream', () => {
  expect(model.initial!(7)).toEqual(weights)
  const name = 'text_projection.weight'
  expect(model.initial!(8).get(name)).not.toEqual(weights.get(name))
  const layer = (part: string) => weights.get(`text_model.encoder.layers.0.self_attn.${part}_proj.weight`)
  expect(layer('q')).not.toEqual(layer('k'))
})

describe.each([
  ['text_model', 32, 3],
  ['vision_model', d, 2],
] as const)('%s: random with the spread that its width and depth ask for', (tower, width, depth) => {
  const residual = width ** -0.5 * (2 * depth) ** -0.5
  test.each<[string, number]>([
    ['self_attn.q_proj', width ** -0.5],
    ['self_attn.k_proj', width ** -0.5],
    ['self_attn.v_proj', width ** -0.5],
    ['self_attn.out_proj', residual],
    ['mlp.fc1', (2 * width) ** -0.5],
    ['mlp.fc2', residual],
  ])('%s', (part, std) => {
    const found = spread(`${tower}.encoder.layers.1.${part}.weight`)
    expect(found.std / std).toBeGreaterThan(0.93)
    expect(found.std / std).toBeLessThan(1.07)
    expect(Math.abs(found.mean) / std).toBeLessThan(0.1)
  })
})

test.each([
  ['text_model.embeddings.token_embedding.weight', 0.02],
  ['text_model.embeddings.position_embedding.weight', 0.01],
  ['text_projection.weight', 32 ** -0.5],
  ['visual_projection.weight', d ** -0.5],
  ['vision_model.embeddings.class_embedding', d ** -0.5],
])('%s', (name, std) => expect(Math.abs(spread(name).std / std - 1)).toBeLessThan(weights.get(name)!.length < 100 ? 0.25 : 0.07))

test('norms are 1, biases 0, and the temperature is what the configuration says', () => {
  for (const [name, { kind }] of model.tensors)
    if (kind === 'norm' || kind === 'bias') expect([name, new Set(weights.get(name))]).toEqual([name, new Set([kind === 'norm' ? 1 : 0])])
  expect([...weights.get('logit_scale')!]).toEqual([1.5])
})

test('patch filters are cosines of rising frequency: two of brightness to one of each opponent colour', () => {
  const filters = weights.get('vision_model.embeddings.patch_embedding.weight')!
  const filter = (k: number, u: number, v: number, colour: number[]) => {
    const length = Math.sqrt(colour.reduce((sum, c) => sum + c * c, 0))
    const gain = (0.5 + Math.sqrt(u * u + v * v)) / p / p
    for (const [ch, c] of colour.entries())
      for (let y = 0; y < p; y++)
        for (let x = 0; x < p; x++) {
          const wave = Math.cos((Math.PI / p) * u * (x + 0.5)) * Math.cos((Math.PI / p) * v * (y + 0.5))
          expect(filters[((k * 3 + ch) * p + y) * p + x]).toBeCloseTo((gain * c * wave) / length, 6)
        }
  }
  const [grey, red, blue] = [
    [1, 1, 1],
    [1, -1, 0],
    [0.5, 0.5, -1],
  ]
  filter(0, 0, 0, grey!)
  filter(1, 0, 0, red!)
  filter(2, 0, 1, grey!) // of equal frequencies, upright before lying
  filter(3, 0, 0, blue!)
  filter(4, 1, 0, grey!)
  filter(5, 0, 1, red!)
  filter(6, 1, 1, grey!)
  filter(8, 0, 2, grey!)
  filter(10, 2, 0, grey!)
})

test('positions of the grid are sinusoids along x and y; that of the class token is random', () => {
  const positions = weights.get('vision_model.embeddings.position_embedding.weight')!
  expect(spread('vision_model.embeddings.position_embedding.weight').std).toBeGreaterThan(0.1)
  const first = positions.subarray(0, d)
  expect(new Set(first).size).toBe(d)
  expect(Math.sqrt(first.reduce((sum, x) => sum + x * x, 0) / d)).toBeGreaterThan(0.09) // 1/√64 = 0.125
  const quarter = d / 4
  for (const [row, column] of [
    [0, 0],
    [0, 2],
    [2, 1],
  ] as const)
    for (const k of [0, 1, quarter - 1]) {
      const f = 10_000 ** (-k / quarter)
      const at = (1 + row * g + column) * d + k
      const found = [0, 1, 2, 3].map((q) => positions[at + q * quarter]!)
      const expected = [Math.sin(column * f), Math.cos(column * f), Math.sin(row * f), Math.cos(row * f)]
      found.forEach((x, i) => expect(x).toBeCloseTo(0.3 * expected[i]!, 6))
    }
})

describe('positions of another grid', () => {
  test('are resampled by Keys’ kernel with a = −0.75, with the edges repeated', () => {
    const m = bicubicMatrix(1, 6, 1, 12)
    const row = (i: number) => [...m.subarray(i * 6, i * 6 + 6)]
    // An output at a quarter of the way from input 2 to input 3: inputs 1 … 4.
    const [far, near, next, last] = [-0.10546875, 0.87890625, 0.26171875, -0.03515625]
    expect(row(5)).toEqual([0, far, near, next, last, 0])
    expect(row(6)).toEqual([0, last, next, near, far, 0])
    expect(row(0)).toEqual([last + next + near, far, 0, 0, 0, 0].map((x, i) => (i ? x : (expect.closeTo(x, 6) as number))))
    expect(row(11)).toEqual([0, 0, 0, 0, far, expect.closeTo(near + next + last, 6)])
  })
  test('pass through every input where one lies, and weigh 1 in all', () => {
    expect([...bicubicMatrix(2, 2, 2, 2)]).toEqual(Array.from({ length: 16 }, (_, i) => Number(i % 5 === 0)))
    const m = bicubicMatrix(3, 5, 4, 7)
    for (let r = 0; r < 28; r++) expect(m.subarray(r * 15, r * 15 + 15).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5)
  })
  test('height and width each by its own: [h·w, H·W], row by row', () => {
    const [down, across] = [bicubicMatrix(2, 1, 3, 1), bicubicMatrix(1, 3, 1, 2)]
    const both = bicubicMatrix(2, 3, 3, 2)
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 2; x++)
        for (let Y = 0; Y < 2; Y++)
          for (let X = 0; X < 3; X++) expect(both[(y * 2 + x) * 6 + Y * 3 + X]).toBeCloseTo(down[y * 2 + Y]! * across[x * 3 + X]!, 6)
  })
  test('are the table itself where the grid is the same, and keep the tokens before the patches', () => {
    const table = new Graph().input('table', 'float32', [1 + 9, 4])
    expect(gridPositions(table, 1, 3, 3, 3)).toBe(table)
    for (const [h, w] of [
      [3, 4],
      [4, 3],
      [2, 5],
    ] as const)
      expect(gridPositions(table, 1, 3, h, w).shape).toEqual([1 + h * w, 4])
    expect(gridPositions(new Graph().input('table', 'float32', [9, 4]), 0, 3, 2, 2).shape).toEqual([4, 4])
  })
})
