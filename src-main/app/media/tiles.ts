/** Tile pyramids of huge images, made once by a separate streaming process, so that the image is never in memory as a whole. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { HugeImages } from './huge.ts'

/** Maximum number of pyramids kept, most recently used first; about 30 MB for an image of 100 megapixels. */
const kept = 48

export class Tiles {
  private bytes = Infinity
  private readonly making = new Map<string, Promise<void>>()

  constructor(
    private readonly folder: string,
    private readonly images: HugeImages,
    private readonly limit = kept,
  ) {}

  /** A WebP tile; null if the level has no such tile. Level 0 is full resolution. Rejects as soon as `signal` aborts. */
  async tile(file: string, version: string, level: number, x: number, y: number, signal: AbortSignal, name = file): Promise<Buffer | null> {
    const pyramid = await this.pyramid(file, version, signal, name)
    const levels = (await readdir(pyramid)).map(Number).filter(Number.isInteger)
    const folder = String(Math.max(...levels) - level)
    return readFile(join(pyramid, folder, `${x}_${y}.webp`)).catch(() => null)
  }

  private async pyramid(file: string, version: string, signal: AbortSignal, name: string): Promise<string> {
    const made = join(this.folder, createHash('sha256').update(version).digest('hex').slice(0, 32))
    const files = join(made, 'p_files')
    if (existsSync(files)) {
      const now = new Date()
      await utimes(made, now, now).catch(() => undefined)
      return files
    }
    const out = `${made}.part`
    await mkdir(this.folder, { recursive: true })
    // Leftovers of a killed process would block the next one.
    await this.images.make({ kind: 'pyramid', file, name, out }, signal, () => rm(out, { recursive: true, force: true }))
    await (this.making.get(made) ?? this.keep(made, out))
    return files
  }

  private keep(made: string, out: string): Promise<void> {
    const keeping = (async () => {
      await rename(out, made).catch((e: unknown) => {
        if (!existsSync(join(made, 'p_files'))) throw e // another process was faster
      })
      await this.trim()
    })().finally(() => this.making.delete(made))
    this.making.set(made, keeping)
    return keeping
  }

  /** Sets the maximum total size of all pyramids, in bytes. */
  setLimit(bytes: number): void {
    const less = bytes < this.bytes
    this.bytes = bytes
    if (less) void this.trim().catch(() => undefined)
  }

  /** The most recently used pyramid is kept whatever its size: it is on screen. */
  private async trim(): Promise<void> {
    const pyramids: { path: string; used: number }[] = []
    for (const name of (await readdir(this.folder).catch(() => [])).filter((name) => /^[0-9a-f]{32}$/.test(name))) {
      const path = join(this.folder, name)
      const info = await stat(path).catch(() => null)
      if (info) pyramids.push({ path, used: info.mtimeMs })
    }
    let total = 0
    for (const [i, { path }] of pyramids.sort((a, b) => b.used - a.used).entries()) {
      if (Number.isFinite(this.bytes)) total += await sizeBelow(path)
      if (i > 0 && (i >= this.limit || total > this.bytes)) await rm(path, { recursive: true, force: true })
    }
  }
}

async function sizeBelow(folder: string): Promise<number> {
  let total = 0
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name)
    total += entry.isDirectory() ? await sizeBelow(path) : ((await stat(path).catch(() => null))?.size ?? 0)
  }
  return total
}
