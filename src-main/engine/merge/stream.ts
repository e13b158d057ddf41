/** Reads tensors of many checkpoints in parallel slices. */
import { DTYPE_BYTES, decode, firstNonFinite, isFloat } from '../weights/dtype.ts'
import { nonFinite, readStored, type StoredTensor } from '../weights/safetensors.ts'
import { STEP, type Arena } from './weighted-sum.ts'

/**
 * Elements of all inputs' slices together (2 MB): they are still in the CPU cache when summed, which matters more
 * than reading ahead on another thread. The system already reads ahead in each file.
 */
const TOGETHER = 1 << 19

/** Elements per slice for `inputs` inputs: a multiple of the kernel's step. */
export const sliceElements = (inputs: number) => Math.max(1 << 12, Math.floor((TOGETHER * 4) / inputs / STEP) * (STEP / 4))

export interface Slices {
  /** Index of the slices' first element in the tensor. */
  readonly start: number
  readonly length: number
  /** One slice per input, as float32; valid until the next iteration. */
  readonly inputs: readonly Float32Array[]
}

export class SliceReader {
  private readonly lanes: readonly Uint8Array[]
  private readonly slice: number

  /** For up to `n` inputs. Allocates {@link SliceReader.arenaBytes} of `arena`. */
  constructor(n: number, arena: Arena) {
    this.slice = sliceElements(n)
    this.lanes = Array.from({ length: n }, () => arena.allocate(this.slice * 4))
  }

  static arenaBytes(n: number): number {
    return n * sliceElements(n) * 4
  }

  /** Slices of `length` elements starting at `begin`, of one floating-point tensor per input. */
  *read(inputs: readonly StoredTensor[], begin: number, length: number): Generator<Slices> {
    const end = begin + length
    for (let start = begin; start < end; start += this.slice) {
      const length = Math.min(this.slice, end - start)
      yield { start, length, inputs: inputs.map((tensor, k) => readSlice(tensor, start, length, this.lanes[k]!)) }
    }
  }
}

/** F32 is used in place; other types are converted into `lane`. */
function readSlice(tensor: StoredTensor, start: number, length: number, lane: Uint8Array): Float32Array {
  const { name, dtype } = tensor
  if (!isFloat(dtype)) throw new Error(`${name}: ${dtype} tensors are copied, not merged`)
  const size = DTYPE_BYTES[dtype]
  const stored = dtype === 'F32' ? lane.subarray(0, length * size) : new Uint8Array(length * size)
  readStored(tensor, stored, start * size)
  return decode(stored, dtype, dtype === 'F32' ? undefined : new Float32Array(lane.buffer, lane.byteOffset, length))
}

/** @throws a data fault naming file, tensor and index of the first non-finite input */
export function checkFinite(tensors: readonly StoredTensor[], { start, inputs }: Slices) {
  inputs.forEach((x, k) => {
    const at = firstNonFinite(new Uint8Array(x.buffer, x.byteOffset, x.byteLength), 'F32')
    const { file, name, shape } = tensors[k]!
    if (at >= 0) throw nonFinite(file, name, shape, start + at, x[at]!)
  })
}
