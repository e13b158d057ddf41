/**
 * Losses of detection and segmentation as in DETR and its successors (transformers loss/loss_for_object_detection.py).
 * Each is a sum over regions; dividing by the number of regions in the batch is the caller's.
 */
import type { Value } from '../graph/graph.ts'
import { add, clip, div, exp, greater, log, minimum, mul, neg, pow, reduceSum, relu, sigmoid, slice, sub, where } from '../ops/index.ts'

const abs = (x: Value): Value => where(greater(x, 0), x, neg(x))
const maximum = (a: Value, b: Value): Value => where(greater(a, b), a, b)

/** Elementwise −log p of targets in [0, 1], from logits: max(x, 0) − x·t + log(1 + e^−|x|) never overflows. */
export const binaryCrossEntropy = (logits: Value, targets: Value): Value =>
  add(sub(relu(logits), mul(logits, targets)), log(add(exp(neg(abs(logits))), 1)))

export interface Focal {
  /** Weight of positives; negatives weigh 1 − alpha. */
  readonly alpha?: number
  /** How much what is already predicted well is down-weighted. */
  readonly gamma?: number
}

/** Focal loss (Lin et al. 2017, "Focal loss for dense object detection", eq. 5), elementwise. */
export function sigmoidFocal(logits: Value, targets: Value, { alpha = 0.25, gamma = 2 }: Focal = {}): Value {
  const p = sigmoid(logits)
  const missed = add(mul(targets, sub(1, mul(p, 2))), p) // 1 − p_t for targets of 0 and 1
  const weight = add(mul(targets, 2 * alpha - 1), 1 - alpha)
  return mul(weight, mul(binaryCrossEntropy(logits, targets), pow(missed, gamma)))
}

/** Dice loss (Milletari et al. 2016, "V-Net", §3, smoothed by 1) of masks' logits [R, P] and targets [R, P] → [R]. */
export function dice(logits: Value, targets: Value): Value {
  const p = sigmoid(logits)
  const sum = (x: Value) => reduceSum(x, { axes: [1] })
  return sub(1, div(add(mul(sum(mul(p, targets)), 2), 1), add(add(sum(p), sum(targets)), 1)))
}

/** Boxes [R, 4] as centre and size → the columns left, top, right, bottom [R, 1]. */
function corners(boxes: Value): [Value, Value, Value, Value] {
  const column = (i: number) => slice(boxes, { axis: 1, start: i, end: i + 1 })
  const [x, y, w, h] = [column(0), column(1), mul(column(2), 0.5), mul(column(3), 0.5)]
  return [sub(x, w), sub(y, h), add(x, w), add(y, h)]
}

/** L1 distance of boxes [R, 4] → [R, 1]. */
export const boxDistance = (boxes: Value, targets: Value): Value => reduceSum(abs(sub(boxes, targets)), { axes: [1], keepdims: true })

/**
 * 1 − GIoU (Rezatofighi et al. 2019, "Generalized intersection over union", algorithm 1) of boxes [R, 4] as centre
 * and size → [R, 1]. Targets have an area.
 */
export function giouLoss(boxes: Value, targets: Value): Value {
  const [[l, t, r, b], [tl, tt, tr, tb]] = [corners(boxes), corners(targets)]
  const area = (left: Value, top: Value, right: Value, bottom: Value) => mul(sub(right, left), sub(bottom, top))
  const positive = (x: Value) => clip(x, { min: 0 })
  const common = mul(positive(sub(minimum(r, tr), maximum(l, tl))), positive(sub(minimum(b, tb), maximum(t, tt))))
  const union = sub(add(area(l, t, r, b), area(tl, tt, tr, tb)), common)
  const hull = area(minimum(l, tl), minimum(t, tt), maximum(r, tr), maximum(b, tb))
  return add(sub(1, div(common, union)), div(sub(hull, union), hull))
}
