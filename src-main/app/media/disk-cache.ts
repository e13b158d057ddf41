/** A size-limited folder of files that can be recreated; the least recently used are removed first. */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A file's use is recorded at most this often, in ms. */
const noted = 24 * 3600 * 1000

export class DiskCache {
  private written = 0
  private trimming: Promise<void> | null = null

  constructor(
    readonly folder: string,
    /** Maximum total size, in bytes. */
    private limit: number,
  ) {}

  setLimit(limit: number): void {
    const less = limit < this.limit
    this.limit = limit
    if (less) void this.trimSoon()
  }

  private place(key: string): string {
    const name = createHash('sha256').update(key).digest('hex').slice(0, 32)
    return join(this.folder, name.slice(0, 2), name.slice(2))
  }

  async get(key: string): Promise<Buffer | null> {
    const path = this.place(key)
    try {
      const data = await readFile(path)
      const now = new Date()
      if (now.getTime() - (await stat(path)).mtimeMs > noted) await utimes(path, now, now)
      return data
    } catch {
      return null
    }
  }

  /** A full or read-only disk is ignored: the file is then made again next time. */
  async put(key: string, data: Uint8Array): Promise<void> {
    const path = this.place(key)
    const beside = `${path}.${randomUUID()}.part`
    try {
      await mkdir(join(path, '..'), { recursive: true })
      await writeFile(beside, data)
      await rename(beside, path)
    } catch {
      await rm(beside, { force: true }).catch(() => {})
      return
    }
    this.written += data.length
    if (this.written < this.limit / 20) return
    this.written = 0
    void this.trimSoon()
  }

  private trimSoon(): Promise<void> {
    return (this.trimming ??= this.trim().finally(() => (this.trimming = null)))
  }

  /** Trims the folder to nine tenths of the limit. */
  async trim(): Promise<void> {
    const files: { path: string; size: number; used: number }[] = []
    // The user may have chosen a folder with other contents; those are never removed.
    for (const folder of (await readdir(this.folder).catch(() => [])).filter((name) => /^[0-9a-f]{2}$/.test(name)))
      for (const name of (await readdir(join(this.folder, folder)).catch(() => [])).filter((name) =>
        /^[0-9a-f]{30}(\.[0-9a-f-]{36}\.part)?$/.test(name),
      )) {
        const path = join(this.folder, folder, name)
        const info = await stat(path).catch(() => null)
        if (info?.isFile()) files.push({ path, size: info.size, used: info.mtimeMs })
      }
    let total = files.reduce((sum, f) => sum + f.size, 0)
    if (total <= this.limit) return
    for (const { path, size } of files.sort((a, b) => a.used - b.used)) {
      if (total <= this.limit * 0.9) return
      await rm(path, { force: true })
      total -= size
    }
  }
}
