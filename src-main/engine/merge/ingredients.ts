/** The checkpoints that go into a soup, opened and proven to be variants of one model. */
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { isFloat } from '../weights/dtype.ts'
import { formatShape } from '../weights/header.ts'
import { CONFIG_FILE } from '../weights/checkpoint.ts'
import { sidecars } from '../weights/fingerprint.ts'
import { HEAD_FILE, headClasses } from '../weights/head.ts'
import { readJson } from '../weights/json.ts'
import { openSafetensors } from '../weights/safetensors.ts'
import { openWeights, openWeightsFile, type Weights } from '../weights/source.ts'

/** What `config.json` says about how it was saved, not about the model. */
const INCIDENTAL = new Set(['_name_or_path', '_commit_hash', 'transformers_version', 'torch_dtype', 'dtype'])

/** One tensor file of the soup (`undefined`: the model itself), and the same file of each ingredient, in order. */
export interface TensorSet {
  readonly sidecar: string | undefined
  readonly inputs: readonly Weights[]
}

/**
 * Opens the tensors of all `dirs`, after checking that they have the same config, tensor files, names and shapes, and that
 * their heads have the same classes. The first that differs from `dirs[0]` is a data fault naming its file and field.
 */
export function openIngredients(dirs: readonly string[]): { sets: TensorSet[]; close: () => void } {
  const opened: Weights[] = []
  const close = () => opened.forEach((w) => w.close())
  const all = (open: (dir: string) => Weights) => dirs.map((dir) => {
    const weights = open(dir)
    opened.push(weights)
    return weights
  })
  try {
    checkConfigs(dirs)
    const files = checkSidecars(dirs)
    if (files.includes(HEAD_FILE)) checkClasses(dirs)
    const sets = [
      { sidecar: undefined, inputs: all(openWeights) },
      ...files.map((sidecar) => ({ sidecar, inputs: all((dir) => openWeightsFile(path.join(dir, sidecar))) })),
    ]
    for (const { inputs } of sets) for (const other of inputs.slice(1)) checkTensors(inputs[0]!, other)
    return { sets, close }
  } catch (e) {
    close()
    throw e
  }
}

function checkConfigs(dirs: readonly string[]) {
  const read = (dir: string) => readJson(path.join(dir, CONFIG_FILE), z.record(z.string(), z.unknown()))
  const first = read(dirs[0]!)
  for (const dir of dirs.slice(1)) {
    const found = difference(first, read(dir), '')
    if (found) throw dataError(path.join(dir, CONFIG_FILE), `${found}, as in ${dirs[0]}; the ingredients of a soup are variants of one model`)
  }
}

/** `FIELD: expected A, found B` for the first field in which two JSON values differ. */
function difference(a: unknown, b: unknown, at: string): string | undefined {
  if (a === b) return undefined
  if (typeof a === 'object' && typeof b === 'object' && a && b && Array.isArray(a) === Array.isArray(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (INCIDENTAL.has(key)) continue
      const found = difference(a[key as never], b[key as never], at ? `${at}.${key}` : key)
      if (found) return found
    }
    return undefined
  }
  const show = (x: unknown) => (x === undefined ? 'nothing' : JSON.stringify(x).slice(0, 60))
  return `${at || 'document'}: expected ${show(a)}, found ${show(b)}`
}

/** A soup that silently lost a head would be measured as something else, so either all have a file or none has. */
function checkSidecars(dirs: readonly string[]): string[] {
  const lists = dirs.map(sidecars)
  for (const name of new Set(lists.flat())) {
    const without = lists.findIndex((list) => !list.includes(name))
    const having = lists.findIndex((list) => list.includes(name))
    if (without >= 0) throw dataError(path.join(dirs[without]!, name), `not found, but ${dirs[having]} has one: all ingredients need it, or none`)
  }
  return lists[0]!
}

function checkClasses(dirs: readonly string[]) {
  const read = (dir: string) => {
    const open = openSafetensors(path.join(dir, HEAD_FILE))
    open.close()
    return headClasses(open.file, open.metadata)
  }
  const first = read(dirs[0]!)
  for (const dir of dirs.slice(1)) {
    const classes = read(dir)
    const n = Math.max(first.length, classes.length)
    for (let i = 0; i < n; i++)
      if (classes[i] !== first[i])
        throw dataError(path.join(dir, HEAD_FILE), `__metadata__.classes[${i}]: expected ${JSON.stringify(first[i]) ?? 'no more'}, found ${JSON.stringify(classes[i]) ?? 'no more'}, as in ${dirs[0]}`)
  }
}

/** Names, shapes, and that both are floating or both are not; the float type may differ. */
function checkTensors(first: Weights, other: Weights) {
  for (const name of first.names()) {
    const a = first.info(name)
    const b = other.info(name)
    if (a.shape.length !== b.shape.length || a.shape.some((d, i) => d !== b.shape[i]))
      throw dataError(other.fileOf(name), `tensor ${name}: expected shape ${formatShape(a.shape)}, found ${formatShape(b.shape)}`)
    if (isFloat(a.dtype) !== isFloat(b.dtype)) throw dataError(other.fileOf(name), `tensor ${name}: expected dtype ${a.dtype}, found ${b.dtype}`)
  }
  for (const name of other.names())
    if (!first.has(name)) throw dataError(other.fileOf(name), `tensor ${name}: not in ${first.source}`)
}
