/**
 * The plan for one file of a soup: plain data, so that any thread of this process can execute parts of it. Each
 * element of the result depends on the plan alone, so the bits do not depend on threads or order.
 */
import { DashiError, cancelled, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { MergeMethod } from '#shared/model/merge.ts'
import { DTYPE_BYTES, encode, firstNonFinite, isFloat } from '../weights/dtype.ts'
import { writeAllAt } from '../weights/files.ts'
import { elements, type TensorSpec } from '../weights/header.ts'
import { readStored, type StoredTensor } from '../weights/safetensors.ts'
import { sliceMerges } from './methods.ts'
import { SliceReader, checkFinite, sliceElements } from './stream.ts'
import { Arena } from './weighted-sum.ts'

export interface PlannedTensor {
  /** Spec in the output file. */
  readonly spec: TensorSpec
  /** Byte offset in the output file. */
  readonly offset: number
  /** The same tensor of each ingredient. */
  readonly inputs: readonly StoredTensor[]
}

export interface MergePlan {
  readonly method: MergeMethod
  /** The output file, open in this process. */
  readonly fd: number
  readonly tensors: readonly PlannedTensor[]
}

/** A range of one tensor that a thread merges in one go. */
interface Piece {
  readonly tensor: PlannedTensor
  readonly start: number
  readonly length: number
}

const PIECE = 1 << 18

/** Pieces in file order. A method with several passes gets the whole tensor as one piece. */
function piecesOf({ method, tensors }: MergePlan): Piece[] {
  const mergeOf = sliceMerges(method)
  return tensors.flatMap((tensor) => {
    const n = elements(tensor.spec.shape)
    const step = mergeOf(tensor.inputs.length, tensor.spec.name).passes ? n : PIECE
    return Array.from({ length: Math.ceil(n / step) || 0 }, (_, i) => ({ tensor, start: i * step, length: Math.min(step, n - i * step) }))
  })
}

/** Progress of all threads that work on one plan, in shared memory. */
export class SharedProgress {
  private static readonly PIECES = 0
  private static readonly STOP = 1
  private readonly state: Int32Array

  constructor(readonly memory = new SharedArrayBuffer(8)) {
    this.state = new Int32Array(memory)
  }

  /** Claims the next piece and returns its index. */
  take = () => Atomics.add(this.state, SharedProgress.PIECES, 1)
  taken = () => Atomics.load(this.state, SharedProgress.PIECES)
  /** No further piece is claimed; pieces in progress are finished. */
  end = () => void Atomics.store(this.state, SharedProgress.PIECES, 1 << 30)
  /** All threads abort before their next slice. */
  stop = () => (this.end(), void Atomics.store(this.state, SharedProgress.STOP, 1))
  stopped = () => Atomics.load(this.state, SharedProgress.STOP) === 1
}

/**
 * The error that aborted the work, and its piece. Of several, the first in file order is reported, as with a single
 * thread.
 */
export interface Failure {
  readonly piece: number
  readonly error: unknown
}

export interface Hooks {
  /** Called between slices; throwing aborts all threads. @param begun fraction of the elements, 0 … 1 */
  readonly between?: (begun: number) => void
  /** Called with the number of bytes written. */
  readonly wrote?: (bytes: number) => void
}

/** Merges pieces until none is left, yielding to the event loop after each. Never throws. */
export async function carryOut(plan: MergePlan, progress: SharedProgress, { between, wrote }: Hooks = {}): Promise<Failure | undefined> {
  let piece = -1
  try {
    const pieces = piecesOf(plan)
    const total = pieces.reduce((n, p) => n + p.length, 0)
    let begun = 0
    let counted = 0
    const step = () => {
      if (progress.stopped()) throw cancelled()
      for (; counted < Math.min(progress.taken(), pieces.length); counted++) begun += pieces[counted]!.length
      between?.(begun / total)
    }
    const merge = pieceMerger(plan, step, wrote)
    while ((piece = progress.take()) < pieces.length) {
      merge(pieces[piece]!)
      await new Promise((resolve) => setImmediate(resolve))
    }
  } catch (error) {
    const given = error instanceof DashiError && error.fault === 'cancelled'
    if (given) progress.stop()
    else progress.end()
    return { piece: given ? -1 : piece, error }
  }
  return undefined
}

function pieceMerger({ method, fd, tensors }: MergePlan, step: () => void, wrote: (bytes: number) => void = () => undefined) {
  const mergeOf = sliceMerges(method)
  const n = Math.max(1, ...tensors.map((t) => t.inputs.length))
  const room = sliceElements(n)
  const arena = new Arena(SliceReader.arenaBytes(n) + room * 4)
  const reader = new SliceReader(n, arena)
  const { buffer, byteOffset } = arena.allocate(room * 4)
  const write = (bytes: Uint8Array, position: number) => {
    writeAllAt(fd, bytes, position)
    wrote(bytes.byteLength)
    step()
  }

  function copy({ tensor: { spec, offset, inputs }, start, length }: Piece) {
    const size = DTYPE_BYTES[spec.dtype]
    const bytes = new Uint8Array(length * size)
    readStored(inputs[0]!, bytes, start * size)
    write(bytes, offset + start * size)
  }

  return (piece: Piece) => {
    const {
      tensor: {
        spec: { name, dtype },
        offset,
        inputs,
      },
      start,
      length,
    } = piece
    if (!isFloat(dtype)) return copy(piece)
    const merge = mergeOf(inputs.length, name)
    for (let pass = 0; pass < merge.passes; pass++)
      for (const slices of reader.read(inputs, start, length)) {
        checkFinite(inputs, slices)
        merge.gather!(pass, slices.inputs)
        step()
      }
    for (const slices of reader.read(inputs, start, length)) {
      const out = new Float32Array(buffer, byteOffset, slices.length)
      if (!merge.spreads) checkFinite(inputs, slices)
      const finite = merge.combine(slices.inputs, out, slices.start)
      if (!finite) checkFinite(inputs, slices)
      const bytes = encode(out, dtype)
      if (!finite || (dtype !== 'F32' && firstNonFinite(bytes, dtype) >= 0))
        throw userError(sentence('merge.out-of-range', { method: method.name, tensor: name, dtype }))
      write(bytes, offset + slices.start * DTYPE_BYTES[dtype])
    }
  }
}
