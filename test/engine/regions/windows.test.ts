/** Square windows about boxes of an image. */
import { describe, expect, test } from 'vitest'
import { preprocessSchema } from '../../../src-main/engine/data/preprocess.ts'
import { BATCH, show, windowsAbout } from '../../../src-main/engine/regions/windows.ts'

describe('a window of an image', () => {
  const config = preprocessSchema.parse({ do_center_crop: false, image_mean: [0, 0, 0], image_std: [1, 1, 1], resample: 0 })
  const image = { width: 4, height: 2, channels: 3 as const, data: Uint8Array.from({ length: 24 }, (_, i) => (i % 3 === 0 ? 255 : 0)) }

  test('is the mean colour outside the image', () => {
    const out = new Float32Array(3 * 16)
    show(image, { x: -2, y: -1, w: 4, h: 4 }, config, out) // two columns and two rows of it are inside
    const red = [0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0]
    expect([...out]).toEqual([...red, ...Array(32).fill(0)])
  })

  test('is nothing if the image is elsewhere', () => {
    const out = new Float32Array(3 * 16)
    show(image, { x: 10, y: 10, w: 4, h: 4 }, config, out)
    expect(out.every((x) => x === 0)).toBe(true)
  })
})

test('windows come so many at a time, each about its box, and the last input is filled up', () => {
  const config = preprocessSchema.parse({ do_center_crop: false, size: { height: 4, width: 4 } })
  const image = { width: 40, height: 40, channels: 3 as const, data: new Uint8Array(4800).fill(200) }
  const boxes = Array.from({ length: BATCH + 1 }, (_, i) => ({ x: 10 + i, y: 10, w: 4, h: 2 }))
  const inputs = [...windowsAbout(image, boxes, 2, config)]
  expect(inputs.map(({ windows }) => windows.length)).toEqual([BATCH, 1])
  expect(inputs[1]!.windows[0]).toEqual({ x: 16, y: 7, w: 8, h: 8 }) // as wide as twice the longer side, about the middle
  expect(inputs.map(({ input }) => input.dims)).toEqual([
    [BATCH, 3, 4, 4],
    [BATCH, 3, 4, 4],
  ])
  const last = inputs[1]!.input.data as Float32Array
  expect(last.subarray(0, 48).every((x) => x > 0)).toBe(true)
  expect(last.subarray(48).every((x) => x === 0)).toBe(true)
})
