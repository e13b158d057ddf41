/** What the closed form writes into an untrained image tower, tensor by tensor; test/engine/pretrain/start.test.ts has what it sees. */
import { describe, expect, test } from 'vitest'
import { preprocessSchema } from '../../../src-main/engine/data/preprocess.ts'
import { LAYOUT, lookAtPlaces, seeEdges } from '../../../src-main/engine/models/clip-closed-form.ts'
import { clipConfigSchema } from '../../../src-main/engine/models/clip-config.ts'
import { architectureOf } from '../../../src-main/engine/models/families.ts'
import { nanoConfig } from '../../../src-main/engine/models/nano.ts'

const raw = nanoConfig(40, 39)
const config = clipConfigSchema.parse(raw)
const model = architectureOf(raw)
const { image_mean: mean, image_std: std } = preprocessSchema.parse({})
const [d, hidden, size, points, directions] = [192, 768, 24, 36, 8]
const noise = (i: number) => ((i * 7919 + 13) % 1009) / 1009
const tensorOf = (weights: ReadonlyMap<string, Float32Array>) => (name: string) => weights.get(name)!
const layer = (i: number, name: string) => `vision_model.encoder.layers.${i}.${name}`

describe('seeing', () => {
  const untrained = model.initial!(1)
  const weights = model.initial!(1)
  model.closedForm!.see(weights, { image_mean: mean, image_std: std })
  const w = tensorOf(weights)
  const position = w('vision_model.embeddings.position_embedding.weight')
  const pixel = (c: number, x: number, y: number) => noise(c * size * size + y * size + x)
  /** The token of the patch whose pixels are `pixel`, before the first norm. */
  const filters = w('vision_model.embeddings.patch_embedding.weight')
  const token = Array.from({ length: d }, (_, row) => {
    let sum = position[d + row]!
    for (let c = 0; c < 3; c++)
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++) sum += (filters[((row * 3 + c) * size + y) * size + x]! * (pixel(c, x, y) - mean[c]!)) / std[c]!
    return sum
  })
  const average = (x0: number, y0: number, width: number, height: number, of: (x: number, y: number) => number) => {
    let sum = 0
    for (let y = y0; y < y0 + height; y++) for (let x = x0; x < x0 + width; x++) sum += of(x, y)
    return sum / width / height
  }
  const brightness = (x: number, y: number) => 0.3 * pixel(0, x, y) + 0.59 * pixel(1, x, y) + 0.11 * pixel(2, x, y)

  test('a token has the mean colour of each quarter of its patch, relative to white paper', () => {
    for (let quarter = 0; quarter < 4; quarter++)
      for (let c = 0; c < 3; c++) {
        const own = average((quarter % 2) * 12, Math.floor(quarter / 2) * 12, 12, 12, (x, y) => pixel(c, x, y))
        expect(token[LAYOUT.colour + 3 * quarter + c]).toBeCloseTo(0.4 * (own - 0.7), 5)
      }
  })
  test('and how brightness rises in x and y at 36 points', () => {
    for (let at = 0; at < points; at++) {
      const [x, y] = [(at % 6) * 4, Math.floor(at / 6) * 4]
      const right = average(x + 2, y, 2, 4, brightness) - average(x, y, 2, 4, brightness)
      const down = average(x, y + 2, 4, 2, brightness) - average(x, y, 4, 2, brightness)
      expect(token[LAYOUT.slopes + 2 * at]).toBeCloseTo(right, 5)
      expect(token[LAYOUT.slopes + 2 * at + 1]).toBeCloseTo(down, 5)
    }
  })
  test('and where it lies: one of four columns and one of four rows', () => {
    for (let place = 0; place < 16; place++) {
      const own = [...position.subarray((1 + place) * d + LAYOUT.place, (2 + place) * d)]
      expect(own).toEqual(Array.from({ length: 8 }, (_, i) => (i === place % 4 || i === 4 + Math.floor(place / 4) ? 0.5 : 0)))
    }
  })
  test('and nothing else', () => {
    const said = new Set<number>()
    for (let i = LAYOUT.colour; i < LAYOUT.mark; i++) said.add(i)
    for (let i = LAYOUT.slopes; i < LAYOUT.slopes + 2 * points; i++) said.add(i)
    for (let i = LAYOUT.place; i < LAYOUT.width; i++) said.add(i)
    token.forEach((x, i) => expect([i, said.has(i) || x === 0]).toEqual([i, true]))
    expect([...position.subarray(0, d)].every((x) => x === 0)).toBe(true)
  })
  test('the class token has a marker of its own, made small', () => {
    const marked = Array.from({ length: d }, () => 0)
    ;[1, 1, -1, -1].forEach((x, i) => (marked[44 + i] = x))
    expect([...w('vision_model.embeddings.class_embedding')]).toEqual(marked)
    const gains = Array.from({ length: d }, (_, i) => Math.fround(i >= 44 && i < 48 ? 0.05 : 1))
    expect([...w('vision_model.pre_layrnorm.weight')]).toEqual(gains)
  })
  test('hidden units are 16 directions at each point, merged with their opposites in each quarter', () => {
    const [into, out] = [w(layer(0, 'mlp.fc1.weight')), w(layer(0, 'mlp.fc2.weight'))]
    for (let at = 0; at < points; at++)
      for (let k = 0; k < 2 * directions; k++) {
        const unit = at * 2 * directions + k
        const row = Array.from({ length: d }, () => 0)
        row[LAYOUT.slopes + 2 * at] = Math.fround(6 * Math.cos((Math.PI * k) / 8))
        row[LAYOUT.slopes + 2 * at + 1] = Math.fround(6 * Math.sin((Math.PI * k) / 8))
        expect([...into.subarray(unit * d, (unit + 1) * d)]).toEqual(row)
        const quarter = 2 * Number(at >= 18) + Number(at % 6 >= 3)
        const column = Array.from({ length: d }, (_, i) => out[i * hidden + unit])
        expect(column.flatMap((x, i) => (x ? [[i, x]] : []))).toEqual([[quarter * 8 + (k % 8), Math.fround(2.5 / 9 / 6)]])
      }
  })
  test('every other block starts near the identity', () => {
    for (let i = 0; i < 6; i++)
      for (const name of ['mlp.fc2.weight', 'self_attn.out_proj.weight']) {
        if (i === 0 && name.startsWith('mlp')) continue
        const [before, after] = [untrained.get(layer(i, name))!, w(layer(i, name))]
        for (const at of [0, 1, 500]) expect(after[at]).toBe(Math.fround(before[at]! * 0.01))
      }
    expect(w(layer(2, 'mlp.fc1.weight'))).toEqual(untrained.get(layer(2, 'mlp.fc1.weight')))
  })
})

