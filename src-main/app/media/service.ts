/**
 * Serves pixels by URL: the upright image, thumbnails in two sizes, and tiles. An unreadable file is answered with 422
 * and the reason.
 */
import { createHash } from 'node:crypto'
import { createReadStream, fstatSync } from 'node:fs'
import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { Readable } from 'node:stream'
import { thumbnailSizes, type ThumbnailSize } from '#shared/contract/urls.ts'
import { dataError, DashiError, errorLine } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Media } from '#shared/model/media.ts'
import { type StartChild, startChild } from '../../files/child.ts'
import { inWords } from '../../files/words.ts'
import { getMedia, mediaFile, openMedia, type Project } from '../projects/index.ts'
import { needsConversion, openPicture } from '../../engine/data/index.ts'
import { DiskCache } from './disk-cache.ts'
import { HugeImages, hugePixels } from './huge.ts'
import { LatestFirst } from './latest-first.ts'
import { rasterOf } from './raster.ts'
import { Tiles } from './tiles.ts'

const gigabyte = 1024 ** 3
/** Formats that every browser displays. Browsers apply JPEG orientation reliably, but not that of other formats. */
const shown: Record<string, string> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.avif': 'image/avif',
}
const cached = { 'Cache-Control': 'private, max-age=3600' }

/** Content type of images made here: JPEG or WebP. */
const madeType = (data: Uint8Array) => (data[0] === 0xff ? 'image/jpeg' : 'image/webp')
const picture = (data: Uint8Array, type = madeType(data)) =>
  new Response(data as Uint8Array<ArrayBuffer>, { headers: { 'Content-Type': type, ...cached } })
const notFound = () => new Response('Not found', { status: 404 })

/** Timeout in seconds for decoding in this process; a huge image is decoded in a process of its own. */
const seconds = 60

export interface MediaOptions {
  /** Size limit of the thumbnail cache, in bytes. */
  limit?: number
  start?: StartChild | undefined
  /** Path of the built huge-images.ts; by default found next to the program's other files. */
  program?: () => string
}

export class MediaService {
  private readonly thumbnails: DiskCache
  private readonly scratch: string
  private readonly huge: HugeImages
  private readonly tiles: Tiles
  /** One decode already uses every core; two at a time keep them busy while one waits for the disk. */
  readonly decoding = new LatestFirst(2)

  constructor(cacheFolder: string, { limit = gigabyte, start = startChild, program }: MediaOptions = {}) {
    this.thumbnails = new DiskCache(join(cacheFolder, 'thumbnails'), limit)
    this.scratch = join(cacheFolder, 'huge')
    this.huge = new HugeImages(start, program)
    this.tiles = new Tiles(join(cacheFolder, 'tiles'), this.huge)
  }

  /** @param what the rest of the URL path: ['image'], ['small'], ['tile', level, x, y] … */
  async respond(project: Project, mediaId: number, what: readonly string[], signal: AbortSignal): Promise<Response> {
    try {
      const media = getMedia(project, mediaId)
      const [kind = '', ...numbers] = what
      if (kind === 'image' && numbers.length === 0) return await this.image(project, media, signal)
      if (Object.hasOwn(thumbnailSizes, kind) && numbers.length === 0)
        return picture(await this.thumbnail(project, media, kind as ThumbnailSize, signal))
      if (kind === 'tile' && numbers.length === 3 && numbers.every((n) => /^\d{1,6}$/.test(n))) {
        const [level, x, y] = numbers.map(Number) as [number, number, number]
        const file = mediaFile(project, media)
        const tile = await this.tiles.tile(file, await versionOf(file), level, x, y, signal, media.path)
        return tile ? picture(tile) : notFound()
      }
      return notFound()
    } catch (e) {
      if (signal.aborted) throw e
      if (e instanceof DashiError && e.fault === 'user') return new Response(e.message, { status: 404 })
      if ((e as NodeJS.ErrnoException).code === 'ENOENT') return new Response('The image is not there', { status: 404 })
      return new Response(errorLine(inWords(e)), { status: 422, headers: { 'Content-Type': 'text/plain; charset=utf-8' } })
    }
  }

