/** Tensors of many checkpoints read side by side, in slices. */
import { DTYPE_BYTES, decode, firstNonFinite, isFloat, type FloatDtype } from '../weights/dtype.ts'
import { elements } from '../weights/header.ts'
import { nonFinite } from '../weights/safetensors.ts'
import type { Weights } from '../weights/source.ts'
import { STEP, type Arena } from './weighted-sum.ts'

/**
 * All inputs' slices together, in elements (2 MB): what is read is still in the processor's cache when it is summed, which is
 * worth more than reading ahead on another thread. The system reads ahead of each file by itself.
 */
const TOGETHER = 1 << 19

/** Elements of one input's slice, for `inputs` of them: whole steps of the kernel. */
export const sliceElements = (inputs: number) => Math.max(1 << 12, Math.floor((TOGETHER * 4) / inputs / STEP) * (STEP / 4))

export interface Slices {
  readonly name: string
  /** The slices' first element in the tensor. */
  readonly start: number
  readonly length: number
  /** One slice an input, as float32; valid until the next is asked for. */
  readonly inputs: readonly Float32Array[]
}

export class SliceReader {
  private readonly lanes: readonly Uint8Array[]
  private readonly slice: number

  /** Takes {@link SliceReader.arenaBytes} of `arena`. */
  constructor(
    private readonly inputs: readonly Weights[],
    arena: Arena,
  ) {
    this.slice = sliceElements(inputs.length)
    this.lanes = inputs.map(() => arena.allocate(this.slice * 4))
  }

  static arenaBytes(inputs: number): number {
    return inputs * sliceElements(inputs) * 4
  }

  /** The slices of one floating tensor, from its beginning. */
  *read(name: string): Generator<Slices> {
    const n = elements(this.inputs[0]!.info(name).shape)
    for (let start = 0; start < n; start += this.slice) {
      const length = Math.min(this.slice, n - start)
      yield { name, start, length, inputs: this.inputs.map((w, k) => readSlice(w, name, start, length, this.lanes[k]!)) }
    }
  }
}

/** F32 is used where it arrives; other types are converted into `lane`. */
function readSlice(weights: Weights, name: string, start: number, length: number, lane: Uint8Array): Float32Array {
  const dtype = weights.info(name).dtype as FloatDtype
  if (!isFloat(dtype)) throw new Error(`${name}: ${String(dtype)} tensors are copied, not merged`)
  const size = DTYPE_BYTES[dtype]
  const stored = dtype === 'F32' ? lane.subarray(0, length * size) : new Uint8Array(length * size)
  weights.readInto(name, stored, start * size)
  return decode(stored, dtype, dtype === 'F32' ? undefined : new Float32Array(lane.buffer, lane.byteOffset, length))
}

/** @throws a data fault naming the file, tensor and place of the first NaN or infinity among the inputs */
export function checkFinite(weights: readonly Weights[], { name, start, inputs }: Slices) {
  inputs.forEach((x, k) => {
    const at = firstNonFinite(new Uint8Array(x.buffer, x.byteOffset, x.byteLength), 'F32')
    if (at >= 0) throw nonFinite(weights[k]!.fileOf(name), name, weights[k]!.info(name).shape, start + at, x[at]!)
  })
}
