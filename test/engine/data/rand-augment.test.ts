/** RandAugment's operations against torchvision's (test/parity/data/make_rand_augment.py), and what is drawn. */
import { describe, expect, it, test } from 'vitest'
import { augment, augmentRng, augmentSchema } from '../../../src-main/engine/data/augment.ts'
import { operations, randAugment } from '../../../src-main/engine/data/rand-augment.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { cutter, goldenJson } from './golden.ts'

interface Case {
  readonly name: string
  readonly level: number
  readonly value: number
  readonly data: string
}
const reference = goldenJson<{ width: number; height: number; cases: Case[] }>('rand-augment.json')
const { width, height } = reference
const picture = (await cutter())(width, height)
type Name = keyof typeof operations
const ours = (name: string) => `${name[0]!.toLowerCase()}${name.slice(1)}` as Name

test('the operations are torchvision’s, in its order', () => {
  expect([...new Set(reference.cases.map(({ name }) => ours(name)))]).toEqual(Object.keys(operations))
  const signed = new Set(reference.cases.filter(({ value }) => value < 0).map(({ name }) => ours(name)))
  expect(Object.entries(operations).flatMap(([name, of]) => ('signed' in of ? [name] : []))).toEqual([...signed])
})

describe.each(reference.cases)('$name at level $level ($value)', ({ name, level, value, data }) => {
  const { of, apply } = operations[ours(name)]
  it('means as much', () => {
    expect(of(level, picture)).toBe(Math.abs(value))
  })
  it('gives the same bytes', () => {
    expect(Buffer.from(apply(picture, value)).equals(Buffer.from(data, 'base64'))).toBe(true)
  })
})

const plain = { image_mean: [0, 0, 0] as [number, number, number], image_std: [1, 1, 1] as [number, number, number] }
const seen = (config: object, index: number) => {
  const out = new Float32Array(3 * width * height)
  augment({ ...picture, channels: 3 }, picture, augmentSchema.parse(config), plain, augmentRng(1, 2, index), out)
  return out
}

test('each picture gets operations of its own, the same whenever it is asked for; every operation is drawn, each way', () => {
  const drawn = Array.from({ length: 200 }, (_, i) => Buffer.from(randAugment(picture, { count: 1, magnitude: 9 }, Rng.of(i))))
  const again = Buffer.from(randAugment(picture, { count: 1, magnitude: 9 }, Rng.of(7)))
  expect(again.equals(drawn[7]!)).toBe(true)
  const known = reference.cases.filter(({ level }) => level !== 26).map(({ data }) => Buffer.from(data, 'base64'))
  for (const bytes of drawn) expect(known.some((one) => one.equals(bytes))).toBe(true)
  expect(known.filter((one) => !drawn.some((bytes) => bytes.equals(one)))).toHaveLength(0)
})

test('a view is varied after it was cut and mirrored, in its own bytes', () => {
  const cut = { minScale: 0.5, flip: 0.5 }
  for (let i = 0; i < 10; i++) {
    const whole = seen(cut, i)
    const bytes = (of: Float32Array) =>
      Uint8Array.from(of, (_, at) => Math.round(255 * of[(at % 3) * width * height + Math.floor(at / 3)]!))
    const rng = augmentRng(1, 2, i)
    augment({ ...picture, channels: 3 }, picture, augmentSchema.parse(cut), plain, rng, new Float32Array(whole.length))
    const wanted = randAugment({ width, height, data: bytes(whole) }, { count: 3, magnitude: 12 }, rng)
    expect(bytes(seen({ ...cut, operations: 3, magnitude: 12 }, i))).toEqual(wanted)
  }
})
