/** What a writer of a tensor file is given. */
import type { TensorSpec } from './header.ts'

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
