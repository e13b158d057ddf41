/**
 * Sources of the tensors for a file being written: memory, a checkpoint, or a checkpoint with some tensors replaced.
 */
import { decode, isFloat, type FloatDtype } from './dtype.ts'
import { byteLength, formatShape } from './header.ts'
import type { Weights } from './source.ts'
import type { Chunk, TensorsToWrite } from './written.ts'

/** In-memory tensors, all written in one dtype. Data are row-major. */
export const fromMemory = (
  tensors: ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>,
  dtype: FloatDtype = 'F32',
): TensorsToWrite => ({
  specs: [...tensors].map(([name, { shape }]) => ({ name, dtype, shape })),
  produce: ({ name }) => tensors.get(name)!.data,
})

/** A checkpoint's tensors as stored. */
export const storedTensors = (weights: Weights): TensorsToWrite => ({
  specs: weights.names().map((name) => weights.info(name)),
  produce: ({ name }) => storedParts(weights, name),
})

/**
 * A base's tensors with the trained ones replaced. All floating-point tensors become F32, whatever the base's dtype,
 * so that the checkpoint computes exactly what was evaluated.
 */
export function fromWeights(
  base: Weights,
  trained: ReadonlyMap<string, Float32Array>,
  added: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }> = new Map(),
): TensorsToWrite {
  for (const [name, data] of trained) {
    const { shape } = base.info(name)
    if (byteLength({ name, dtype: 'F32', shape }) !== data.byteLength)
      throw new Error(`${name}: ${data.length} values for shape ${formatShape(shape)}`)
  }
  return {
    specs: [
      ...base.names().map((name) => {
        const { dtype, shape } = base.info(name)
        return { name, dtype: isFloat(dtype) ? ('F32' as const) : dtype, shape }
      }),
      ...[...added].map(([name, { shape }]) => ({ name, dtype: 'F32' as const, shape })),
    ],
    produce: ({ name }) => trained.get(name) ?? added.get(name)?.data ?? widenedParts(base, name),
  }
}

const PART_BYTES = 4 << 20

/** A tensor's bytes in chunks. Each chunk is a copy, so that it can be queued for writing. */
function* storedParts(weights: Weights, name: string): Generator<Uint8Array> {
  const { length } = weights.info(name)
  for (let from = 0; from < length; from += PART_BYTES) {
    const part = new Uint8Array(Math.min(PART_BYTES, length - from))
    weights.readInto(name, part, from)
    yield part
  }
}

/** The same chunks, with floating-point ones as float32. */
function* widenedParts(weights: Weights, name: string): Generator<Chunk> {
  const { dtype } = weights.info(name)
  for (const part of storedParts(weights, name)) yield isFloat(dtype) ? decode(part, dtype) : part
}
