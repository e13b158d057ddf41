/** Average precision of masks (coco.ts), and how well the pixels of each class are covered. */
import { emptyRle, rleArea, rleIntersection, rleIou, rleMerge, rleSubtract } from '#shared/geometry/rle.ts'
import type { Rle } from '#shared/model/shape.ts'
import { type CocoImage, keptScores, type Measure } from './coco.ts'

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

/**
 * IoU of each class over the pixels of all images (Everingham et al. 2010, PASCAL VOC, §4.2): masks of a class are joined;
 * crowds are left out. NaN for a class that is neither there nor found.
 */
export function classIou(images: readonly MaskImage[], classes: number): number[] {
  return Array.from({ length: classes }, (_, label) => {
    let [common, either] = [0, 0]
    for (const { detections, truth } of images) {
      const size = (detections[0] ?? truth[0])?.mask.size
      if (!size) continue
      const joined = (all: readonly Rle[]) => (all.length ? rleMerge(all) : emptyRle(...size))
      const of = (all: readonly { label: number; mask: Rle }[]) => joined(all.filter((x) => x.label === label).map((x) => x.mask))
      const unclear = of(truth.filter((t) => t.crowd))
      const [a, b] = [of(detections), of(truth.filter((t) => !t.crowd))].map((m) => rleSubtract(m, unclear)) as [Rle, Rle]
      const both = rleArea(rleIntersection(a, b))
      common += both
      either += rleArea(a) + rleArea(b) - both
    }
    return common / either
  })
}

/** The mean of {@link classIou} over the classes that are there or were found; NaN if none is. */
export function meanIou(images: readonly MaskImage[], classes: number): number {
  const values = classIou(images, classes).filter((x) => !Number.isNaN(x))
  return values.reduce((a, b) => a + b, 0) / values.length
}
