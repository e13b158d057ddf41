/** Huge images as a pyramid of tiles: made once, streaming, so that the image is never in memory as a whole. */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { tileSide } from '#shared/contract/urls.ts'
import { openPicture } from '../../engine/data/picture.ts'

/** Pyramids kept, those used last: of an image of 100 megapixels one takes some 30 MB. */
const kept = 48

export class Tiles {
  private readonly making = new Map<string, Promise<string>>()

  constructor(
    private readonly folder: string,
    private readonly limit = kept,
  ) {}

  /** WebP; null where the level has no such tile. Level 0 is the full resolution. */
  async tile(file: string, version: string, level: number, x: number, y: number): Promise<Buffer | null> {
    const pyramid = await this.pyramid(file, version)
    const levels = (await readdir(pyramid)).map(Number).filter(Number.isInteger)
    const folder = String(Math.max(...levels) - level)
    return readFile(join(pyramid, folder, `${x}_${y}.webp`)).catch(() => null)
  }

  private pyramid(file: string, version: string): Promise<string> {
    const made = join(this.folder, createHash('sha256').update(version).digest('hex').slice(0, 32))
    let making = this.making.get(made)
    if (!making) {
      making = this.make(file, made).finally(() => this.making.delete(made))
      this.making.set(made, making)
    }
    return making
  }

  private async make(file: string, made: string): Promise<string> {
    const files = join(made, 'p_files')
    if (await readdir(files).catch(() => null)) {
      const now = new Date()
      await utimes(made, now, now).catch(() => undefined)
      return files
    }
    const beside = `${made}.${randomUUID()}.part`
    await mkdir(beside, { recursive: true })
    try {
      await (await openPicture(file, { sequentialRead: true }))
        .autoOrient()
        .webp({ quality: 85, effort: 2 })
        .tile({ size: tileSide, overlap: 0, depth: 'onetile', container: 'fs', layout: 'dz' })
        .toFile(join(beside, 'p.dz'))
      await rename(beside, made)
      await this.trim()
    } catch (e) {
      await rm(beside, { recursive: true, force: true })
      if (!(await readdir(files).catch(() => null))) throw e
    }
    return files
  }

  private async trim(): Promise<void> {
    const pyramids: { path: string; used: number }[] = []
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name)
      const info = await stat(path).catch(() => null)
      if (info) pyramids.push({ path, used: info.mtimeMs })
    }
    for (const { path } of pyramids.sort((a, b) => b.used - a.used).slice(this.limit)) await rm(path, { recursive: true, force: true })
  }
}
