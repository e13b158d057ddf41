/**
 * A merge method as the driver sees it. It works on slices, so that no tensor has to fit in memory: `gather` sees all
 * slices in order, once per pass, and collects global statistics (an angle, a threshold); `combine` then maps the
 * slices, again in order, to those of the result.
 */
export interface SliceMerge {
  /** Number of passes of `gather` over the tensor; 0 for element-wise methods. */
  readonly passes: number
  /**
   * A non-finite input element always makes the same output element non-finite, so that inputs need no separate
   * check.
   */
  readonly spreads?: boolean
  gather?(pass: number, inputs: readonly Float32Array[]): void
  /**
   * `start` is the index of the slice's first element. `out` has the length of the inputs and does not alias them.
   * @returns whether all of `out` is finite
   */
  combine(inputs: readonly Float32Array[], out: Float32Array, start: number): boolean
}

/** Merges in-memory tensors as a single slice. */
export function mergeTensor(method: SliceMerge, inputs: readonly Float32Array[]): Float32Array {
  const n = inputs[0]!.length
  if (inputs.some((x) => x.length !== n)) throw new RangeError(`tensors of different lengths: ${inputs.map((x) => x.length).join(', ')}`)
  for (let pass = 0; pass < method.passes; pass++) method.gather!(pass, inputs)
  const out = new Float32Array(n)
  method.combine(inputs, out, 0)
  return out
}
