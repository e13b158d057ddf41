/** Blends checkpoint folders into one, streamed: memory is a few slices, whatever the size of the tensors. */
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { CheckpointRecord, CheckpointRef, SoupRecord } from '#shared/model/checkpoint.ts'
import { mergeMethodSchema, type MergeMethod } from '#shared/model/merge.ts'
import { cancelled, userError } from '#shared/errors.ts'
import { encode, firstNonFinite, isFloat, type FloatDtype } from '../weights/dtype.ts'
import { findRecord, writeCheckpoint } from '../weights/checkpoint.ts'
import { elements, type TensorSpec } from '../weights/header.ts'
import { openSafetensors } from '../weights/safetensors.ts'
import { storedTensors, type TensorSource } from '../weights/tensors.ts'
import { dareSlices, seededKeep } from './dare.ts'
import { openIngredients, type TensorSet } from './ingredients.ts'
import { linearSlices, taskWeights, uniformWeights } from './linear.ts'
import { slerpSlices } from './slerp.ts'
import type { SliceMerge } from './slices.ts'
import { SliceReader, checkFinite, sliceElements } from './stream.ts'
import { tiesSlices } from './ties.ts'
import { Arena } from './weighted-sum.ts'

/** Methods relative to a base: the first ingredient is that base. */
export const RELATIVE: ReadonlySet<MergeMethod['name']> = new Set(['wise-ft', 'slerp', 'task-arithmetic', 'ties', 'dare'])

export interface MergeOptions {
  method: MergeMethod
  /** Checkpoint folders. The first gives config, tokenizer and dtypes; for a method relative to a base it is the base. */
  ingredients: readonly string[]
  /** The folder to write or replace. */
  out: string
  /** Floating tensors are written as the first ingredient has them, or all as F32. */
  dtype?: 'base' | 'F32'
  metrics?: Readonly<Record<string, number>>
  /** Said in `dashi.json` to be the soup's making, instead of `method` and `ingredients`. */
  recordAs?: SoupRecord
  /** Called now and then. @param done share of the work: 0 … 1 */
  onProgress?: (done: number) => void
  signal?: AbortSignal
}

/**
 * Writes the merged checkpoint: its tensors, the heads that all ingredients have, and a `dashi.json` with the lineage.
 * Integer tensors are copied from the first ingredient.
 * @throws a data fault where ingredients are not variants of one model, or hold NaN; a user fault for a wrong number of them
 */
export async function mergeCheckpoints({ method, ingredients, out, dtype = 'base', metrics = {}, recordAs, onProgress, signal }: MergeOptions): Promise<CheckpointRecord> {
  checkMethod(method, ingredients.length)
  const { sets, close } = openIngredients(ingredients)
  let done = 0
  const total = sets.reduce((n, { inputs }) => n + inputs[0]!.names().reduce((m, name) => m + elements(inputs[0]!.info(name).shape), 0), 0)
  const advance = (n: number) => {
    if (signal?.aborted) throw cancelled()
    onProgress?.((done += n) / total)
  }
  try {
    const [model, ...others] = sets.map((set) => ({ name: set.sidecar, tensors: mergedTensors(method, set, dtype, advance) }))
    return await writeCheckpoint(out, {
      base: ingredients[0]!,
      sign: false, // a soup is known by its ingredients; `fingerprint` can be asked for later
      weights: model!.tensors,
      tensors: Object.fromEntries(others.map((o) => [o.name!, { ...o.tensors, metadata: metadataOf(ingredients[0]!, o.name!) }])),
      record: { ...lineage(ingredients), merge: recordAs ?? { method, ingredients: ingredients.map(reference) }, metrics: { ...metrics } },
    })
  } finally {
    close()
  }
}

function checkMethod(method: MergeMethod, n: number) {
  mergeMethodSchema.parse(method)
  if (n < 1) throw userError('merge: expected at least one checkpoint')
  if ((method.name === 'wise-ft' || method.name === 'slerp') && n !== 2)
    throw userError(`merge: ${method.name} blends a base and one other checkpoint, found ${n}`)
  if (RELATIVE.has(method.name) && n < 2) throw userError(`merge: ${method.name} needs a base and at least one other checkpoint`)
  if (method.name === 'linear' && method.weights.length !== n) throw userError(`merge: linear has ${method.weights.length} weights for ${n} checkpoints`)
}

