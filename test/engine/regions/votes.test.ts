import { expect, test } from 'vitest'
import { voted } from '../../../src-main/engine/regions/votes.ts'

const box = (x: number, w = 10) => ({ x, y: 5, w, h: 8 })

test('a box that remains is the mean of those that agree with it, by their scores; others have no say', () => {
  const found = voted(
    [
      { box: box(4), score: 0.3 },
      { box: box(2), score: 0.6 },
      { box: box(2, 12), score: 0.1 },
      { box: box(8), score: 0.5 }, // overlaps the best by an IoU of 4/16
      { box: box(50), score: 0.2 },
    ],
    0.5,
  )
  expect(found.map(({ score }) => score)).toEqual([0.6, 0.5, 0.2])
  expect(found[0]!.box.x).toBeCloseTo(0.6 * 2 + 0.3 * 4 + 0.1 * 2, 12) // the scores add up to 1
  expect(found[0]!.box.w).toBeCloseTo(0.6 * 10 + 0.3 * 10 + 0.1 * 12, 12)
  expect(found[0]!.box.y).toBeCloseTo(5, 12)
  expect(found[0]!.box.h).toBeCloseTo(8, 12)
  expect(found[2]!.box.x).toBeCloseTo(50, 12) // agrees with itself alone
})