  /** Sets the size limits of the two caches, in bytes. */
  limit({ thumbnails, tiles }: { thumbnails: number; tiles: number }): void {
    this.thumbnails.setLimit(thumbnails)
    this.tiles.setLimit(tiles)
  }

  close = (): Promise<void> => this.huge.close()

  private async image(project: Project, media: Media, signal: AbortSignal): Promise<Response> {
    const opened = openMedia(project, media)
    try {
      const type = (await needsConversion(opened.path)) ? undefined : shown[extname(media.path).toLowerCase()]
      const { width, height } = await rasterOf(opened.path, media.path)
      if (type && (media.orientation === 1 || type === 'image/jpeg')) {
        const body = Readable.toWeb(createReadStream('', { fd: opened.fd, start: 0 })) as ReadableStream // the stream closes it
        return new Response(body, { headers: { 'Content-Type': type, 'Content-Length': String(fstatSync(opened.fd).size), ...cached } })
      }
      if (width * height > hugePixels) throw dataError(media.path, sentence('image.only-tiles'))
      const made = await this.decoding.do(signal, async () =>
        (await openPicture(opened.path, { limitInputPixels: hugePixels }, signal, media.path))
          .autoOrient()
          .png({ compressionLevel: 1 })
          .timeout({ seconds })
          .toBuffer(),
      )
      opened.close()
      return picture(made, 'image/png')
    } catch (e) {
      opened.close()
      throw e
    }
  }

  /**
   * The upright image fitted into a square of that size. JPEGs stay JPEG: no transparency to lose, and a third faster
   * than WebP.
   */
  private async thumbnail(project: Project, media: Media, size: ThumbnailSize, signal: AbortSignal): Promise<Buffer> {
    const file = mediaFile(project, media)
    const key = `${await versionOf(file)} ${thumbnailSizes[size]}`
    const known = await this.thumbnails.get(key)
    if (known) return known
    const side = thumbnailSizes[size]
    const small = await this.small(project, media, side, signal)
    if (!small) return this.ofHuge(file, media.path, key, side, signal)
    await this.thumbnails.put(key, small)
    return small
  }

  /** Returns null if the image is huge. */
  private async small(project: Project, media: Media, side: number, signal: AbortSignal): Promise<Buffer | null> {
    return this.decoding.do(signal, async () => {
      const opened = openMedia(project, media)
      try {
        const { width, height } = await rasterOf(opened.path, media.path)
        if (width * height > hugePixels) return null
        const picture = await openPicture(opened.path, { limitInputPixels: hugePixels, sequentialRead: true }, signal, media.path)
        const small = picture.autoOrient().resize(side, side, { fit: 'inside', withoutEnlargement: true })
        return await (/\.jpe?g$/i.test(media.path) ? small.jpeg({ quality: 82 }) : small.webp({ quality: 82, effort: 2 }))
          .timeout({ seconds })
          .toBuffer()
      } finally {
        opened.close()
      }
    })
  }

  private async ofHuge(file: string, name: string, key: string, side: number, signal: AbortSignal): Promise<Buffer> {
    const out = join(this.scratch, `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.webp`)
    await mkdir(this.scratch, { recursive: true })
    await this.huge.make({ kind: 'thumbnail', file, name, out, side }, signal, () => rm(out, { force: true }))
    const made = (await readFile(out).catch(() => null)) ?? (await this.thumbnails.get(key)) // another request may have made it meanwhile
    if (!made) throw new Error(`${name}: the thumbnail is gone`)
    await this.thumbnails.put(key, made)
    await rm(out, { force: true })
    return made
  }
}

/** A cache key that changes whenever the file does. */
async function versionOf(file: string): Promise<string> {
  const { mtimeMs, size } = await stat(file)
  return `${file} ${mtimeMs} ${size}`
}
