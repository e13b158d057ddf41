/** Tensors of many checkpoints read side by side, in slices. */
import { DTYPE_BYTES, decode, firstNonFinite, isFloat } from '../weights/dtype.ts'
import { nonFinite, readStored, type StoredTensor } from '../weights/safetensors.ts'
import { STEP, type Arena } from './weighted-sum.ts'

/**
 * All inputs' slices together, in elements (2 MB): what is read is still in the processor's cache when it is summed, which is
 * worth more than reading ahead on another thread. The system reads ahead of each file by itself.
 */
const TOGETHER = 1 << 19

/** Elements of one input's slice, for `inputs` of them: whole steps of the kernel. */
export const sliceElements = (inputs: number) => Math.max(1 << 12, Math.floor((TOGETHER * 4) / inputs / STEP) * (STEP / 4))

export interface Slices {
  /** The slices' first element in the tensor. */
  readonly start: number
  readonly length: number
  /** One slice an input, as float32; valid until the next is asked for. */
  readonly inputs: readonly Float32Array[]
}

export class SliceReader {
  private readonly lanes: readonly Uint8Array[]
  private readonly slice: number

  /** For up to `n` inputs. Takes {@link SliceReader.arenaBytes} of `arena`. */
  constructor(n: number, arena: Arena) {
    this.slice = sliceElements(n)
    this.lanes = Array.from({ length: n }, () => arena.allocate(this.slice * 4))
  }

  static arenaBytes(n: number): number {
    return n * sliceElements(n) * 4
  }

  /** The slices of `length` elements from `begin` on of one floating tensor of each input. */
  *read(inputs: readonly StoredTensor[], begin: number, length: number): Generator<Slices> {
    const end = begin + length
    for (let start = begin; start < end; start += this.slice) {
      const length = Math.min(this.slice, end - start)
      yield { start, length, inputs: inputs.map((tensor, k) => readSlice(tensor, start, length, this.lanes[k]!)) }
    }
  }
}

/** F32 is used where it arrives; other types are converted into `lane`. */
function readSlice(tensor: StoredTensor, start: number, length: number, lane: Uint8Array): Float32Array {
  const { name, dtype } = tensor
  if (!isFloat(dtype)) throw new Error(`${name}: ${dtype} tensors are copied, not merged`)
  const size = DTYPE_BYTES[dtype]
  const stored = dtype === 'F32' ? lane.subarray(0, length * size) : new Uint8Array(length * size)
  readStored(tensor, stored, start * size)
  return decode(stored, dtype, dtype === 'F32' ? undefined : new Float32Array(lane.buffer, lane.byteOffset, length))
}

/** @throws a data fault naming the file, tensor and place of the first NaN or infinity among the inputs */
export function checkFinite(tensors: readonly StoredTensor[], { start, inputs }: Slices) {
  inputs.forEach((x, k) => {
    const at = firstNonFinite(new Uint8Array(x.buffer, x.byteOffset, x.byteLength), 'F32')
    const { file, name, shape } = tensors[k]!
    if (at >= 0) throw nonFinite(file, name, shape, start + at, x[at]!)
  })
}
