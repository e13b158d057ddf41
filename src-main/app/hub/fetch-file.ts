/**
 * Downloads one file into a store of blobs: files named by their hash, which look like no model however many there are.
 * What arrived stays as `HASH.part` until it is whole and has that hash.
 */
import fs from 'node:fs'
import path from 'node:path'
import { createHash, type Hash } from 'node:crypto'
import { DashiError, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { replaceText } from '../../files/atomic.ts'
import { diskFull, ioError } from '../../files/words.ts'
import type { HubPlace } from '../context.ts'
import { Again, get, persistently, received, Watchdog } from './http.ts'
import type { HubFile } from './listing.ts'
import { paceOf } from './place.ts'

export interface Fetching {
  readonly place: HubPlace
  readonly name: string
  readonly commit: string
  readonly url: string
  readonly token: string | null
  /** The folder of blobs. */
  readonly store: string
  readonly signal: AbortSignal
  /** Called with the number of bytes that came, negative if some have to come again. */
  moved(bytes: number): void
}

export const blobOf = (store: string, { hash }: HubFile): string => path.join(store, hash.hex)

/** Bytes of a file that are here already, finished or not. */
export function heldOf(store: string, file: HubFile): number {
  const size = (name: string) => fs.statSync(name, { throwIfNoEntry: false })?.size
  const blob = blobOf(store, file)
  const part = size(`${blob}.part`) ?? 0
  return size(blob) === file.bytes ? file.bytes : part <= file.bytes ? part : 0
}

/** @throws if it cannot be had, or is not what the listing says */
export async function fetchFile(file: HubFile, fetching: Fetching): Promise<void> {
  const { place, signal, url } = fetching
  if (heldOf(fetching.store, file) === file.bytes && fs.existsSync(blobOf(fetching.store, file))) return
  const part = await Part.open(file, fetching)
  let seen = part.size
  let mistaken = 0
  try {
    await persistently(
      place,
      async () => {
        await part.take()
        const found = part.digest()
        if (found === file.hash.hex) return
        part.restart()
        const words = { file: file.path, expected: file.hash.hex.slice(0, 12), found: found.slice(0, 12) }
        // Once may be an accident on the way.
        if (++mistaken > 1) throw new DashiError('data', sentence('hub.wrong-hash', words))
        throw new Again(sentence('hub.wrong-hash', words), 0)
      },
      {
        signal,
        progressed: () => {
          const more = part.size > seen
          seen = Math.max(seen, part.size)
          return more
        },
        failed: ({ reason }) => userError(sentence('hub.cut', { file: file.path, host: new URL(url).host, reason })),
      },
    )
    await part.finish()
  } finally {
    part.close()
  }
}

/** The unfinished file with the hash of what it holds. */
class Part {
  private hash: Hash
  size = 0

  private constructor(
    private readonly file: HubFile,
    private readonly at: string,
    private readonly fetching: Fetching,
    private fd: number | null,
  ) {
    this.hash = this.fresh()
  }

  /** Goes on with what an earlier attempt left. */
  static async open(file: HubFile, fetching: Fetching): Promise<Part> {
    const at = `${blobOf(fetching.store, file)}.part`
    try {
      const part = new Part(file, at, fetching, fs.openSync(at, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o666))
      if (fs.fstatSync(part.fd!).size > file.bytes) fs.ftruncateSync(part.fd!, 0)
      for await (const chunk of fs.createReadStream(at)) part.count(chunk as Buffer)
      return part
    } catch (e) {
      throw ioError(at, 'written', e)
    }
  }

  private fresh(): Hash {
    const { hash, bytes } = this.file
    return hash.kind === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${bytes}\0`)
  }
  private count(chunk: Uint8Array): void {
    this.hash.update(chunk)
    this.size += chunk.byteLength
  }
  digest = (): string => this.hash.copy().digest('hex')

  /** Forgets everything that came. */
  restart(): void {
    if (this.size) this.fetching.moved(-this.size)
    fs.ftruncateSync(this.fd!, 0)
    fs.rmSync(this.tagFile, { force: true })
    this.hash = this.fresh()
    this.size = 0
  }

  /** The entity tag of what the part was begun from: only of that is the rest taken. */
  private get tagFile(): string {
    return this.at.replace(/part$/, 'etag')
  }
  private get tag(): string | null {
    try {
      return fs.readFileSync(this.tagFile, 'utf8') || null
    } catch {
      return null
    }
  }

  /** One attempt at the rest. @throws {@link Again} if less came than expected */
  async take(): Promise<void> {
    const { place, name, commit, url, token, signal, moved } = this.fetching
    const { bytes, path: file } = this.file
    if (this.size === bytes) return
    const dog = new Watchdog(paceOf(place).stall, signal)
    try {
      const tag = this.size ? this.tag : null
      const range = this.size ? { range: `bytes=${this.size}-`, ...(tag && !tag.startsWith('W/') && { 'if-range': tag }) } : undefined
      const response = await get(place, url, { name, revision: commit, file, token, headers: range }, dog.signal).catch((e: unknown) => {
        if (e instanceof Again && e.wait === 0 && this.size) this.restart() // the range is beyond what the server has
        throw e
      })
      this.begin(response, tag)
      for await (const chunk of received(response, dog)) {
        if (this.size + chunk.byteLength > bytes) {
          this.restart()
          throw new DashiError('data', sentence('hub.wrong-size', { file, expected: bytes }))
        }
        await this.write(chunk)
        this.count(chunk)
        moved(chunk.byteLength)
        if (this.size === bytes) return // whether or not the server ends its answer
      }
    } finally {
      dog.end()
    }
    if (this.size < bytes) throw new Again(sentence('hub.ended-early', { found: this.size, expected: bytes }))
  }

  /** Decides by the answer whether it is the rest, or begins anew. */
  private begin(response: Response, before: string | null): void {
    const tag = response.headers.get('etag')
    const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? []
    const rest =
      response.status === 206 &&
      Number(from) === this.size &&
      (total === '*' || Number(total) === this.file.bytes) &&
      (before === null || tag === null || tag === before)
    if (this.size && !rest) {
      this.restart()
      if (response.status === 206) {
        void response.body?.cancel().catch(() => undefined)
        throw new Again(sentence('hub.answered', { host: new URL(this.fetching.url).host, status: 206 }), 0)
      }
    }
    if (!this.size && tag) replaceText(this.tagFile, tag)
  }

  private async write(chunk: Uint8Array): Promise<void> {
    try {
      await writeAt(this.fd!, chunk, this.size)
    } catch (e) {
      // A part of the chunk may have been written, which the hash does not cover.
      fs.ftruncateSync(this.fd!, this.size)
      if (diskFull(e)) throw dataFull(path.dirname(this.at), e)
      throw ioError(this.at, 'written', e)
    }
  }

  /** Makes it a blob, on disk before it has its name. */
  async finish(): Promise<void> {
    const fd = this.fd!
    try {
      await new Promise<void>((resolve, reject) => fs.fsync(fd, (e) => (e ? reject(e) : resolve())))
      this.close()
      fs.renameSync(this.at, blobOf(this.fetching.store, this.file))
      fs.rmSync(this.tagFile, { force: true })
    } catch (e) {
      throw ioError(this.at, 'written', e)
    }
  }

  close(): void {
    if (this.fd !== null) fs.closeSync(this.fd)
    this.fd = null
  }
}

/** By position: where an earlier attempt stopped, or at the start again. */
async function writeAt(fd: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength;)
    done += await new Promise<number>((resolve, reject) =>
      fs.write(fd, bytes, done, bytes.byteLength - done, position + done, (e, n) => (e ? reject(e) : resolve(n))),
    )
}

const dataFull = (folder: string, e: unknown) => new DashiError('data', sentence('hub.disk-full', { folder }), { cause: e })
