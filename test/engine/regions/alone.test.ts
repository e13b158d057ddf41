/** What a mask covers, by itself on white. */
import { expect, test } from 'vitest'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import type { Normalisation } from '../../../src-main/engine/data/render.ts'
import { aloneIn } from '../../../src-main/engine/regions/alone.ts'

const plain: Normalisation = { image_mean: [0, 0, 0], image_std: [1, 1, 1] }

/** An image of 6 × 5 grey levels 1 to 30, of which a 3 × 3 square with its top left corner at (2, 1) is shown, without its middle. */
const image = { width: 6, height: 5, channels: 3 as const, data: Uint8Array.from({ length: 90 }, (_, i) => Math.floor(i / 3) + 1) }
const shown = Array.from({ length: 30 }, (_, at) => {
  const [x, y] = [at % 6, Math.floor(at / 6)]
  return Number(x >= 2 && x < 5 && y >= 1 && y < 4 && !(x === 3 && y === 2))
})
const drawn = (turn: number, side = 3) => {
  const out = new Float32Array(3 * side * side)
  aloneIn(image, rleFromBitmap(shown, 5, 6)).draw(turn, { height: side, width: side }, plain, out, 0)
  return [...out.subarray(0, side * side)].map((x) => Math.round(x * 255))
}

test('is the smallest square about it, white where it is not', () => {
  expect(drawn(0)).toEqual([9, 10, 11, 15, 255, 17, 21, 22, 23])
})

test('is turned anticlockwise', () => {
  expect(drawn(90)).toEqual([11, 17, 23, 10, 255, 22, 9, 15, 21])
  expect(drawn(180)).toEqual([23, 22, 21, 17, 255, 15, 11, 10, 9])
})

test('is all within the square, however it is turned', () => {
  const dark = (turn: number) => drawn(turn, 24).filter((x) => x < 128).length
  // Eight ninths of the square; turned by 45 degrees the square is twice as large.
  expect(dark(0) / 576).toBeCloseTo(8 / 9, 1)
  expect(Math.abs(dark(45) / 576 - 4 / 9)).toBeLessThan(0.1)
  const edge = drawn(45, 24).slice(0, 24)
  expect(edge.some((x) => x < 200)).toBe(true) // a corner touches each edge
})
