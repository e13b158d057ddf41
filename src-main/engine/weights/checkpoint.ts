/** Checkpoint folders: what `transformers` reads (config, weights, tokenizer, preprocessor), plus `dashi.json`. */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { checkpointRecordSchema, partnerRoles, type CheckpointRecord, type Partners } from '#shared/model/checkpoint.ts'
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

/** The files besides weights that make up a model, copied from its base: tokenizer and preprocessing. */
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
  /** The checkpoint from which companion files are copied. */
  base?: string
  /** Written as `config.json` instead of the base's. */
  config?: unknown
  /** Entries that are added to the base's `config.json`. */
  says?: Readonly<Record<string, z.core.util.JSONType>>
  /** Additional files by name, possibly in a subfolder (`adapter/adapter_config.json`); they override the base's. */
  files?: Readonly<Record<string, string | Uint8Array>>
  weights: TensorsToWrite | PlacedTensors
  head?: Head
  /** The models that it works with, as the base names them: they are copied into the folder, so that it can be moved. */
  partners?: Partners | undefined
  /** Additional tensor files by name (`prompt.safetensors`). Those in a subfolder are not part of the model. */
  tensors?: Readonly<Record<string, TensorFile>>
  record: Omit<CheckpointRecord, 'format' | 'dashi' | 'created' | 'fingerprint' | 'files'>
}