/** A method for one tensor of `n` ingredients. A new one each time: it collects what it learns of the tensor. */
function sliceMerge(method: MergeMethod, n: number, tensor: string): SliceMerge {
  switch (method.name) {
    case 'uniform':
      return linearSlices(uniformWeights(n))
    case 'linear':
      return linearSlices(method.weights)
    case 'wise-ft':
      return linearSlices([1 - method.alpha, method.alpha])
    case 'task-arithmetic':
      return linearSlices(taskWeights(n - 1, method.lambda))
    case 'slerp':
      return slerpSlices(method.t)
    case 'ties':
      return tiesSlices(n - 1, method)
    case 'dare':
      return dareSlices(method, seededKeep(method.density, method.seed, tensor))
  }
}

/** Elements of the result that are written at once. */
const PART = 1 << 18

/** The merged tensors of one file. */
function mergedTensors(method: MergeMethod, { inputs }: TensorSet, dtype: 'base' | 'F32', advance: (n: number) => void): TensorSource {
  const stored = storedTensors(inputs[0]!)
  const partBytes = (PART + sliceElements(inputs.length)) * 4
  const arena = new Arena(SliceReader.arenaBytes(inputs.length) + 2 * partBytes)
  const reader = new SliceReader(inputs, arena)
  // The writer still has the last part in hand while the next one is made.
  const banks = [arena.allocate(partBytes), arena.allocate(partBytes)]
  let turn = 0
  const nextPart = () => {
    const { buffer, byteOffset, byteLength } = banks[turn++ % 2]!
    return new Float32Array(buffer, byteOffset, byteLength / 4)
  }

  function* merged(spec: TensorSpec & { dtype: FloatDtype }): Generator<Uint8Array> {
    const merge = sliceMerge(method, inputs.length, spec.name)
    for (let pass = 0; pass < merge.passes; pass++)
      for (const slices of reader.read(spec.name)) {
        checkFinite(inputs, slices)
        merge.gather!(pass, slices.inputs)
        advance(0)
      }
    let part = nextPart()
    let filled = 0
    for (const slices of reader.read(spec.name)) {
      const out = part.subarray(filled, (filled += slices.length))
      if (!merge.spreads) checkFinite(inputs, slices)
      if (!merge.combine(slices.inputs, out, slices.start)) {
        checkFinite(inputs, slices)
        throw outOfRange(spec)
      }
      advance(slices.length)
      if (filled < PART) continue
      yield encoded(part.subarray(0, filled), spec)
      part = nextPart()
      filled = 0
    }
    if (filled) yield encoded(part.subarray(0, filled), spec)
  }
  const encoded = (part: Float32Array, spec: TensorSpec & { dtype: FloatDtype }) => {
    const bytes = encode(part, spec.dtype)
    if (spec.dtype !== 'F32' && firstNonFinite(bytes, spec.dtype) >= 0) throw outOfRange(spec)
    return bytes
  }
  const outOfRange = ({ name, dtype }: TensorSpec) => userError(`merge: ${method.name}: tensor ${name} leaves the range of ${dtype}`)
  return {
    specs: stored.specs.map((s) => (isFloat(s.dtype) && dtype === 'F32' ? { name: s.name, dtype: 'F32', shape: s.shape } : s)),
    produce: (spec) => (isFloat(spec.dtype) ? merged({ ...spec, dtype: spec.dtype }) : stored.produce(spec)),
  }
}

/** Of a sidecar of the first ingredient, which stand for all: a head's classes were found to be equal. */
function metadataOf(dir: string, sidecar: string) {
  const open = openSafetensors(path.join(dir, sidecar))
  open.close()
  return open.metadata
}

/** How `dashi.json` refers to another checkpoint. */
export const reference = (dir: string): CheckpointRef => ({ path: dir, fingerprint: findRecord(dir)?.fingerprint })

/** What all ingredients agree on is true of the soup; of what they differ in (seed, recipe), nothing is said. */
function lineage(dirs: readonly string[]): Omit<CheckpointRecord, 'format' | 'dashi' | 'created' | 'fingerprint' | 'merge' | 'metrics'> {
  const records = dirs.map(findRecord)
  const agreed = <T>(get: (r: CheckpointRecord) => T) => {
    const values = records.flatMap((r) => (r ? [get(r)] : []))
    return values.length && values.every((v) => isDeepStrictEqual(v, values[0])) ? values[0]! : undefined
  }
  return {
    base: agreed((r) => r.base) ?? null,
    recipe: agreed((r) => r.recipe) ?? null,
    seed: agreed((r) => r.seed) ?? null,
    dataHash: agreed((r) => r.dataHash) ?? null,
    device: agreed((r) => r.device) ?? null,
    templates: agreed((r) => r.templates) ?? [],
    classes: agreed((r) => r.classes) ?? [],
  }
}
