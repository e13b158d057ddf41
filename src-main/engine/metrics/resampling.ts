/** Scores of images drawn again and again, for intervals: what is found and meant in an image is matched once. */
import { type CocoImage, type Measure, matchesOf, THRESHOLDS } from './coco.ts'

/** A score over the images, each as often as its weight says, a whole number; NaN where it is undefined. */
export type Resampled = (weights: ArrayLike<number>) => number

/** The detections of a class at an IoU threshold, best first over all images, and how many objects each image has. */
interface Matched {
  readonly image: Int32Array
  readonly hit: Uint8Array
  readonly objects: Int32Array
}

/** AP as in coco.ts: the mean over the classes with objects and over the thresholds. */
export function resampledAp<S>(
  images: readonly CocoImage<S>[],
  classes: number,
  measure: Measure<S>,
  thresholds: readonly number[] = THRESHOLDS,
): Resampled {
  const all = Array.from({ length: classes }, (_, label) => matchesOf(images, label, measure, thresholds).map(packed))
  return (weights) => {
    const values = all.flatMap((of) => {
      const total = of[0]!.objects.reduce((sum, n, i) => sum + n * weights[i]!, 0)
      return total ? of.map((matched) => averagePrecision(matched, weights, total)) : []
    })
    return values.reduce((a, b) => a + b, 0) / values.length
  }
}

const packed = ({ matched, objects }: ReturnType<typeof matchesOf>[number]): Matched => ({
  image: Int32Array.from(matched, (m) => m.image),
  hit: Uint8Array.from(matched, (m) => Number(m.hit)),
  objects: Int32Array.from(objects),
})

/** Precision is highest, and recall rises, at hits alone: only there it is looked at. */
function averagePrecision({ image, hit }: Matched, weights: ArrayLike<number>, total: number): number {
  const precision = new Float64Array(total)
  let [n, hits] = [0, 0]
  for (let i = 0; i < image.length; i++) {
    const weight = weights[image[i]!]!
    if (!hit[i]) n += weight
    else
      for (let k = 0; k < weight; k++) {
        n++
        precision[hits] = (hits + 1) / n
        hits++
      }
  }
  for (let i = hits - 2; i >= 0; i--) precision[i] = Math.max(precision[i]!, precision[i + 1]!)
  let [sum, at] = [0, 0]
  for (let level = 0; level <= 100; level++) {
    while (at < hits && (at + 1) / total < level * 0.01) at++
    sum += at < hits ? precision[at]! : 0
  }
  return sum / 101
}
