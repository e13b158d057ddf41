/** Every number of COCOeval, for boxes and for masks, as pycocotools has it: test/parity/metrics/coco.py. */
import { describe, expect, test } from 'vitest'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import type { CocoScores } from '../../../src-main/engine/metrics/coco.ts'
import { detectionScores } from '../../../src-main/engine/metrics/detection.ts'
import { classIou, maskScores, meanIou } from '../../../src-main/engine/metrics/segmentation.ts'
import { cocoCases } from '../../helpers/coco-cases.ts'

const named = ({ ap, ap50, ap75, apBySize, ar, arBySize }: CocoScores): Record<string, number> => ({
  ap,
  ap50,
  ap75,
  'ap-small': apBySize.small,
  'ap-medium': apBySize.medium,
  'ap-large': apBySize.large,
  'ar-1': ar[1],
  'ar-10': ar[10],
  'ar-100': ar[100],
  'ar-small': arBySize.small,
  'ar-medium': arBySize.medium,
  'ar-large': arBySize.large,
})

describe.each(cocoCases().map((c, i) => [i + 1, c] as const))('case %i', (_, { classes, boxes, masks, iou, miou }) => {
  test.each([
    ['boxes', () => detectionScores(boxes.images, classes), boxes.values],
    ['masks', () => maskScores(masks.images, classes), masks.values],
  ] as const)('%s', (_kind, scores, { perClass, ...values }) => {
    const found = scores()
    const own = named(found)
    expect(Object.keys(own)).toEqual(Object.keys(values))
    for (const [name, value] of Object.entries(values))
      if (value === null) expect(own[name], name).toBeNaN()
      else expect(own[name], name).toBeCloseTo(value, 9)
    perClass.forEach((ap, c) => (ap === null ? expect(found.perClass[c]).toBeNull() : expect(found.perClass[c]).toBeCloseTo(ap, 9)))
  })

  test('pixels of each class', () => {
    const found = classIou(masks.images, classes)
    iou.forEach((x, c) => (x === null ? expect(found[c]).toBeNaN() : expect(found[c]).toBeCloseTo(x, 12)))
    expect(meanIou(masks.images, classes)).toBeCloseTo(miou, 12)
  })
})

test('a class that was only imagined is no pixel right; images without anything say nothing', () => {
  const mask = rleFromBitmap([1, 0, 0, 1], 2, 2)
  const images = [
    { detections: [{ label: 1, score: 1, mask }], truth: [{ label: 0, mask }] },
    { detections: [], truth: [] },
  ]
  expect(classIou(images, 3)).toEqual([0, 0, NaN])
  expect(meanIou([], 2)).toBeNaN()
})
