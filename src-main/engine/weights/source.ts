/** The tensors of a checkpoint folder in the Hugging Face layout, in one file or in shards. */
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { restoreFolder } from '../../files/replace.ts'
import { INDEX_FILE, mistakenFolder, WEIGHTS_FILE } from './folder.ts'
import { formatShape } from './header.ts'
import { readJson } from './json.ts'
import { isThere } from './regular.ts'
import { openSafetensors, type SafetensorsFile, type StoredTensor, type TensorInfo } from './safetensors.ts'

export { WEIGHTS_FILE } from './folder.ts'
export const RECORD_FILE = 'dashi.json'
/** All shards are kept open, so their number is limited. */
const MAX_SHARDS = 512

export interface Weights {
  /** The folder or file that was opened. */
  readonly source: string
  /** The file that lists the tensors: the weights themselves, or the shard index. */
  readonly listing: string
  /** Sorted. */
  names(): string[]
  has(name: string): boolean
  /**
   * Type, shape and location of a tensor. A CLIP logit_scale of shape [1], as some trainers save it, is reported as
   * the scalar [], since transformers would reject a checkpoint made from it. SigLIP, recognised by its logit_bias,
   * keeps [1].
   * @throws a data fault if the tensor is missing
   */
  info(name: string): TensorInfo
  /** The file containing the tensor, by the path the user gave; in `TensorInfo.file` links are resolved. */
  fileOf(name: string): string
  /** The tensor's bytes as stored. */
  bytes(name: string): Uint8Array
  /**
   * A floating-point tensor (F32, F16, BF16, F64) as float32. @throws a data fault on NaN, infinity or another dtype
   */
  float32(name: string): Float32Array
  /** @throws a data fault on NaN, infinity or a non-floating-point dtype */
  checkFinite(name: string): void
  /** @throws a data fault, `FILE: tensor NAME: expected shape [..], found [..]` */
  expectShape(name: string, shape: readonly number[]): TensorInfo
  /** {@link expectShape}, then {@link float32}. */
  expectTensor(name: string, shape: readonly number[]): Float32Array
  /**
   * Checks that the tensors are exactly these, with these shapes.
   * @param ignore names of optional tensors, with `*` as a wildcard: buffers such as `*.position_ids`
   */
  expectTensors(shapes: ReadonlyMap<string, readonly number[]>, ignore?: readonly string[]): void
  /** Fills `into` with the stored bytes starting at `from`. */
  readInto(name: string, into: Uint8Array, from?: number): void
  stored(name: string): StoredTensor
  close(): void
}

/**
 * Opens the weights of the checkpoint `folder`: `model.safetensors`, or the shards listed in
 * `model.safetensors.index.json`. Shards must be in the folder; symbolic links, as in a Hugging Face cache, are
 * followed.
 */
export function openWeights(folder: string): Weights {
  restoreFolder(folder, RECORD_FILE)
  const at = (name: string) => path.join(folder, name)
  const mistaken = mistakenFolder(folder)
  if (mistaken) throw mistaken
  if (isThere(at(WEIGHTS_FILE))) return openWeightsFile(at(WEIGHTS_FILE), folder)
  if (isThere(at(INDEX_FILE))) return openShards(folder, at(INDEX_FILE))
  throw dataError(folder, sentence('model.no-weights', { weights: WEIGHTS_FILE, index: INDEX_FILE }))
}

/** Opens one safetensors file as weights. `source` is its name in messages, by default its path. */
export function openWeightsFile(file: string, source = file): Weights {
  const open = openSafetensors(file)
  return new OpenWeights(source, file, [open], new Map([...open.tensors.keys()].map((name) => [name, open])))
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) })

