/** Opens the checkpoints of a soup and checks that they are variants of one model. */
import fs from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { type Dtype, isFloat } from '../weights/dtype.ts'
import { elements, formatShape } from '../weights/header.ts'
import { CONFIG_FILE, findRecord } from '../weights/checkpoint.ts'
import { sidecars } from '../weights/fingerprint.ts'
import { HEAD_FILE, headClasses, WORDS_FILE } from '../weights/head.ts'
import { openSafetensors } from '../weights/safetensors.ts'
import { openWeights, openWeightsFile, type Weights } from '../weights/source.ts'
import { agree } from './agreement.ts'
import { configDifference, effectiveConfig } from './config.ts'
import { zerosLike } from './zeros.ts'

/**
 * One tensor file of the soup (`undefined`: the model's weights) and the corresponding file of each ingredient, in
 * order.
 */
export interface TensorSet {
  readonly sidecar: string | undefined
  /** Metadata of the sidecar; the heads' classes have been checked to be equal. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly inputs: readonly Weights[]
}

/**
 * Opens the tensors of all `dirs` after checking that they have the same config, tensor files, names and shapes, and
 * heads with the same classes.
 * @throws a data fault naming the file and field of the first difference from `dirs[0]`
 */
export function openIngredients(dirs: readonly string[]): { sets: TensorSet[]; close: () => void } {
  const opened: Weights[] = []
  const zeros: { remove(): void }[] = []
  const close = () => {
    opened.forEach((w) => w.close())
    zeros.forEach((z) => z.remove())
  }
  const all = (open: (dir: string) => Weights) =>
    dirs.map((dir) => {
      const weights = open(dir)
      opened.push(weights)
      return weights
    })
  try {
    checkConfigs(dirs)
    const files = checkSidecars(dirs)
    const having = (file: string) => dirs.filter((dir) => fs.existsSync(path.join(dir, file)))
    for (const file of [HEAD_FILE, WORDS_FILE]) if (files.includes(file)) checkClasses(having(file), file)
    const sets: TensorSet[] = [
      { sidecar: undefined, inputs: all(openWeights) },
      ...files.map((sidecar) => {
        const like = path.join(having(sidecar)[0]!, sidecar)
        const place = (dir: string) => {
          const file = path.join(dir, sidecar)
          if (sidecar !== WORDS_FILE || fs.existsSync(file)) return file
          const made = zerosLike(like)
          zeros.push(made)
          return made.file
        }
        return { sidecar, metadata: metadataOf(like), inputs: all((dir) => openWeightsFile(place(dir))) }
      }),
    ]
    for (const { inputs } of sets) for (const other of inputs.slice(1)) checkTensors(inputs[0]!, other)
    return { sets, close }
  } catch (e) {
    close()
    throw e
  }
}

/** Runs the checks of {@link openIngredients} and {@link agree} before any work is done. */
export async function checkIngredients(dirs: readonly string[], insist: boolean): Promise<void> {
  openIngredients(dirs).close()
  await agree(dirs, insist)
}

function checkConfigs(dirs: readonly string[]) {
  const read = (dir: string) => effectiveConfig(path.join(dir, CONFIG_FILE))
  const first = read(dirs[0]!)
  for (const dir of dirs.slice(1)) {
    const found = configDifference(first, read(dir))
    if (found) throw dataError(path.join(dir, CONFIG_FILE), sentence('merge.other-model', { difference: found, first: dirs[0]! }))
  }
}

/** The tensor files that belong to the model, not a copy in another format or an optimiser's state. */
const parts = (dir: string): string[] =>
  sidecars(dir).filter((name) => name === HEAD_FILE || name === 'prompt.safetensors' || findRecord(dir))

function metadataOf(file: string) {
  const open = openSafetensors(file)
  open.close()
  return open.metadata
}

/**
 * Requires that a file exists in all ingredients or in none: a soup that silently lost its head would be evaluated as
 * a different model. Words of labels are added to what the partner says, so a model without them has zeros.
 */
function checkSidecars(dirs: readonly string[]): string[] {
  const lists = dirs.map(parts)
  const files = new Set(lists.flat())
  for (const name of files) {
    if (name === WORDS_FILE) continue
    const without = lists.findIndex((list) => !list.includes(name))
    const having = lists.findIndex((list) => list.includes(name))
    if (without >= 0) throw dataError(path.join(dirs[without]!, name), sentence('merge.file-missing', { other: dirs[having]! }))
  }
  return [...files]
}

function checkClasses(dirs: readonly string[], file: string) {
  const read = (dir: string) => headClasses(path.join(dir, file), metadataOf(path.join(dir, file)))
  const first = read(dirs[0]!)
  for (const dir of dirs.slice(1)) {
    const classes = read(dir)
    const i = Array.from({ length: Math.max(first.length, classes.length) }).findIndex((_, k) => classes[k] !== first[k])
    if (i < 0) continue
    const turned = classes.length === first.length && isDeepStrictEqual([...classes].sort(), [...first].sort())
    const [expected, found] = [first[i], classes[i]].map((name) => JSON.stringify(name) ?? sentence('model.no-more'))
    throw dataError(
      path.join(dir, file),
      sentence(turned ? 'merge.classes-order' : 'merge.classes', { i, expected: expected!, found: found!, first: dirs[0]! }),
    )
  }
}

/**
 * Non-weight data that a module stores with its weights, such as the positions 0, 1, 2 …; copied from the first
 * ingredient.
 */
export const isBuffer = (name: string, dtype: Dtype) => !isFloat(dtype) || /(^|\.)position_ids$/.test(name)

/**
 * Quantised weights are meaningless without their scales: they can be neither averaged nor copied from one
 * ingredient.
 */
const PACKED: ReadonlySet<Dtype> = new Set(['I8', 'U8', 'F8_E4M3', 'F8_E5M2', 'F8_E8M0'])

/** Checks that names and shapes are equal. Float types may differ, and buffers may be missing. */
function checkTensors(first: Weights, other: Weights) {
  for (const name of first.names()) {
    const a = first.info(name)
    if (!other.has(name) && isBuffer(name, a.dtype) && !PACKED.has(a.dtype)) continue
    const b = other.info(name)
    if (isBuffer(name, a.dtype) && isBuffer(name, b.dtype)) {
      if (PACKED.has(a.dtype) && !Buffer.from(first.bytes(name)).equals(other.bytes(name)))
        throw dataError(other.fileOf(name), sentence('merge.quantised', { tensor: name, found: b.dtype }))
      continue
    }
    if (!sameShape(a.shape, b.shape))
      throw dataError(
        other.fileOf(name),
        sentence('model.tensor-shape', { tensor: name, expected: formatShape(a.shape), found: formatShape(b.shape) }),
      )
    if (isFloat(a.dtype) !== isFloat(b.dtype))
      throw dataError(other.fileOf(name), sentence('merge.tensor-type', { tensor: name, expected: a.dtype, found: b.dtype }))
  }
  for (const name of other.names())
    if (!first.has(name) && !isBuffer(name, other.info(name).dtype))
      throw dataError(other.fileOf(name), sentence('merge.tensor-extra', { tensor: name, first: first.source }))
}

/** A scalar may be stored with shape [], [1] or [1, 1]. */
const sameShape = (a: readonly number[], b: readonly number[]) => isDeepStrictEqual(a, b) || (elements(a) === 1 && elements(b) === 1)
