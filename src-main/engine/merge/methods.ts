import type { MergeMethod } from '#shared/model/merge.ts'
import { dareSlices, seededKeep } from './dare.ts'
import { linearSlices, taskWeights, uniformWeights } from './linear.ts'
import { slerpSlices } from './slerp.ts'
import type { SliceMerge } from './slices.ts'
import { tiesSlices } from './ties.ts'

/** A method for one tensor of `n` ingredients. A new one each time: it collects what it learns of the tensor. */
export function sliceMerge(method: MergeMethod, n: number, tensor: string): SliceMerge {
  switch (method.name) {
    case 'uniform':
      return linearSlices(uniformWeights(n))
    case 'linear':
      return linearSlices(method.weights)
    case 'wise-ft':
      return linearSlices([1 - method.alpha, method.alpha])
    case 'task-arithmetic':
      return linearSlices(taskWeights(n - 1, method.lambda))
    case 'slerp':
      return slerpSlices(method.t)
    case 'ties':
      return tiesSlices(n - 1, method)
    case 'dare':
      return dareSlices(method, seededKeep(method.density, method.seed, tensor))
  }
}