function openShards(folder: string, index: string): Weights {
  const { weight_map: map } = readJson(index, indexSchema)
  const names = new Set(Object.values(map))
  if (names.size > MAX_SHARDS) throw dataError(index, sentence('safetensors.too-many-shards', { limit: MAX_SHARDS, found: names.size }))
  const shards = new Map<string, SafetensorsFile>()
  try {
    const where = new Map<string, SafetensorsFile>()
    for (const [tensor, shard] of Object.entries(map)) {
      let open = shards.get(shard)
      if (!open) {
        if (!staysInside(shard)) throw dataError(index, sentence('safetensors.shard-name', { tensor, found: JSON.stringify(shard) }))
        shards.set(shard, (open = openSafetensors(path.join(folder, shard))))
      }
      if (!open.tensors.has(tensor)) throw dataError(open.file, sentence('tensor.missing-from-shard', { tensor, index: INDEX_FILE }))
      where.set(tensor, open)
    }
    for (const [shard, open] of shards)
      for (const tensor of open.tensors.keys())
        if (map[tensor] !== shard)
          throw dataError(
            open.file,
            map[tensor]
              ? sentence('tensor.other-shard', { tensor, index: INDEX_FILE, shard: map[tensor] })
              : sentence('tensor.no-shard', { tensor, index: INDEX_FILE }),
          )
    return new OpenWeights(folder, index, [...shards.values()], where)
  } catch (e) {
    for (const open of shards.values()) open.close()
    throw e
  }
}

const staysInside = (name: string) =>
  name !== '' &&
  !/[\\\0]/.test(name) &&
  !path.isAbsolute(name) &&
  !path.win32.isAbsolute(name) &&
  !/^[a-z]:/i.test(name) &&
  name.split('/').every((part) => part !== '..' && part !== '.' && part !== '')

class OpenWeights implements Weights {
  constructor(
    readonly source: string,
    readonly listing: string,
    private readonly files: readonly SafetensorsFile[],
    private readonly where: ReadonlyMap<string, SafetensorsFile>,
  ) {}

  names() {
    return [...this.where.keys()].sort()
  }

  has(name: string) {
    return this.where.has(name)
  }

  private of(name: string) {
    const file = this.where.get(name)
    if (!file) throw dataError(this.listing, sentence('model.tensor-missing', { tensor: name }))
    return file
  }

  fileOf(name: string) {
    return this.of(name).file
  }

  info(name: string) {
    const info = this.of(name).tensors.get(name)!
    return name === 'logit_scale' && info.shape.length === 1 && info.shape[0] === 1 && !this.has('logit_bias')
      ? { ...info, shape: [] }
      : info
  }

  bytes(name: string) {
    return this.of(name).bytes(name)
  }

  float32(name: string) {
    return this.of(name).float32(name)
  }

  checkFinite(name: string) {
    this.of(name).checkFinite(name)
  }

  expectShape(name: string, shape: readonly number[]) {
    const info = this.info(name)
    if (info.shape.length !== shape.length || info.shape.some((d, i) => d !== shape[i]))
      throw dataError(
        this.fileOf(name),
        sentence('model.tensor-shape', { tensor: name, expected: formatShape(shape), found: formatShape(info.shape) }),
      )
    return info
  }

  expectTensor(name: string, shape: readonly number[]) {
    this.expectShape(name, shape)
    return this.float32(name)
  }

  expectTensors(shapes: ReadonlyMap<string, readonly number[]>, ignore: readonly string[] = []) {
    const ignored = ignore.map(wildcard)
    for (const [name, shape] of shapes) if (this.has(name) || !ignored.some((w) => w.test(name))) this.expectShape(name, shape)
    for (const name of this.where.keys())
      if (!shapes.has(name) && !ignored.some((w) => w.test(name)))
        throw dataError(this.fileOf(name), sentence('model.tensor-extra', { tensor: name }))
  }

  readInto(name: string, into: Uint8Array, from?: number) {
    this.of(name).readInto(name, into, from)
  }

  stored(name: string) {
    return this.of(name).stored(name)
  }

  close() {
    for (const f of this.files) f.close()
  }
}

const wildcard = (pattern: string) => new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 's')
