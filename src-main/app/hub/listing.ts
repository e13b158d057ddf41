/** What a model of the hub consists of, and which of its files are of use here. */
import path from 'node:path'
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { commitSchema } from '#shared/model/hub.ts'
import { type Sentence, sentence } from '#shared/sentences/table.ts'

const bytes = z.number().int().nonnegative()
const sibling = z.looseObject({
  rfilename: z.string().min(1).max(1024),
  size: bytes.nullish(),
  /** Its git object: for small files, the sha1 of their content with a header. */
  blobId: z.string().nullish(),
  lfs: z.looseObject({ size: bytes, sha256: z.string() }).nullish(),
})
const words = z
  .union([z.string(), z.array(z.string())])
  .nullish()
  .catch(null)

/** GET /api/models/{name}/revision/{revision}?blobs=true, as far as it is of use here. */
export const hubInfo = z.looseObject({
  sha: commitSchema,
  siblings: z.array(sibling).max(20_000),
  gated: z.union([z.boolean(), z.string()]).nullish(),
  disabled: z.boolean().nullish(),
  tags: z.array(z.string()).nullish().catch(null),
  cardData: z
    .looseObject({ license: words, license_name: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
})
export type HubInfo = z.infer<typeof hubInfo>

export interface HubFile {
  readonly path: string
  readonly bytes: number
  /** sha256 of the content, or sha1 of the git object. */
  readonly hash: { readonly kind: 'sha256' | 'git'; readonly hex: string }
}

const WEIGHTS = 'model.safetensors'
export const INDEX = 'model.safetensors.index.json'
const shard = /^model-\d{5}-of-\d{5}\.safetensors$/
/** Parts that Dashi itself puts beside a model. */
const sidecar = /^(head|prompt)\.safetensors$/
/** Indexes and settings of weights that are not downloaded. */
const foreignJson = /(\.(bin|h5|msgpack|pt)\.index|^adapter_config|^training_args|^trainer_state|^model_index|^open_clip_.*)\.json$/
const prose = /^(README|LICEN[CS]E|NOTICE|COPYING|USE_POLICY)([._-][\w.-]*)?$/i
/** A text larger than this is no tokenizer and no model card. */
const MOST_TEXT = 64 * 2 ** 20

/**
 * The files to download, in the order of the listing: weights in safetensors, JSON and texts at the top of the repository.
 * @throws if a name would lead out of the model's folder, or a file has no hash
 */
export function chosenFiles(siblings: HubInfo['siblings']): HubFile[] {
  for (const { rfilename } of siblings) refuseUnsafe(rfilename)
  const names = new Set(siblings.map((s) => s.rfilename))
  const whole = names.has(WEIGHTS)
  return siblings.filter((s) => wanted(s.rfilename, s.lfs?.size ?? s.size ?? 0, whole, names.has(INDEX))).map(fileOf)
}

function wanted(name: string, size: number, whole: boolean, sharded: boolean): boolean {
  if (name.includes('/') || name.startsWith('.')) return false
  if (name === WEIGHTS || sidecar.test(name)) return true
  if (shard.test(name)) return !whole && sharded
  if (name === INDEX) return !whole
  if (size > MOST_TEXT) return false
  return (name.endsWith('.json') && !foreignJson.test(name)) || name.endsWith('.txt') || prose.test(name)
}

function fileOf({ rfilename, size, blobId, lfs }: HubInfo['siblings'][number]): HubFile {
  if (lfs) return { path: rfilename, bytes: lfs.size, hash: { kind: 'sha256', hex: hexOf(rfilename, lfs.sha256, 64) } }
  if (size === null || size === undefined) throw userError(sentence('hub.no-hash', { file: rfilename }))
  return { path: rfilename, bytes: size, hash: { kind: 'git', hex: hexOf(rfilename, blobId ?? '', 40) } }
}

function hexOf(file: string, hash: string, digits: number): string {
  if (hash.length === digits && /^[0-9a-f]+$/.test(hash)) return hash
  throw userError(sentence('hub.no-hash', { file }))
}

/** Names that some system takes for a device, whatever follows the dot. */
const device = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

function refuseUnsafe(name: string): void {
  const steps = name.split('/')
  const safe =
    !path.isAbsolute(name) &&
    !/[\\:\u0000-\u001f]/.test(name) &&
    steps.every((step) => step !== '' && step !== '.' && step !== '..' && !device.test(step) && Buffer.byteLength(step) <= 255)
  if (!safe) throw userError(sentence('hub.unsafe-path', { file: JSON.stringify(name).slice(0, 120) }))
}

/** Why what the listing has cannot be a model for Dashi; null if it can. */
export function lackIn(siblings: HubInfo['siblings'], files: readonly HubFile[]): Sentence | null {
  const has = (name: string) => files.some((f) => f.path === name)
  if (!has('config.json')) return sentence('hub.no-config')
  if (has(WEIGHTS) || (has(INDEX) && files.some((f) => shard.test(f.path)))) return null
  const others = siblings.map((s) => s.rfilename).filter((name) => /\.(bin|pt|pth|ckpt|h5|msgpack|onnx|gguf|safetensors)$/.test(name))
  return sentence('hub.no-safetensors', { found: others.slice(0, 3).join(', ') || '–' })
}

/** The licence in the model card's data, or in the hub's tags. */
export function licenceIn({ cardData, tags }: HubInfo): string | null {
  const stated = cardData?.license
  const given = stated === 'other' && cardData?.license_name ? cardData.license_name : Array.isArray(stated) ? stated.join(', ') : stated
  const tag = tags?.find((t) => t.startsWith('license:'))?.slice('license:'.length)
  return (given?.trim() || tag?.trim() || '').slice(0, 100) || null
}
