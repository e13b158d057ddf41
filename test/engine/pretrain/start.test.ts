import { describe, expect, test } from 'vitest'
import { LAYOUT, lookAtPlaces, seeEdges } from '../../../src-main/engine/models/clip-closed-form.ts'
import { architectureOf } from '../../../src-main/engine/models/families.ts'
import { nanoConfig } from '../../../src-main/engine/models/nano.ts'
import { discriminant } from '../../../src-main/engine/pretrain/discriminant.ts'
import type { Picture } from '../../../src-main/engine/pretrain/picture.ts'
import { recipe } from '../../../src-main/engine/pretrain/recipe.ts'
import { embed } from '../../../src-main/engine/pretrain/start.ts'
import { preprocessSchema } from '../../../src-main/engine/data/preprocess.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { clipConfigSchema } from '../../../src-main/engine/models/clip-config.ts'
import { imageTokens } from '../../../src-main/engine/models/clip.ts'
import { encoder } from '../../../src-main/engine/nn/transformer.ts'
import { reshape, slice } from '../../../src-main/engine/ops/index.ts'

const side = recipe.renderSize
const picture = (grey: (x: number, y: number) => number): Picture => {
  const rgba = new Uint8Array(side * side * 4).fill(255)
  for (let i = 0; i < side * side; i++) rgba.fill(grey(i % side, Math.floor(i / side)), i * 4, i * 4 + 3)
  return { concept: 0, rgba }
}
const config = clipConfigSchema.parse(nanoConfig(40, 39))
const model = architectureOf(nanoConfig(40, 39))
const contents = (weights: ReadonlyMap<string, Float32Array>, pictures: readonly Picture[]) =>
  embed(model, weights, pictures, 1, (p, pixels) => model.closedForm!.contents(p, pixels))
function firstBlock() {
  const weights = model.initial!(1)
  for (const [name, w] of weights) if (/vision_model.*(fc2|out_proj)\.weight/.test(name)) w.fill(0)
  seeEdges(config, weights, preprocessSchema.parse({}))
  return weights
}
const PLACES = 16
const DIRECTIONS = 8

test('a patch token says in which direction its edges run, and where', async () => {
  const edge = 40 // of 128: at 30 of the 96 that the model sees, in the upper left quarter of the second patch of the second row
  const [upright, lying, plain] = [picture((x) => (x < edge ? 0 : 255)), picture((_, y) => (y < edge ? 0 : 255)), picture(() => 128)]
  const said = await contents(firstBlock(), [upright, lying, plain])
  const token = (row: number, place: number) =>
    said.subarray((row * PLACES + place) * LAYOUT.content, (row * PLACES + place + 1) * LAYOUT.content)
  const strengths = (row: number, quarter: number) => [...token(row, 5).subarray(quarter * DIRECTIONS, (quarter + 1) * DIRECTIONS)]
  const strongest = (x: number[]) => x.indexOf(Math.max(...x))
  expect(strongest(strengths(0, 0))).toBe(0) // brightness rises along x
  expect(strongest(strengths(0, 2))).toBe(0)
  expect(strongest(strengths(1, 0))).toBe(DIRECTIONS / 2) // along y
  expect(strongest(strengths(1, 1))).toBe(DIRECTIONS / 2)
  expect(Math.max(...strengths(0, 0))).toBeGreaterThan(5 * Math.max(...strengths(0, 1))) // none in the right quarters
  expect(Math.max(...strengths(2, 0)) - Math.min(...strengths(2, 0))).toBeLessThan(1e-3)
})