describe('reading', () => {
  const { features } = model.closedForm!
  const columns = 16 * LAYOUT.content
  const map = Float32Array.from({ length: features * columns }, (_, i) => noise(i) - 0.5)
  const bias = Float32Array.from({ length: features }, (_, i) => noise(i + 5))
  const [given, constant] = [map.slice(), bias.slice()]
  const untrained = model.initial!(1)
  const weights = model.initial!(1)
  model.closedForm!.read(weights, map, bias)
  const w = tensorOf(weights)

  test('there is room for as many features as lie between the content and the place', () => expect(features).toBe(136))
  test.each([
    [1, 0, 0, 0],
    [1, 11, 11, 0],
    [2, 4, 0, 1],
    [2, 5, 1, 1],
    [3, 8, 0, 2],
    [4, 11, 15, 2],
  ])('layer %i, head %i looks at place %i and brings a third of it, the %i-th', (l, head, place, part) => {
    const [q, k, v, out] = ['q', 'k', 'v', 'out'].map((x) => w(layer(l, `self_attn.${x}_proj.weight`))) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ]
    expect(q.every((x) => x === 0)).toBe(true)
    const asked = [...w(layer(l, 'self_attn.q_proj.bias')).subarray(head * 16, head * 16 + 8)]
    expect(asked).toEqual(Array.from({ length: 8 }, (_, i) => (i === place % 4 || i === 4 + Math.floor(place / 4) ? 10 : -10)))
    for (let i = 0; i < 16; i++) {
      const row = (m: Float32Array) =>
        [...m.subarray((head * 16 + i) * d, (head * 16 + i + 1) * d)].flatMap((x, at) => (x ? [[at, x]] : []))
      expect(row(k)).toEqual(i < 8 ? [[LAYOUT.place + i, 1]] : [])
      expect(row(v)).toEqual([[part * 16 + i, 1]])
      for (const f of [0, 1, features - 1])
        expect(out[(LAYOUT.features + f) * d + head * 16 + i]).toBe(
          Math.fround(given[f * columns + place * LAYOUT.content + part * 16 + i]! * 0.03),
        )
    }
  })
  test('the bias is added a quarter in each of four layers, and the fifth is as it was', () => {
    for (let l = 1; l <= 4; l++)
      for (const f of [0, features - 1])
        expect(w(layer(l, 'self_attn.out_proj.bias'))[LAYOUT.features + f]).toBeCloseTo((constant[f]! * 0.03) / 4, 7)
    for (const name of ['q_proj.bias', 'k_proj.weight', 'out_proj.weight'])
      for (const l of [0, 5]) expect(w(layer(l, `self_attn.${name}`))).toEqual(untrained.get(layer(l, `self_attn.${name}`)))
  })
  test('the projection passes the features on, and little of all else', () => {
    const projection = w('visual_projection.weight')
    for (const f of [0, 1, features - 1])
      expect([...projection.subarray(f * d, (f + 1) * d)].flatMap((x, i) => (x ? [[i, x]] : []))).toEqual([[LAYOUT.features + f, 1]])
    const before = untrained.get('visual_projection.weight')!
    for (const at of [features * d, features * d + 7, before.length - 1]) expect(projection[at]).toBe(Math.fround(before[at]! * 0.1))
  })
  test('what lay in those heads before is gone', () => {
    const kept = model.initial!(1)
    for (const x of ['q', 'k', 'v', 'out']) kept.get(layer(1, `self_attn.${x}_proj.weight`))!.fill(7)
    lookAtPlaces(config, kept, given, constant)
    for (const x of ['q', 'k', 'v', 'out']) expect(kept.get(layer(1, `self_attn.${x}_proj.weight`))).not.toContain(7)
  })
})

test.each<[string, object]>([
  ['another width', { hidden_size: 96 }],
  ['another grid', { image_size: 120 }],
  ['patches that do not divide', { image_size: 80, patch_size: 20 }],
  ['too few hidden units', { intermediate_size: 575 }],
])('%s has no closed form', (_, change) => {
  const other = clipConfigSchema.parse({ ...raw, vision_config: { ...raw.vision_config, ...change } })
  expect(() => seeEdges(other, new Map(), { image_mean: mean, image_std: std })).toThrow('closed form needs width 192')
})
