/** Merges checkpoint folders. Tensors are streamed: memory use is a few slices, whatever their size. */
import { isDeepStrictEqual } from 'node:util'
import type { CheckpointRecord, CheckpointRef, SoupDtype, SoupRecord } from '#shared/model/checkpoint.ts'
import type { MergeDtype, MergeMethod } from '#shared/model/merge.ts'
import { cancelled } from '#shared/errors.ts'
import { isFloat } from '../weights/dtype.ts'
import { commonDtype, findRecord, writeCheckpoint } from '../weights/checkpoint.ts'
import { elements, type TensorSpec } from '../weights/header.ts'
import type { Weights } from '../weights/source.ts'
import type { PlacedTensors } from '../weights/written.ts'
import { agree } from './agreement.ts'
import { carryOutTogether, type Helper } from './together.ts'
import { isBuffer, openIngredients, type TensorSet } from './ingredients.ts'
import { checkMethod } from './methods.ts'

export interface MergeOptions {
  method: MergeMethod
  /**
   * Checkpoint folders. The first supplies config, tokenizer and dtypes; for a method relative to a base, it is the
   * base.
   */
  ingredients: readonly string[]
  /** The folder to write or replace. */
  out: string
  /**
   * The dtype of floating-point tensors in the result; by default that of the ingredients (the widest of several).
   * Sums use wider types.
   */
  dtype?: MergeDtype
  /** Merges even if tokenizers, preprocessing or templates differ; `dashi.json` then lists the differences. */
  insist?: boolean
  metrics?: Readonly<Record<string, number>>
  /** Recorded in `dashi.json` as the soup's origin instead of `method` and `ingredients`. */
  recordAs?: SoupRecord
  /** The run whose soup it is until it is entered. */
  run?: string
  /** @param done fraction of the work, 0 … 1 */
  onProgress?: (done: number) => void
  signal?: AbortSignal
  /** A second thread for large checkpoints. The result does not depend on it. */
  helper?: Helper
}

/**
 * Writes the merged checkpoint: tensors, the heads that all ingredients have, and a `dashi.json` with the lineage.
 * Integer tensors are copied from the first ingredient.
 * @throws a data fault if the ingredients are not variants of one model or contain NaN; a user fault for a wrong
 * number of ingredients
 */
export async function mergeCheckpoints({
  method,
  ingredients,
  out,
  dtype = 'keep',
  insist = false,
  metrics = {},
  recordAs,
  run,
  onProgress,
  signal,
  helper,
}: MergeOptions): Promise<CheckpointRecord> {
  checkMethod(method, ingredients.length)
  const { sets, close } = openIngredients(ingredients)
  const sizes = sets.map(({ inputs }) => elementsOf(inputs[0]!))
  const total = sizes.reduce((a, b) => a + b, 0)
  const advance = (set: number) => (begun: number) => {
    if (signal?.aborted) throw cancelled()
    onProgress?.(sizes.slice(0, set).reduce((a, b) => a + b, begun) / (total || 1))
  }
  try {
    const insisted = await agree(ingredients, insist)
    const [model, ...others] = sets.map((set, i) => ({
      ...{ name: set.sidecar, metadata: set.metadata },
      tensors: mergedTensors(method, set, writtenAs(set, dtype), advance(i), helper),
    }))
    const types = floatTypes(sets[0]!)
    const made = recordAs ?? { method, ingredients: ingredients.map(reference) }
    return await writeCheckpoint(out, {
      base: ingredients[0]!,
      partners: findRecord(ingredients[0]!)?.partners,
      weights: model!.tensors,
      tensors: Object.fromEntries(others.map((o) => [o.name!, { ...o.tensors, metadata: o.metadata }])),
      record: {
        ...lineage(ingredients),
        merge: {
          ...made,
          dtype: writtenAs(sets[0]!, dtype),
          ...(types.length > 1 && { mixed: types }),
          ...(insisted.length && { insisted }),
        },
        metrics: { ...metrics },
        ...(run !== undefined && { run }),
      },
    })
  } finally {
    close()
  }
}

const DTYPES = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const

const floatTypes = ({ inputs }: TensorSet) =>
  [...new Set(inputs.flatMap((w) => w.names().map((name) => w.info(name).dtype)))].filter(isFloat).sort()

/** The dtype of a soup's tensor file. F64 becomes F32, since sums are rounded to float32. */
function writtenAs(set: TensorSet, dtype: MergeDtype): SoupDtype {
  if (dtype !== 'keep') return DTYPES[dtype]
  const common = commonDtype(floatTypes(set))
  return common === 'F16' || common === 'BF16' ? common : 'F32'
}

/**
 * The merged tensors of one file. @param advance receives the number of elements of this file begun so far; throwing
 * aborts the merge
 */
function mergedTensors(
  method: MergeMethod,
  { inputs }: TensorSet,
  type: SoupDtype,
  advance: (begun: number) => void,
  helper?: Helper,
): PlacedTensors {
  const [first] = inputs
  const total = elementsOf(first!)
  const buffer = (name: string) => isBuffer(name, first!.info(name).dtype)
  const specs = first!.names().map((name): TensorSpec => {
    const { dtype } = first!.info(name)
    const shapes = buffer(name) ? [first!.info(name).shape] : inputs.map((w) => w.info(name).shape)
    return { name, dtype: isFloat(dtype) ? type : dtype, shape: shapes.reduce((a, b) => (b.length < a.length ? b : a)) }
  })
  return {
    specs,
    async fill(fd, offsets, wrote) {
      const planned = specs.map((spec) => ({
        spec,
        offset: offsets.get(spec.name)!,
        inputs: inputs.map((w) => (buffer(spec.name) ? first! : w).stored(spec.name)),
      }))
      const tensors = planned.sort((a, b) => a.offset - b.offset)
      await carryOutTogether({ method, fd, tensors }, { between: (begun) => advance(begun * total), wrote }, helper)
      advance(total)
    },
  }
}

const elementsOf = (weights: Weights) => weights.names().reduce((n, name) => n + elements(weights.info(name).shape), 0)

/** How `dashi.json` refers to another checkpoint. */
export const reference = (dir: string): CheckpointRef => ({ path: dir, fingerprint: findRecord(dir)?.fingerprint })

/** The soup's record keeps the fields on which all ingredients' records agree and drops the others (seed, recipe). */
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
    seeing: records.find((r) => r?.seeing)?.seeing,
    device: agreed((r) => r.device) ?? null,
    // Templates differ only if the user insisted; then those of the first ingredient are used, as for its files.
    templates: records.find((r) => r?.templates.length)?.templates ?? [],
    classes: agreed((r) => r.classes) ?? [],
  }
}
