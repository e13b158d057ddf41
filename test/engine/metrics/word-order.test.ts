/** Winoground's scores: what counts as right, and what chance and a bag of words get (Thrush et al. 2022, §3.2). */
import { expect, test } from 'vitest'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { prefersOwn, TIE, winoground } from '../../../src-main/engine/metrics/word-order.ts'

test.each([
  ['all right', [0.9, 0.1, 0.1, 0.9], [true, true, true]],
  ['one image is near to both captions: text', [0.9, 0.8, 0.4, 0.5], [true, false, false]],
  ['one caption is near to both images: image', [0.9, 0.5, 0.8, 0.6], [false, true, false]],
  ['all wrong', [0.1, 0.9, 0.9, 0.1], [false, false, false]],
  ['ties', [0.5, 0.5, 0.5, 0.5], [false, false, false]],
  ['less than rounding', [0.5 + TIE / 2, 0.5, 0.5, 0.5 + TIE / 2], [false, false, false]],
] as const)('%s', (_, [c0i0, c1i0, c0i1, c1i1], [text, image, group]) => {
  expect(winoground({ c0i0, c1i0, c0i1, c1i1 })).toEqual({ text, image, group })
})

test('by chance: ¼, ¼ and ⅙; of a single image ½', () => {
  const rng = Rng.of(1)
  const n = 40_000
  const found = Array.from({ length: n }, () => {
    const [c0i0, c1i0, c0i1, c1i1] = Array.from({ length: 4 }, () => rng.uniform()) as [number, number, number, number]
    return { ...winoground({ c0i0, c1i0, c0i1, c1i1 }), one: prefersOwn(c0i0, c1i0) }
  })
  const share = (of: 'text' | 'image' | 'group' | 'one') => found.filter((x) => x[of]).length / n
  expect(share('text')).toBeCloseTo(1 / 4, 1.5)
  expect(share('image')).toBeCloseTo(1 / 4, 1.5)
  expect(share('group')).toBeCloseTo(1 / 6, 1.5)
  expect(share('one')).toBeCloseTo(1 / 2, 1.5)
})
