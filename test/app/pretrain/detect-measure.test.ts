/** What is told of a detector beside the words it gives. */
import { expect, test } from 'vitest'
import { whateverTheWord } from '../../../src-main/app/pretrain/detect-measure.ts'

const box = (x: number, w: number) => ({ x, y: 0, w, h: 10 })

test('boxes count whatever their word, each by the best that overlaps it', () => {
  const figures = whateverTheWord([
    {
      truth: [
        { label: 0, box: box(0, 10) },
        { label: 1, box: box(100, 10) },
      ],
      detections: [
        { label: 3, score: 0.9, box: box(0, 10) },
        { label: 0, score: 0.8, box: box(100, 16) }, // an IoU of 10/16
      ],
    },
    { truth: [{ label: 0, box: box(0, 10) }], detections: [{ label: 0, score: 0.7, box: box(6, 10) }] }, // 4/16
    { truth: [{ label: 0, box: box(0, 10) }], detections: [] },
  ])
  expect(figures['boxes-found50']).toBe(2 / 4)
  expect(figures['boxes-found75']).toBe(1 / 4)
  expect(figures['boxes-ap50']).toBeCloseTo(51 / 101, 9) // precision is 1 up to a recall of a half
  expect(figures['boxes-ap75']).toBeCloseTo(26 / 101, 9)
})