/**
 * Writes the checkpoint folder `dir` atomically: after any failure it holds either the old content or the new. An
 * existing folder must be empty, or contain a checkpoint written by Dashi and nothing else.
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
      if (content.says) addEntries(at(CONFIG_FILE), content.says)
    }
    if (content.config !== undefined) await writeJson(at(CONFIG_FILE), content.config)
    for (const name of [...Object.keys(content.files ?? {}), ...Object.keys(content.tensors ?? {})])
      fs.mkdirSync(path.dirname(at(name)), { recursive: true })
    for (const [name, data] of Object.entries(content.files ?? {})) fs.writeFileSync(at(name), data)
    const partners = content.base && content.partners && bringPartners(content.base, beside, content.partners)
    for (const name of Object.keys(writtenIn(beside))) if (!name.endsWith('/')) syncFile(at(name))
    const print = new Fingerprint()
    // Tensors written out of order cannot be hashed while writing, so such a checkpoint has no fingerprint.
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
      ...(partners && { partners }),
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

/** PyTorch's names of the float types. */
const TORCH_NAMES = { F64: 'float64', F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const

/** The dtype of all floating-point tensors; of several the widest, which represents all values exactly. */
export function commonDtype(dtypes: Iterable<Dtype>): FloatDtype | undefined {
  const found = [...new Set(dtypes)].filter(isFloat)
  if (found.length < 2) return found[0]
  return found.includes('F64') ? 'F64' : 'F32'
}

/** PyTorch's name of {@link commonDtype}; undefined if none is floating-point. */
export function torchNameOf(dtypes: Iterable<Dtype>): string | undefined {
  const dtype = commonDtype(dtypes)
  return dtype && TORCH_NAMES[dtype]
}

/**
 * Sets `dtype` in the configuration: `transformers` ≥ 5 loads weights in that precision and, without it, in that of
 * the first tensor. Edited as text, because re-serialising in JavaScript turns `1.0` into `1`, which `transformers`
 * rejects.
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

/** Edited as text too, for the same reason. */
function addEntries(configFile: string, entries: Readonly<Record<string, z.core.util.JSONType>>): void {
  const text = fs.readFileSync(configFile, 'utf8')
  const lines = Object.entries(entries).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`)
  fs.writeFileSync(
    configFile,
    text.replace('{', () => `{\n${lines.join('\n')}`),
  )
}

/** Replaces the record of checkpoint `dir`, e.g. with new metrics. */
export const writeRecord = (dir: string, record: CheckpointRecord) =>
  writeJson(path.join(dir, RECORD_FILE), checkpointRecordSchema.parse(record))

export const readRecord = (dir: string): CheckpointRecord => {
  restoreFolder(dir, RECORD_FILE)
  return readJson(path.join(dir, RECORD_FILE), checkpointRecordSchema)
}

/** The record, if any: foreign folders have none. */
export const findRecord = (dir: string): CheckpointRecord | undefined => {
  restoreFolder(dir, RECORD_FILE)
  return fs.existsSync(path.join(dir, RECORD_FILE)) ? readRecord(dir) : undefined
}

const samePlace = (a: string, b: string) => fs.existsSync(a) && fs.existsSync(b) && fs.realpathSync(a) === fs.realpathSync(b)

export function refuseMadeFrom(dir: string, madeFrom: readonly string[]): void {
  if (madeFrom.some((other) => samePlace(dir, other))) throw userError(sentence('checkpoint.own-source', { folder: dir }))
}

/**
 * Refuses to replace a folder that is not entirely a checkpoint of ours, or one that the new checkpoint is
 * `madeFrom`.
 */
export async function checkReplaceable(dir: string, madeFrom: readonly string[] = []): Promise<void> {
  restoreFolder(dir, RECORD_FILE)
  refuseMadeFrom(dir, madeFrom)
  await refuseReplacing(dir, { proof: proveCheckpoint })
}

/** Sizes of the files written along with a record; the record itself is written last. */
export const sizesIn = (dir: string): WrittenFiles =>
  Object.fromEntries(
    Object.entries(writtenIn(dir))
      .map(([rel, [size]]) => [rel, [size, 0] as [number, number]])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  )

/**
 * Checks that a folder is exactly a checkpoint as written by Dashi. @throws a user fault naming the first foreign or
 * changed file
 */
export const proveCheckpoint: Proof = async (dir, name) => {
  if (!fs.lstatSync(dir).isDirectory()) throw userError(sentence('checkpoint.is-file', { name }))
  if (!fs.existsSync(path.join(dir, RECORD_FILE))) throw userError(sentence('checkpoint.foreign', { name, record: RECORD_FILE }))
  const record = recordIn(dir)
  if (!record) throw userError(sentence('checkpoint.foreign-record', { file: path.join(name, RECORD_FILE) }))
  // Records of earlier versions list no files: such a checkpoint may contain only model files, with the recorded
  // weights.
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
 * Copies config, tokenizer and preprocessor files. Links within a Hugging Face cache are copied as files; other links
 * are refused, since they would include files from elsewhere.
 */
export function copyCompanions(from: string, to: string): void {
  if (!fs.existsSync(path.join(from, CONFIG_FILE))) throw dataError(path.join(from, CONFIG_FILE), sentence('system.enoent'))
  refuseLinksOut(from, COMPANIONS)
  for (const name of COMPANIONS) {
    if (!fs.existsSync(path.join(from, name))) continue
    const target = path.join(to, name)
    fs.copyFileSync(fs.realpathSync(path.join(from, name)), target, fs.constants.COPYFILE_FICLONE)
    fs.chmodSync(target, 0o644) // the source may be read-only
  }
}

/**
 * Copies the models that checkpoint `from` works with into `to`, each as far as it is needed to run and to be known. @returns how `to`
 * names them
 */
function bringPartners(from: string, to: string, partners: Partners): Partners {
  const brought = { ...partners }
  for (const role of partnerRoles) {
    const ref = partners[role]
    if (!ref) continue
    const [source, folder] = [path.resolve(from, ref.path), `partners/${role}`]
    const target = path.join(to, folder)
    fs.mkdirSync(target, { recursive: true })
    copyCompanions(source, target)
    for (const name of fs.readdirSync(source))
      if (/\.safetensors(\.index\.json)?$/.test(name) || /^(README|LICEN[CS]E)/i.test(name))
        fs.copyFileSync(fs.realpathSync(path.join(source, name)), path.join(target, name), fs.constants.COPYFILE_FICLONE)
    // In this folder it has no partners of its own.
    const record = findRecord(source)
    if (record) fs.writeFileSync(path.join(target, RECORD_FILE), JSON.stringify({ ...record, partners: undefined, files: undefined }))
    brought[role] = { ...ref, path: folder }
  }
  return brought
}

const syncFile = (file: string) => {
  const fd = fs.openSync(file, 'r+')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