test('the heads bring every place to the class token: features are a linear map of what the patches say', async () => {
  const rng = Rng.of(3)
  const pictures = Array.from({ length: 6 }, () => {
    const spots = Array.from({ length: 8 }, () => [rng.int(side), rng.int(side), 6 + rng.int(20), rng.int(256)] as const)
    return picture((x, y) => spots.find(([cx, cy, r]) => (x - cx) ** 2 + (y - cy) ** 2 < r * r)?.[3] ?? 255)
  })
  const weights = firstBlock()
  const said = await contents(weights, pictures)
  const features = 5
  const columns = PLACES * LAYOUT.content
  const read = Float32Array.from({ length: features * columns }, () => rng.normal() * 1e-4)
  const bias = Float32Array.from({ length: features }, () => rng.normal() * 1e-3)
  lookAtPlaces(config, weights, read, bias)
  const { hidden_size: d } = config.vision_config
  const classToken = await embed(model, weights, pictures, 1, (p, pixels) => {
    const tokens = imageTokens(p, config, pixels)
    const seen = slice(encoder(p, 'vision_model.encoder', tokens, config.vision_config), { axis: 1, start: 0, end: 1 })
    return reshape(seen, [pixels.shape[0]!, d])
  })
  const want = pictures.map((_, r) =>
    Array.from({ length: features }, (_, f) => {
      let sum = bias[f]!
      for (let i = 0; i < columns; i++) sum += read[f * columns + i]! * said[r * columns + i]!
      return sum
    }),
  )
  // What the class token holds before, the same for every picture, cancels in the differences.
  for (let r = 1; r < pictures.length; r++)
    for (let f = 0; f < features; f++) {
      const found = classToken[r * d + LAYOUT.features + f]! - classToken[LAYOUT.features + f]!
      expect(Math.abs(found - (want[r]![f]! - want[0]![f]!))).toBeLessThan(0.01 * Math.max(...want.flat().map(Math.abs)))
    }
})

describe('linear discriminant analysis', () => {
  const [n, d, classes] = [600, 6, 4]
  const rng = Rng.of(5)
  const classOf = Array.from({ length: n }, (_, i) => i % classes)
  const mixing = Array.from({ length: d * d }, () => rng.normal())
  // Spread unlike in each direction; the classes differ along the first axis alone.
  const x = new Float32Array(n * d)
  for (let r = 0; r < n; r++) {
    const z = Array.from({ length: d }, () => rng.normal())
    for (let i = 0; i < d; i++)
      x[r * d + i] = mixing.slice(i * d, (i + 1) * d).reduce((sum, m, k) => sum + m * z[k]!, 3) + (i === 0 ? 4 * classOf[r]! : 0)
  }
  const mapped = async (outputs: number) => {
    const { map, bias } = await discriminant(x, classOf, classes, outputs, 0)
    return Array.from({ length: n }, (_, r) =>
      Array.from(
        { length: outputs },
        (_, f) => bias[f]! + x.subarray(r * d, (r + 1) * d).reduce((sum, v, i) => sum + map[f * d + i]! * v, 0),
      ),
    )
  }

  test('makes the covariance within classes the identity, about the mean of all', async () => {
    const y = await mapped(3)
    for (let f = 0; f < 3; f++) expect(y.reduce((sum, row) => sum + row[f]!, 0) / n).toBeCloseTo(0, 3)
    const means = Array.from({ length: classes }, (_, c) =>
      [0, 1, 2].map((f) => y.filter((_, r) => classOf[r] === c).reduce((sum, row) => sum + row[f]!, 0) / (n / classes)),
    )
    for (const a of [0, 1, 2])
      for (const b of [0, 1, 2]) {
        const covariance = y.reduce((sum, row, r) => sum + (row[a]! - means[classOf[r]!]![a]!) * (row[b]! - means[classOf[r]!]![b]!), 0) / n
        expect(covariance).toBeCloseTo(Number(a === b), 3)
      }
  })

  test('finds the direction that tells the classes apart, first', async () => {
    const y = await mapped(2)
    const spread = (f: number) => {
      const means = Array.from(
        { length: classes },
        (_, c) => y.filter((_, r) => classOf[r] === c).reduce((sum, row) => sum + row[f]!, 0) / (n / classes),
      )
      return Math.max(...means) - Math.min(...means)
    }
    expect(spread(0)).toBeGreaterThan(10 * spread(1))
  })
})
