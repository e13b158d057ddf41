/** Blends checkpoint folders into one, streamed: memory is a few slices, whatever the size of the tensors. */
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { CheckpointRecord, CheckpointRef, SoupRecord } from '#shared/model/checkpoint.ts'
import { mergeMethodSchema, type MergeMethod } from '#shared/model/merge.ts'
import { cancelled, userError } from '#shared/errors.ts'
import { isFloat } from '../weights/dtype.ts'
import { findRecord, writeCheckpoint } from '../weights/checkpoint.ts'
import { elements, type TensorSpec } from '../weights/header.ts'
import { openSafetensors } from '../weights/safetensors.ts'
import type { Weights } from '../weights/source.ts'
import type { PlacedTensors } from '../weights/tensors.ts'
import { carryOutTogether, type Helper } from './helper.ts'
import { openIngredients, type TensorSet } from './ingredients.ts'

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
  /** A second thread for large checkpoints. The result does not depend on it. */
  helper?: Helper
}

/**
 * Writes the merged checkpoint: its tensors, the heads that all ingredients have, and a `dashi.json` with the lineage.
 * Integer tensors are copied from the first ingredient.
 * @throws a data fault where ingredients are not variants of one model, or hold NaN; a user fault for a wrong number of them
 */
export async function mergeCheckpoints({ method, ingredients, out, dtype = 'base', metrics = {}, recordAs, onProgress, signal, helper }: MergeOptions): Promise<CheckpointRecord> {
  checkMethod(method, ingredients.length)
  const { sets, close } = openIngredients(ingredients)
  const sizes = sets.map(({ inputs }) => elementsOf(inputs[0]!))
  const total = sizes.reduce((a, b) => a + b, 0)
  const advance = (set: number) => (begun: number) => {
    if (signal?.aborted) throw cancelled()
    onProgress?.(sizes.slice(0, set).reduce((a, b) => a + b, begun) / (total || 1))
  }
  try {
    const [model, ...others] = sets.map((set, i) => ({ name: set.sidecar, tensors: mergedTensors(method, set, dtype, advance(i), helper) }))
    return await writeCheckpoint(out, {
      base: ingredients[0]!,
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

/** The merged tensors of one file. @param advance told the elements of this file that are begun; what it throws ends the work */
function mergedTensors(method: MergeMethod, { inputs }: TensorSet, dtype: 'base' | 'F32', advance: (begun: number) => void, helper?: Helper): PlacedTensors {
  const [first] = inputs
  const total = elementsOf(first!)
  const specs = first!.names().map((name): TensorSpec => {
    const { dtype: stored, shape } = first!.info(name)
    return { name, dtype: isFloat(stored) && dtype === 'F32' ? 'F32' : stored, shape }
  })
  return {
    specs,
    async fill(fd, offsets, wrote) {
      const planned = specs.map((spec) => ({ spec, offset: offsets.get(spec.name)!, inputs: inputs.map((w) => w.stored(spec.name)) }))
      const tensors = planned.sort((a, b) => a.offset - b.offset)
      await carryOutTogether({ method, fd, tensors }, { between: (begun) => advance(begun * total), wrote }, helper)
      advance(total)
    },
  }
}

const elementsOf = (weights: Weights) => weights.names().reduce((n, name) => n + elements(weights.info(name).shape), 0)

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
