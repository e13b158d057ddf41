/** What suppression leaves, for any boxes. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { boxIou } from '#shared/geometry/box.ts'
import { suppress } from '#shared/geometry/nms.ts'

const side = fc.integer({ min: 0, max: 12 })
const scored = fc.array(
  fc.record({ x: side, y: side, w: side.map((s) => s + 1), h: side.map((s) => s + 1), score: fc.integer({ min: 0, max: 5 }) }),
  {
    maxLength: 14,
  },
)
const overlap = fc.constantFrom(0, 0.2, 0.3, 0.5, 0.9, 1)

test('a box is left out exactly if a better one that remains covers it', () => {
  fc.assert(
    fc.property(scored, overlap, (boxes, most) => {
      const scores = boxes.map((b) => b.score)
      const kept = suppress(boxes, scores, most)
      const rank = (i: number) => [-scores[i]!, i] as const
      const before = (a: number, b: number) => rank(a)[0] - rank(b)[0] || a - b
      expect(kept).toEqual([...kept].sort(before))
      for (let i = 0; i < boxes.length; i++) {
        const covered = kept.some((k) => before(k, i) < 0 && boxIou(boxes[k]!, boxes[i]!) > most)
        expect(kept.includes(i)).toBe(!covered)
      }
    }),
  )
})

test('an overlap of 1 keeps all, of equal scores the earlier first', () => {
  const box = { x: 0, y: 0, w: 2, h: 2 }
  expect(suppress([box, box, box], [1, 3, 1], 1)).toEqual([1, 0, 2])
  expect(suppress([box, box, box], [1, 3, 3], 0.5)).toEqual([1])
  expect(suppress([], [], 0.5)).toEqual([])
})

test('boxes that only touch are apart', () => {
  expect(
    suppress(
      [
        { x: 0, y: 0, w: 2, h: 2 },
        { x: 2, y: 0, w: 2, h: 2 },
      ],
      [1, 2],
      0,
    ),
  ).toEqual([1, 0])
})
