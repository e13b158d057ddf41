/**
 * What models computed of images, on disk: a file an image, with a bound on all of them together. A file is one that was
 * written to its end, since it gets its name only then; one that is damaged all the same counts as missing.
 */
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, rm, stat, utimes } from 'node:fs/promises'
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { EncodingsPlace } from '#shared/model/question.ts'
import { replaceFile, writeAll } from '../../files/atomic.ts'
import { fingerprint } from './cache.ts'

export interface Stored {
  /** Plain data, to be parsed by whoever reads it. */
  readonly meta: unknown
  readonly tensors: Readonly<Record<string, StoredTensor>>
}
export interface StoredTensor {
  readonly dims: readonly number[]
  readonly data: Float32Array
}

const FORMAT = 'dashi-encoding-1'
const NAME = /^[0-9a-f]{64}\.encoding$/
/** Of a write that never ended, as files/atomic.ts names it. */
const PART = /^\.[0-9a-f]{64}\.encoding\.\d+-[0-9a-f]{8}\.part$/
const count = z.int().nonnegative()
const headerSchema = z.object({
  format: z.literal(FORMAT),
  key: z.string(),
  meta: z.unknown(),
  tensors: z.array(z.object({ name: z.string(), dims: z.array(count) })),
  /** Of the tensors' bytes. */
  sha256: z.string(),
})
/** A header is some hundred bytes; a longer one is none of ours. */
const LONGEST_HEADER = 1 << 20

const sha256 = (...parts: readonly Uint8Array[]) => parts.reduce((h, part) => h.update(part), createHash('sha256')).digest('hex')
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength)
const elements = (dims: readonly number[]) => dims.reduce((n, d) => n * d, 1)

/** Changes when a file of the folder does. */
export function folderVersion(dir: string): string {
  const files = readdirSync(dir)
    .sort()
    .map((name) => [name, statSync(path.join(dir, name), { throwIfNoEntry: false })] as const)
  return fingerprint([path.resolve(dir), ...files.map(([name, s]) => [name, s && [s.ino, s.size, s.mtimeMs, s.ctimeMs]])])
}

export class Encodings {
  /** Bytes written since the folder was last looked through. */
  private written = Infinity

  constructor(private readonly place: EncodingsPlace) {}

  private file(key: string): string {
    return path.join(this.place.folder, `${sha256(Buffer.from(key))}.encoding`)
  }

  /** Undefined if there is none, or it is damaged. */
  async get(key: string): Promise<Stored | undefined> {
    const file = this.file(key)
    try {
      const stored = await read(file, key)
      const now = new Date()
      await utimes(file, now, now)
      return stored
    } catch {
      return undefined
    }
  }

  /** A full or read-only disk is no error: the image is then encoded again next time. */
  async put(key: string, { meta, tensors }: Stored): Promise<void> {
    const parts = Object.values(tensors).map(({ data }) => bytesOf(data))
    const header: z.input<typeof headerSchema> = {
      ...{ format: FORMAT, key, meta },
      tensors: Object.entries(tensors).map(([name, { dims }]) => ({ name, dims: [...dims] })),
      sha256: sha256(...parts),
    }
    const json = Buffer.from(JSON.stringify(header))
    const length = Buffer.alloc(4)
    length.writeUInt32LE(json.length)
    const all = [length, json, ...parts]
    const size = all.reduce((n, part) => n + part.byteLength, 0)
    if (size > this.place.bytes) return
    try {
      await mkdir(this.place.folder, { recursive: true })
      await replaceFile(this.file(key), async (fd) => {
        for (const part of all) await writeAll(fd, part)
      })
    } catch {
      return
    }
    this.written += size
    if (this.written > this.place.bytes / 20) await this.trim()
  }

  /** Removes those that were not used for longest until the rest fits, with a tenth to spare. */
  private async trim(): Promise<void> {
    const { folder, bytes } = this.place
    this.written = 0
    const files: { file: string; size: number; used: number }[] = []
    for (const name of (await readdir(folder).catch(() => [])).filter((n) => NAME.test(n) || PART.test(n))) {
      const file = path.join(folder, name)
      const info = await stat(file).catch(() => null)
      if (info?.isFile()) files.push({ file, size: info.size, used: info.mtimeMs })
    }
    let total = files.reduce((sum, f) => sum + f.size, 0)
    if (total <= bytes) return
    for (const { file, size } of files.sort((a, b) => a.used - b.used)) {
      if (total <= 0.9 * bytes) return
      await rm(file, { force: true }).catch(() => undefined)
      total -= size
    }
  }
}

/** @throws if it is not what was written for this key */
async function read(file: string, key: string): Promise<Stored> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const at = (length: number, position: number) => readWhole(handle, new Uint8Array(length), position)
    const length = Buffer.from(await at(4, 0)).readUInt32LE()
    if (length > LONGEST_HEADER) throw new Error('its header is too long')
    const header = headerSchema.parse(JSON.parse(Buffer.from(await at(length, 4)).toString()))
    const whole = header.tensors.reduce((n, { dims }) => n + 4 * elements(dims), 0)
    if (header.key !== key || size !== 4 + length + whole) throw new Error('it is of another image or not whole')
    const data = await at(whole, 4 + length)
    if (sha256(data) !== header.sha256) throw new Error('its bytes have changed')
    let from = 0
    const tensors = header.tensors.map(({ name, dims }): [string, StoredTensor] => {
      const tensor = { dims, data: new Float32Array(data.buffer, from, elements(dims)) }
      from += tensor.data.byteLength
      return [name, tensor]
    })
    return { meta: header.meta, tensors: Object.fromEntries(tensors) }
  } finally {
    await handle.close()
  }
}

async function readWhole(handle: Awaited<ReturnType<typeof open>>, into: Uint8Array<ArrayBuffer>, position: number) {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await handle.read(into, done, Math.min(into.length - done, 1 << 30), position + done)
    if (bytesRead === 0) throw new Error('it ends too early')
    done += bytesRead
  }
  return into
}
