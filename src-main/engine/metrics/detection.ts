/** Average precision and recall of boxes (coco.ts). */
import { boxArea, boxIntersection } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'
import { averagePrecisionOf, type CocoImage, keptScores, type Measure } from './coco.ts'
import { type Resampled, resampledAp } from './resampling.ts'

export interface Detection {
  readonly label: number
  readonly score: number
  /** In pixels; in another unit, sizes (small, medium, large) have no meaning. */
  readonly box: Box
}
export interface Truth {
  readonly label: number
  readonly box: Box
  /** A region with many objects: detections within it count neither as hits nor as false positives. */
  readonly crowd?: boolean
}
export interface DetectionImage {
  readonly detections: readonly Detection[]
  readonly truth: readonly Truth[]
}

const boxes: Measure<Box> = {
  area: boxArea,
  iou(found, wanted, crowd) {
    const common = boxIntersection(found, wanted)
    const inter = common ? boxArea(common) : 0
    return inter / (crowd ? boxArea(found) : boxArea(found) + boxArea(wanted) - inter)
  },
}

const asCoco = ({ detections, truth }: DetectionImage): CocoImage<Box> => ({
  found: detections.map(({ label, score, box }) => ({ label, score, shape: box })),
  wanted: truth.map(({ label, box, crowd }) => ({ label, shape: box, crowd })),
})

export const detectionScores = keptScores(asCoco, boxes)

/** AP of one class at one IoU threshold; NaN if no image has a box of that class. */
export const averagePrecisionAt = (images: readonly DetectionImage[], label: number, threshold: number): number =>
  averagePrecisionOf(images.map(asCoco), label, threshold, boxes)

export const resampledBoxAp = (images: readonly DetectionImage[], classes: number, thresholds?: readonly number[]): Resampled =>
  resampledAp(images.map(asCoco), classes, boxes, thresholds)
