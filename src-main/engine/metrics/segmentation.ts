/** Average precision of masks (coco.ts), and how well the pixels of each class are covered. */
import { emptyRle, rleArea, rleIntersection, rleIou, rleMerge, rleSubtract } from '#shared/geometry/rle.ts'
import type { Rle } from '#shared/model/shape.ts'
import { type CocoImage, keptScores, type Measure } from './coco.ts'
import { type Resampled, resampledAp } from './resampling.ts'

export interface MaskImage {
  readonly detections: readonly { readonly label: number; readonly score: number; readonly mask: Rle }[]
  readonly truth: readonly {
    readonly label: number
    readonly mask: Rle
    /** A region with many objects: what is found within it counts neither as right nor as wrong. */
    readonly crowd?: boolean
  }[]
}

const masks: Measure<Rle> = { area: rleArea, iou: rleIou }

const asCoco = ({ detections, truth }: MaskImage): CocoImage<Rle> => ({
  found: detections.map(({ label, score, mask }) => ({ label, score, shape: mask })),
  wanted: truth.map(({ label, mask, crowd }) => ({ label, shape: mask, crowd })),
})

export const maskScores = keptScores(asCoco, masks)

/** The pixels of a class in an image: those found that are it, and those that are found or are it. */
interface PixelCounts {
  readonly common: number
  readonly either: number
}

/** Of each class, in each image; crowds are left out. */
function pixelCounts(images: readonly MaskImage[], classes: number): PixelCounts[][] {
  return Array.from({ length: classes }, (_, label) =>
    images.map(({ detections, truth }) => {
      const size = (detections[0] ?? truth[0])?.mask.size
      if (!size) return { common: 0, either: 0 }
      const joined = (all: readonly Rle[]) => (all.length ? rleMerge(all) : emptyRle(...size))
      const of = (all: readonly { label: number; mask: Rle }[]) => joined(all.filter((x) => x.label === label).map((x) => x.mask))
      const unclear = of(truth.filter((t) => t.crowd))
      const [a, b] = [of(detections), of(truth.filter((t) => !t.crowd))].map((m) => rleSubtract(m, unclear)) as [Rle, Rle]
      const common = rleArea(rleIntersection(a, b))
      return { common, either: rleArea(a) + rleArea(b) - common }
    }),
  )
}

/** NaN for a class that is neither there nor found. */
function iouOf(counts: readonly PixelCounts[], weights?: ArrayLike<number>): number {
  let [common, either] = [0, 0]
  counts.forEach((c, i) => {
    const weight = weights ? weights[i]! : 1
    common += weight * c.common
    either += weight * c.either
  })
  return common / either
}

function meanOfThere(all: readonly number[]): number {
  const values = all.filter((x) => !Number.isNaN(x))
  return values.reduce((a, b) => a + b, 0) / values.length
}

/**
 * IoU of each class over the pixels of all images (Everingham et al. 2010, PASCAL VOC, §4.2): masks of a class are joined;
 * crowds are left out. NaN for a class that is neither there nor found.
 */
export const classIou = (images: readonly MaskImage[], classes: number): number[] =>
  pixelCounts(images, classes).map((counts) => iouOf(counts))

/** The mean of {@link classIou} over the classes that are there or were found; NaN if none is. */
export const meanIou = (images: readonly MaskImage[], classes: number): number => meanOfThere(classIou(images, classes))

export function resampledMeanIou(images: readonly MaskImage[], classes: number): Resampled {
  const counts = pixelCounts(images, classes)
  return (weights) => meanOfThere(counts.map((own) => iouOf(own, weights)))
}

export const resampledMaskAp = (images: readonly MaskImage[], classes: number, thresholds?: readonly number[]): Resampled =>
  resampledAp(images.map(asCoco), classes, masks, thresholds)
