/**
 * Average precision of detections, as in pycocotools' COCOeval (area "all", at most 100 detections per image): greedy
 * matching by score at an IoU threshold, monotone precision, mean over 101 recall levels.
 */
import { boxArea, boxIntersection } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'

export interface Detection {
  readonly label: number
  readonly score: number
  /** In pixels or any other common unit. */
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
export interface DetectionScores {
  /** Mean over classes and IoU thresholds 0.50, 0.55 … 0.95, in [0, 1]; NaN if no class has a box. */
  readonly ap: number
  readonly ap50: number
  readonly ap75: number
  /** AP of each class, mean over the ten thresholds; null for a class without boxes. */
  readonly perClass: (number | null)[]
}

// Bit-identical to numpy's linspace, since an IoU may equal a threshold exactly.
const thresholds = Array.from({ length: 10 }, (_, i) => 0.5 + i * ((0.95 - 0.5) / 9))
const maxDetections = 100

export function detectionScores(images: readonly DetectionImage[], classes: number): DetectionScores {
  const byClass = Array.from({ length: classes }, (_, label) => thresholds.map((t) => averagePrecisionAt(images, label, t)))
  const seen = byClass.filter((aps) => !Number.isNaN(aps[0]!))
  return {
    ap: mean(seen.map(mean)),
    ap50: mean(seen.map((aps) => aps[0]!)),
    ap75: mean(seen.map((aps) => aps[5]!)),
    perClass: byClass.map((aps) => (Number.isNaN(aps[0]!) ? null : mean(aps))),
  }
}

/** AP of one class at one IoU threshold; NaN if no image has a box of that class. */
export function averagePrecisionAt(images: readonly DetectionImage[], label: number, threshold: number): number {
  const matched = images.flatMap((image) => matchImage(image, label, threshold)).sort((a, b) => b.score - a.score)
  const total = images.reduce((sum, i) => sum + i.truth.filter((t) => t.label === label && !t.crowd).length, 0)
  if (total === 0) return NaN
  const precision: number[] = []
  const recall: number[] = []
  let hits = 0
  matched.forEach(({ hit }, i) => {
    if (hit) hits++
    precision.push(hits / (i + 1))
    recall.push(hits / total)
  })
  for (let i = precision.length - 2; i >= 0; i--) precision[i] = Math.max(precision[i]!, precision[i + 1]!)
  let sum = 0
  let at = 0
  for (let level = 0; level <= 100; level++) {
    while (at < recall.length && recall[at]! < level * 0.01) at++
    sum += precision[at] ?? 0
  }
  return sum / 101
}

/** The image's detections of a class, best first, each a hit or a miss; those matched to a crowd are left out. */
function matchImage({ detections, truth }: DetectionImage, label: number, threshold: number): { score: number; hit: boolean }[] {
  // A stable sort: pycocotools uses merge sort, which keeps the order of equal scores. Crowds come last: they match
  // what is left.
  const found = detections
    .filter((d) => d.label === label)
    .sort((a, b) => b.score - a.score)
    .slice(0, maxDetections)
  const wanted = truth.filter((t) => t.label === label).sort((a, b) => Number(a.crowd ?? false) - Number(b.crowd ?? false))
  const taken = new Set<Truth>()
  return found.flatMap(({ box, score }) => {
    let best: Truth | null = null
    let bestIou = Math.min(threshold, 1 - 1e-10)
    for (const t of wanted) {
      if (taken.has(t)) continue
      if (best && !best.crowd && t.crowd) break
      const overlap = iou(box, t)
      if (overlap < bestIou) continue
      best = t
      bestIou = overlap
    }
    if (best?.crowd) return []
    if (best) taken.add(best)
    return [{ score, hit: best !== null }]
  })
}

/** IoU; against a crowd, the fraction of the detection inside it. */
function iou(box: Box, truth: Truth): number {
  const common = boxIntersection(box, truth.box)
  const inter = common ? boxArea(common) : 0
  const union = truth.crowd ? boxArea(box) : boxArea(box) + boxArea(truth.box) - inter
  return inter / union
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
