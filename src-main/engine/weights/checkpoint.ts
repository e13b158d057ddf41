/** Checkpoint folders: what `transformers` reads (config, weights, tokenizer, preprocessor), and beside it `dashi.json`. */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { checkpointRecordSchema, type CheckpointRecord } from '#shared/model/checkpoint.ts'
import type { WrittenFiles } from '#shared/model/owned.ts'
import { dataError, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import pkg from '../../../package.json' with { type: 'json' }
import { firstNotOurs, writtenIn, type Proof } from '../../files/owned.ts'
import { refuseReplacing, replaceFolder, restoreFolder } from '../../files/replace.ts'
import { isFloat, type Dtype, type FloatDtype } from './dtype.ts'
import { Fingerprint, fingerprint } from './fingerprint.ts'
import { HEAD_FILE, headMetadata, headTensors, type Head } from './head.ts'
import { readJson, writeJson } from './json.ts'
import { refuseLinksOut } from './regular.ts'
import { writeSafetensors } from './safetensors.ts'
import { RECORD_FILE, WEIGHTS_FILE } from './source.ts'
import type { PlacedTensors, TensorsToWrite } from './written.ts'

export { RECORD_FILE }
export const CONFIG_FILE = 'config.json'

/** What else makes a model, taken from its base as it is: tokenizer and preprocessing. */
export const COMPANIONS = [
  CONFIG_FILE,
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'spiece.model',
  'preprocessor_config.json',
  'processor_config.json',
]

export type TensorFile = (TensorsToWrite | PlacedTensors) & { readonly metadata?: Readonly<Record<string, string>> }

export interface CheckpointContent {
  /** Companion files are copied from this checkpoint. */
  base?: string
  /** Written as `config.json` instead of the base's. */
  config?: unknown
  /** More files, by name, which may lie in a folder of their own (`adapter/adapter_config.json`); they win over the base's. */
  files?: Readonly<Record<string, string | Uint8Array>>
  weights: TensorsToWrite | PlacedTensors
  head?: Head
  /** More tensor files beside the model's, by name (`prompt.safetensors`). Those in a folder of their own are no part of the model. */
  tensors?: Readonly<Record<string, TensorFile>>
  record: Omit<CheckpointRecord, 'format' | 'dashi' | 'created' | 'fingerprint' | 'files'>
}

/**
 * Writes the checkpoint folder `dir` as a whole: it is the old one or the new one at any moment, and after any failure.
 * A folder that is there must be a checkpoint as we wrote it, and hold nothing else, or be empty.
 * @returns the record as written
 */
export async function writeCheckpoint(dir: string, content: CheckpointContent): Promise<CheckpointRecord> {
  let record: CheckpointRecord | undefined
  const fill = async (beside: string) => {
    const at = (name: string) => path.join(beside, name)
    if (content.base) {
      copyCompanions(content.base, beside)
      const dtype = commonDtype(content.weights.specs.map((spec) => spec.dtype))
      if (dtype) declareDtype(at(CONFIG_FILE), dtype)
    }
    if (content.config !== undefined) await writeJson(at(CONFIG_FILE), content.config)
    for (const name of [...Object.keys(content.files ?? {}), ...Object.keys(content.tensors ?? {})])
      fs.mkdirSync(path.dirname(at(name)), { recursive: true })
    for (const [name, data] of Object.entries(content.files ?? {})) fs.writeFileSync(at(name), data)
    for (const name of Object.keys(writtenIn(beside))) if (!name.endsWith('/')) syncFile(at(name))
    const print = new Fingerprint()
    // Tensors that are written in any order cannot be hashed on their way, so such a checkpoint has no fingerprint.
    let sign = true
    const write = (name: string, { metadata, ...source }: TensorFile) => {
      if ('fill' in source) sign = false
      const unsigned = 'fill' in source || name.includes('/')
      return writeSafetensors(at(name), unsigned ? source : print.through(name, source), metadata)
    }
    await write(WEIGHTS_FILE, content.weights)
    if (content.head) await write(HEAD_FILE, { ...headTensors(content.head), metadata: headMetadata(content.head.classes) })
    for (const [name, file] of Object.entries(content.tensors ?? {})) await write(name, file)
    record = {
      ...content.record,
      format: 1,
      dashi: pkg.version,
      created: new Date().toISOString(),
      fingerprint: sign ? print.digest() : undefined,
      files: sizesIn(beside),
    }
    await writeRecord(beside, record)
  }
  await replaceFolder(dir, fill, { proof: proveCheckpoint })
  return record!
}

/** The float types by the names that PyTorch has for them. */
const TORCH_NAMES = { F64: 'float64', F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const

/** The type that every floating tensor has; of several the widest, in which none loses anything. */
export function commonDtype(dtypes: Iterable<Dtype>): FloatDtype | undefined {
  const found = [...new Set(dtypes)].filter(isFloat)
  if (found.length < 2) return found[0]
  return found.includes('F64') ? 'F64' : 'F32'
}

/**
 * Has the configuration say in which precision the weights are: `transformers` ≥ 5 loads the folder in what is said there, and
 * where nothing is said, in the type of the first tensor it meets. Done in the text: written anew by JavaScript a `1.0` becomes
 * a `1`, which `transformers` refuses.
 */
function declareDtype(configFile: string, dtype: FloatDtype): void {
  const name = TORCH_NAMES[dtype]
  const text = fs.readFileSync(configFile, 'utf8')
  const said = text.replace(/("(?:torch_)?dtype"\s*:\s*)(?:"[^"]*"|null)/g, `$1"${name}"`)
  const top = readJson(configFile, z.record(z.string(), z.unknown()))
  const silent = !('dtype' in top) && !('torch_dtype' in top)
  const comma = Object.keys(top).length ? ',' : ''
  fs.writeFileSync(configFile, silent ? said.replace('{', `{\n  "dtype": "${name}"${comma}`) : said)
}

/** Replaces the record of checkpoint `dir`: new metrics, say. */
export const writeRecord = (dir: string, record: CheckpointRecord) =>
  writeJson(path.join(dir, RECORD_FILE), checkpointRecordSchema.parse(record))

export const readRecord = (dir: string): CheckpointRecord => {
  restoreFolder(dir, RECORD_FILE)
  return readJson(path.join(dir, RECORD_FILE), checkpointRecordSchema)
}

/** The record where there is one: a folder from elsewhere has none. */
export const findRecord = (dir: string): CheckpointRecord | undefined => {
  restoreFolder(dir, RECORD_FILE)
  return fs.existsSync(path.join(dir, RECORD_FILE)) ? readRecord(dir) : undefined
}

const samePlace = (a: string, b: string) => fs.existsSync(a) && fs.existsSync(b) && fs.realpathSync(a) === fs.realpathSync(b)

export function refuseMadeFrom(dir: string, madeFrom: readonly string[]): void {
  if (madeFrom.some((other) => samePlace(dir, other))) throw userError(sentence('checkpoint.own-source', { folder: dir }))
}

/** Refuses to replace what is not wholly a checkpoint of ours, and the checkpoints that the new one is `madeFrom`. */
export async function checkReplaceable(dir: string, madeFrom: readonly string[] = []): Promise<void> {
  restoreFolder(dir, RECORD_FILE)
  refuseMadeFrom(dir, madeFrom)
  await refuseReplacing(dir, { proof: proveCheckpoint })
}

/** The files written along with a record; the record itself is written last. */
export const sizesIn = (dir: string): WrittenFiles =>
  Object.fromEntries(
    Object.entries(writtenIn(dir))
      .map(([rel, [size]]) => [rel, [size, 0] as [number, number]])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  )

/** Checks that a folder is a checkpoint exactly as Dashi wrote it. @throws a user fault naming the first foreign or changed file */
export const proveCheckpoint: Proof = async (dir, name) => {
  if (!fs.lstatSync(dir).isDirectory()) throw userError(sentence('checkpoint.is-file', { name }))
  if (!fs.existsSync(path.join(dir, RECORD_FILE))) throw userError(sentence('checkpoint.foreign', { name, record: RECORD_FILE }))
  const record = recordIn(dir)
  if (!record) throw userError(sentence('checkpoint.foreign-record', { file: path.join(name, RECORD_FILE) }))
  // Records of earlier versions list no files: such a checkpoint may hold a model's files only, with the weights that were recorded.
  const signed = !record.files && record.fingerprint !== undefined
  const files =
    record.files ??
    Object.fromEntries(
      Object.entries(writtenIn(dir)).filter(
        ([rel]) => COMPANIONS.includes(rel) || (signed && rel.endsWith('.safetensors') && !rel.includes('/')),
      ),
    )
  const other = firstNotOurs(dir, files, { ignore: [RECORD_FILE], since: fs.statSync(path.join(dir, RECORD_FILE)).mtimeMs })
  if (other)
    throw userError(
      sentence(other.how === 'added' ? 'checkpoint.added' : 'checkpoint.changed', { file: path.join(name, other.rel.replace(/\/$/, '')) }),
    )
  if (signed && (await fingerprint(dir)) !== record.fingerprint) throw userError(sentence('checkpoint.other-weights', { name }))
}

function recordIn(dir: string): CheckpointRecord | undefined {
  try {
    return readJson(path.join(dir, RECORD_FILE), checkpointRecordSchema)
  } catch {
    return undefined
  }
}

/**
 * Copies config, tokenizer and preprocessor files; links, as Hugging Face's cache has them, become files. Others would bring in what
 * lies elsewhere.
 */
export function copyCompanions(from: string, to: string): void {
  if (!fs.existsSync(path.join(from, CONFIG_FILE))) throw dataError(path.join(from, CONFIG_FILE), 'not found')
  refuseLinksOut(from, COMPANIONS)
  for (const name of COMPANIONS) {
    if (!fs.existsSync(path.join(from, name))) continue
    const target = path.join(to, name)
    fs.copyFileSync(fs.realpathSync(path.join(from, name)), target, fs.constants.COPYFILE_FICLONE)
    fs.chmodSync(target, 0o644) // the source may be read-only
  }
}

const syncFile = (file: string) => {
  const fd = fs.openSync(file, 'r+')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
