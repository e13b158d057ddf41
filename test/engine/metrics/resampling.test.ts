/** Scores of resampled images are those of the images drawn, each as often as it was. */
import { expect, it } from 'vitest'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { jointBootstrap } from '../../../src-main/engine/metrics/bootstrap.ts'
import { metricsOf } from '../../../src-main/engine/metrics/records.ts'
import { cocoCases } from '../../helpers/coco-cases.ts'

const drawnOnce = <T>(images: readonly T[], rng: Rng) => {
  const weights = new Uint32Array(images.length)
  for (let i = 0; i < images.length; i++) weights[rng.int(images.length)]!++
  return { weights, drawn: images.flatMap((image, i) => Array.from({ length: weights[i]! }, () => image)) }
}

/** Which of two equally sure detections comes first depends on the order of the images: none are equal here. */
const unequal = <D extends { readonly score: number }, I extends { readonly detections: readonly D[] }>(images: readonly I[]) =>
  images.map((image, i) => ({ ...image, detections: image.detections.map((d, k) => ({ ...d, score: d.score + i * 1e-5 + k * 1e-7 })) }))

it.each(['detect', 'segment'] as const)('%s: as if the images had been measured that often', (task) => {
  const rng = Rng.of(11)
  const metrics = metricsOf(task).filter((m) => m.resampled)
  expect(metrics.map((m) => m.id)).toEqual(task === 'detect' ? ['ap', 'ap50', 'ap75'] : ['miou', 'mask-ap', 'mask-ap50', 'mask-ap75'])
  for (const { classes, boxes, masks } of cocoCases()) {
    const images = task === 'detect' ? unequal(boxes.images) : unequal(masks.images)
    for (const m of metrics) {
      const resampled = m.resampled!({ images, classes } as never)
      for (let time = 0; time < 3; time++) {
        const { weights, drawn } = drawnOnce<unknown>(images, rng)
        expect(resampled(weights)).toBeCloseTo(m.compute({ images: drawn, classes } as never), 12)
      }
    }
  }
})

it('of two scores on the same resamples, the difference is sharper than either', async () => {
  // Images of very different difficulty; the second score is a little worse on each.
  const hard = Float64Array.from({ length: 40 }, (_, i) => i / 39)
  const mean = (lower: number) => (weights: ArrayLike<number>) => hard.reduce((sum, x, i) => sum + weights[i]! * (x - lower), 0) / 40
  const { interval, difference } = await jointBootstrap(40, [mean(0), mean(0.02), mean(0)], { resamples: 400 })
  const [low, high] = interval(0)
  expect(high - low).toBeGreaterThan(0.1)
  expect(low < 0.5 && high > 0.5).toBe(true)
  const apart = difference(0, 1)
  expect(apart.interval[0]).toBeCloseTo(0.02, 9)
  expect(apart.interval[1]).toBeCloseTo(0.02, 9)
  expect(apart.p).toBeCloseTo(2 / 401, 12)
  expect(difference(0, 2).p).toBe(1)
})
