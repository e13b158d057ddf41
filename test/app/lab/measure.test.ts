/** Scores of prompts, with numbers worked by hand. */
import { describe, expect, test } from 'vitest'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import {
  boxScoreOn,
  boxScores,
  classOn,
  classScores,
  joinedMask,
  maskScoreOn,
  maskScores,
  mostDiffering,
} from '../../../src-main/app/lab/measure.ts'
import { sampled } from '../../../src-main/app/lab/images.ts'

const box = (x: number) => ({ x, y: 0, w: 10, h: 10 })
const found = (x: number, score: number) => ({ box: box(x), score })

describe('boxes', () => {
  const right = { found: [found(0, 0.9)], truth: [box(0)] }
  const wrongFirst = { found: [found(50, 0.8), found(0, 0.5)], truth: [box(0)] }
  test('an image alone: precision at the only recall level is 1, or 1/2 behind a false alarm', () => {
    expect(boxScoreOn(right)).toBe(1)
    expect(boxScoreOn(wrongFirst)).toBe(0.5)
    expect(boxScoreOn({ found: [], truth: [box(0)] })).toBe(0)
  })
  test('an image without the label is the better, the less sure the surest false alarm is', () => {
    expect(boxScoreOn({ found: [found(0, 0.25), found(20, 0.1)], truth: [] })).toBe(0.75)
    expect(boxScoreOn({ found: [], truth: [] })).toBe(1)
  })
  test('over all images: of hit, miss, hit by score, precision is 1 up to recall 0.5 and 2/3 up to 1', () => {
    // 51 levels (0 … 0.50) at 1 and 50 at 2/3, of 101.
    const { ap, ap50, ar } = boxScores([right, wrongFirst])
    expect(ap50).toBeCloseTo((51 + (50 * 2) / 3) / 101, 12)
    expect(ap).toBeCloseTo(ap50!, 12)
    expect(ar).toBe(1)
  })
  test('nothing to find is no score', () => {
    expect(boxScores([{ found: [], truth: [] }])).toEqual({ ap: null, ap50: null, ar: null })
  })
})

describe('masks', () => {
  const mask = (...bits: number[]) => rleFromBitmap(Uint8Array.from(bits), 2, 2)
  test('IoU of an image, and of the pixels of all', () => {
    const a = { found: mask(1, 1, 0, 0), truth: mask(0, 1, 1, 0) } // 1 of 3
    const b = { found: null, truth: mask(1, 0, 0, 0) } // 0 of 1
    const c = { found: mask(1, 0, 0, 0), truth: null } // 0 of 1
    expect([a, b, c, { found: null, truth: null }].map(maskScoreOn)).toEqual([1 / 3, 0, 0, 1])
    expect(maskScores([a, b, c])).toEqual({ iou: 1 / 5 })
  })
  test('several regions are one mask', () => {
    expect(joinedMask([mask(1, 0, 0, 0), mask(0, 0, 1, 0)], 2, 2)).toEqual(mask(1, 0, 1, 0))
    expect(joinedMask([], 2, 2)).toBeNull()
  })
})

describe('classes', () => {
  test('the largest cosine is said; the margin is over the best other', () => {
    const classes = Float32Array.from([1, 0, 0, 1, 0.6, 0.8])
    const image = Float32Array.from([0.8, 0.6])
    // Cosines 0.8, 0.6 and 0.96.
    const at = classOn(image, classes, 0)
    expect(at).toMatchObject({ truth: 0, said: 2 })
    expect(at.margin).toBeCloseTo(0.8 - 0.96, 6)
    expect(classOn(image, classes, 2).margin).toBeCloseTo(0.96 - 0.8, 6)
  })
  test('accuracy over all images, recall and precision of one label', () => {
    const images = [
      [1, 1],
      [1, 2],
      [2, 2],
      [2, 1],
      [3, 3],
    ].map(([truth, said]) => ({ truth: truth!, said: said!, margin: 0 }))
    expect(classScores(images, 1)).toEqual({ accuracy: 3 / 5, recall: 1 / 2, precision: 1 / 2 })
    expect(classScores(images, 3)).toEqual({ accuracy: 3 / 5, recall: 1, precision: 1 })
    expect(classScores(images.slice(4), 1)).toEqual({ accuracy: 1, recall: null, precision: null })
  })
})

test('of each pair of rows, the images on which they differ most, each image once', () => {
  const rows = [
    [1, 0.5, 0, 0.2],
    [1, 0.25, 1, 0.2],
    [1, 1, 1, 0.2],
  ]
  // Pairs: 0–1 differ by 1 on image 2; 0–2 by 1 on image 2; 1–2 by 0.75 on image 1. Nowhere on 0 and 3.
  expect(mostDiffering(rows, 1)).toEqual([1, 2])
  expect(mostDiffering(rows, 4)).toEqual([1, 2])
  expect(mostDiffering([[0.5], [0.5]], 4)).toEqual([])
})

describe('a sample of images', () => {
  const ids = (from: number, n: number) => Array.from({ length: n }, (_, i) => from + i)
  test('has as many others as images with the label, and is the same every time', () => {
    const { withIt, without } = sampled(ids(1, 100), ids(1000, 100), 20)
    expect([withIt.length, without.length]).toEqual([10, 10])
    expect(sampled(ids(1, 100).reverse(), ids(1000, 100), 20)).toEqual({ withIt, without })
  })
  test('takes more with the label if there are few others, and no more others than with it', () => {
    expect(sampled(ids(1, 100), ids(1000, 3), 20)).toMatchObject({ withIt: { length: 17 }, without: { length: 3 } })
    expect(sampled(ids(1, 2), ids(1000, 100), 20)).toMatchObject({ withIt: { length: 2 }, without: { length: 2 } })
  })
  test('passes over what is not usable', () => {
    expect(sampled(ids(1, 6), [], 20, (id) => id % 2 === 0).withIt).toEqual([2, 4, 6])
  })
})
