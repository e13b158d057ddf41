/**
 * Bipartite matching of predicted boxes with targets (Carion et al. 2020, "End-to-end object detection with
 * transformers", §3.1), with the focal classification cost of Deformable DETR (Zhu et al. 2021; transformers
 * loss/loss_deformable_detr.py).
 */
import { assignment } from './assignment.ts'

/** Centre x, centre y, width, height as fractions of the model's input. */
export type CentreBox = readonly [number, number, number, number]

export interface MatchTarget {
  /** Column of the logits. */
  readonly query: number
  readonly box: CentreBox
}

export interface MatchCosts {
  readonly class: number
  readonly box: number
  readonly giou: number
}
export const matchCosts: MatchCosts = { class: 2, box: 5, giou: 2 }

/**
 * The prediction of each target, each at most once, with the least total cost; with more targets than predictions, −1
 * for those left over.
 *
 * @param logits [N, Q] row-major
 * @param boxes [N, 4] row-major, as `CentreBox`
 */
export function matchBoxes(
  logits: Float32Array,
  boxes: Float32Array,
  targets: readonly MatchTarget[],
  costs: MatchCosts = matchCosts,
): number[] {
  const n = boxes.length / 4
  const q = logits.length / n
  const cost = targets.map(({ query, box }) =>
    Float64Array.from({ length: n }, (_, i) => {
      const predicted = boxes.subarray(4 * i, 4 * i + 4) as unknown as CentreBox
      const total =
        costs.class * focalCost(logits[i * q + query]!) + costs.box * distance(predicted, box) - costs.giou * giou(predicted, box)
      return Number.isFinite(total) ? total : Number.MAX_VALUE / 1e10 // taken only if nothing else is left
    }),
  )
  if (targets.length <= n) return assignment(cost, n)
  const turned = Array.from({ length: n }, (_, i) => Float64Array.from(cost, (row) => row[i]!))
  const found = new Array<number>(targets.length).fill(-1)
  assignment(turned, targets.length).forEach((target, i) => (found[target] = i))
  return found
}

/** Focal loss if this were a positive, minus that if it were a negative (alpha 0.25, gamma 2). */
function focalCost(logit: number): number {
  const p = 1 / (1 + Math.exp(-logit))
  return 0.25 * (1 - p) ** 2 * -Math.log(p + 1e-8) - 0.75 * p ** 2 * -Math.log(1 - p + 1e-8)
}

const distance = (a: CentreBox, b: CentreBox): number => a.reduce((sum, x, i) => sum + Math.abs(x - b[i]!), 0)

/** Generalised IoU (Rezatofighi et al. 2019), in [−1, 1]. */
export function giou(a: CentreBox, b: CentreBox): number {
  const side = (c: CentreBox, axis: 0 | 1) => [c[axis] - c[axis + 2]! / 2, c[axis] + c[axis + 2]! / 2] as const
  const [ax, ay, bx, by] = [side(a, 0), side(a, 1), side(b, 0), side(b, 1)]
  const common = (p: readonly [number, number], q: readonly [number, number]) => Math.max(0, Math.min(p[1], q[1]) - Math.max(p[0], q[0]))
  const whole = (p: readonly [number, number], q: readonly [number, number]) => Math.max(p[1], q[1]) - Math.min(p[0], q[0])
  const inter = common(ax, bx) * common(ay, by)
  const union = a[2] * a[3] + b[2] * b[3] - inter
  const hull = whole(ax, bx) * whole(ay, by)
  return inter / union - (hull - union) / hull
}
