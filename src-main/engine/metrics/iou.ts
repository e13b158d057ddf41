import { boxIou } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'

/** [a, b] row-major: intersection over union of each box of `a` with each box of `b`. */
export const boxIouMatrix = (a: readonly Box[], b: readonly Box[]): Float64Array =>
  Float64Array.from(a.flatMap((one) => b.map((other) => boxIou(one, other))))
