/**
 * A merge method as the driver sees it. It is defined on slices of a tensor, so that no tensor needs to be in memory as a
 * whole: `gather` sees all slices in order, once a pass, and collects what the method must know of the whole (an angle,
 * a threshold); `combine` then turns the slices, again in order, into those of the result.
 */
export interface SliceMerge {
  /** How often `gather` needs to see the tensor; 0 for element-wise methods. */
  readonly passes: number
  /** A NaN or infinity in an input always reaches the same place of the result, so that the inputs need no check of their own. */
  readonly spreads?: boolean
  gather?(pass: number, inputs: readonly Float32Array[]): void
  /**
   * `start` is the slice's first element in the tensor. `out` has the length of the inputs and shares no memory with them.
   * @returns whether all of `out` is finite
   */
  combine(inputs: readonly Float32Array[], out: Float32Array, start: number): boolean
}

/** Merges tensors that are in memory, as a single slice. */
export function mergeTensor(method: SliceMerge, inputs: readonly Float32Array[]): Float32Array {
  const n = inputs[0]!.length
  if (inputs.some((x) => x.length !== n)) throw new RangeError(`tensors of different lengths: ${inputs.map((x) => x.length).join(', ')}`)
  for (let pass = 0; pass < method.passes; pass++) method.gather!(pass, inputs)
  const out = new Float32Array(n)
  method.combine(inputs, out, 0)
  return out
}
