/** Input types of the tensor file writers. */
import type { TensorSpec } from './header.ts'

/** A Float32Array is converted to the tensor's dtype. */
export type Chunk = Uint8Array | Float32Array
/** A whole tensor, or its chunks in order. A chunk must stay unchanged until the chunk after the next is requested. */
export type Produced = Chunk | Iterable<Chunk> | AsyncIterable<Chunk>

/** Tensors to write: their specs, and a function that produces each one's values in turn. */
export interface TensorsToWrite {
  readonly specs: readonly TensorSpec[]
  produce(spec: TensorSpec): Produced
}

/** Tensors written at given offsets in any order, e.g. by several threads. */
export interface PlacedTensors {
  readonly specs: readonly TensorSpec[]
  /**
   * Writes every byte of every tensor. Once it settles, the descriptor is no longer in use.
   * @param offsets byte offset of each tensor in the file
   * @param wrote called with the number of bytes written, for flushing
   */
  fill(fd: number, offsets: ReadonlyMap<string, number>, wrote: (bytes: number) => void): Promise<void>
}
