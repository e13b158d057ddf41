/** Where the tensors of a file that is being written come from. */
import { decode, isFloat, type FloatDtype } from './dtype.ts'
import { byteLength, formatShape, type TensorSpec } from './header.ts'
import type { Weights } from './source.ts'

/** A Float32Array is converted to the tensor's dtype. */
export type Chunk = Uint8Array | Float32Array
/** All of a tensor, or its parts in order. A part must stay as it is until the part after the next one is asked for. */
export type Produced = Chunk | Iterable<Chunk> | AsyncIterable<Chunk>

/** Tensors to be written: what they are, and their values when each one's turn comes. */
export interface TensorsToWrite {
  readonly specs: readonly TensorSpec[]
  produce(spec: TensorSpec): Produced
}

/** Tensors to be written by position, in any order: by several threads, say. */
export interface PlacedTensors {
  readonly specs: readonly TensorSpec[]
  /**
   * Writes every byte of every tensor. When it settles, nothing uses the descriptor any more.
   * @param offsets each tensor's first byte in the file
   * @param wrote to be told of bytes that were written, so that the device can be asked to take them
   */
  fill(fd: number, offsets: ReadonlyMap<string, number>, wrote: (bytes: number) => void): Promise<void>
}

/** Tensors held in memory, all written in one dtype. Data are row-major. */
export const fromMemory = (
  tensors: ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>,
  dtype: FloatDtype = 'F32',
): TensorsToWrite => ({
  specs: [...tensors].map(([name, { shape }]) => ({ name, dtype, shape })),
  produce: ({ name }) => tensors.get(name)!.data,
})

/** A checkpoint's tensors as they are stored. */
export const storedTensors = (weights: Weights): TensorsToWrite => ({
  specs: weights.names().map((name) => weights.info(name)),
  produce: ({ name }) => storedParts(weights, name),
})

/**
 * A base's tensors, those that were trained in place of its own. All floating ones become F32, whatever the base was stored in:
 * the checkpoint then computes what was measured, and nobody who opens it takes the base's type for that of the whole.
 */
export function fromWeights(base: Weights, trained: ReadonlyMap<string, Float32Array>): TensorsToWrite {
  for (const [name, data] of trained) {
    const { shape } = base.info(name)
    if (byteLength({ name, dtype: 'F32', shape }) !== data.byteLength)
      throw new Error(`${name}: ${data.length} values for shape ${formatShape(shape)}`)
  }
  return {
    specs: base.names().map((name) => {
      const { dtype, shape } = base.info(name)
      return { name, dtype: isFloat(dtype) ? 'F32' : dtype, shape }
    }),
    produce: ({ name }) => trained.get(name) ?? widenedParts(base, name),
  }
}

const PART_BYTES = 4 << 20

/** A tensor's bytes in parts; each is its own memory, so that it can wait to be written. */
function* storedParts(weights: Weights, name: string): Generator<Uint8Array> {
  const { length } = weights.info(name)
  for (let from = 0; from < length; from += PART_BYTES) {
    const part = new Uint8Array(Math.min(PART_BYTES, length - from))
    weights.readInto(name, part, from)
    yield part
  }
}

/** The same parts, floating ones as float32. */
function* widenedParts(weights: Weights, name: string): Generator<Chunk> {
  const { dtype } = weights.info(name)
  for (const part of storedParts(weights, name)) yield isFloat(dtype) ? decode(part, dtype) : part
}
