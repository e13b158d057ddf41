/** Pixels by URL: the upright image, thumbnails at two sizes, tiles. A file that cannot be read is a 422 with the reason, and stops nothing else. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { Readable } from 'node:stream'
import { thumbnailSizes, type ThumbnailSize } from '#shared/contract/urls.ts'
import { DashiError, errorLine } from '#shared/errors.ts'
import { needsConversion, openPicture } from '../../engine/data/picture.ts'
import { getMedia, mediaFile, type Project } from '../projects/index.ts'
import { DiskCache } from './disk-cache.ts'
import { LatestFirst } from './queue.ts'
import { Tiles } from './tiles.ts'

const gigabyte = 1024 ** 3
/** Formats that every browser shows; JPEG's orientation it applies by itself, that of others not everywhere. */
const shown: Record<string, string> = { '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.png': 'image/png', '.webp': 'image/webp', '.gif': 'image/gif', '.avif': 'image/avif' }
const cached = { 'Cache-Control': 'private, max-age=3600' }

/** Of what this service makes: JPEG or WebP. */
const madeType = (data: Uint8Array) => (data[0] === 0xff ? 'image/jpeg' : 'image/webp')
const picture = (data: Uint8Array, type = madeType(data)) => new Response(data as Uint8Array<ArrayBuffer>, { headers: { 'Content-Type': type, ...cached } })
const notFound = () => new Response('Not found', { status: 404 })

export class MediaService {
  private readonly thumbnails: DiskCache
  private readonly tiles: Tiles
  /** Decoding uses every core by itself; two at a time keep them busy while one waits for the disk. */
  private readonly decoding = new LatestFirst(2)

  constructor(cacheFolder: string, limit = gigabyte) {
    this.thumbnails = new DiskCache(join(cacheFolder, 'thumbnails'), limit)
    this.tiles = new Tiles(join(cacheFolder, 'tiles'))
  }

  /** `what`: the rest of the path: ['image'], ['small'], ['tile', level, x, y] … */
  async respond(project: Project, mediaId: number, what: readonly string[], signal: AbortSignal): Promise<Response> {
    try {
      const media = getMedia(project, mediaId)
      const file = mediaFile(project, media)
      const [kind = '', ...numbers] = what
      if (kind === 'image' && numbers.length === 0) return await this.image(file, media.orientation, signal)
      if (Object.hasOwn(thumbnailSizes, kind) && numbers.length === 0) return picture(await this.thumbnail(file, kind as ThumbnailSize, signal))
      if (kind === 'tile' && numbers.length === 3 && numbers.every((n) => /^\d{1,6}$/.test(n))) {
        const [level, x, y] = numbers.map(Number) as [number, number, number]
        const tile = await this.tiles.tile(file, await versionOf(file), level, x, y)
        return tile ? picture(tile) : notFound()
      }
      return notFound()
    } catch (e) {
      if (signal.aborted) throw e
      if (e instanceof DashiError && e.fault !== 'data') return new Response(e.message, { status: 404 })
      return new Response(errorLine(e), { status: 422, headers: { 'Content-Type': 'text/plain; charset=utf-8' } })
    }
  }

  private async image(file: string, orientation: number, signal: AbortSignal): Promise<Response> {
    const type = (await needsConversion(file)) ? undefined : shown[extname(file).toLowerCase()]
    const info = await stat(file)
    if (type && (orientation === 1 || type === 'image/jpeg')) {
      const body = Readable.toWeb(createReadStream(file)) as ReadableStream
      return new Response(body, { headers: { 'Content-Type': type, 'Content-Length': String(info.size), ...cached } })
    }
    return picture(await this.decoding.do(signal, async () => (await openPicture(file, {}, signal)).autoOrient().png({ compressionLevel: 1 }).toBuffer()), 'image/png')
  }

  /** Fits into a square of that size; upright. Of a JPEG again one, which has no transparency to lose and takes a third less time than WebP. */
  private async thumbnail(file: string, size: ThumbnailSize, signal: AbortSignal): Promise<Buffer> {
    const key = `${await versionOf(file)} ${thumbnailSizes[size]}`
    const known = await this.thumbnails.get(key)
    if (known) return known
    const side = thumbnailSizes[size]
    const made = await this.decoding.do(signal, async () => {
      const small = (await openPicture(file, { sequentialRead: true }, signal)).autoOrient().resize(side, side, { fit: 'inside', withoutEnlargement: true })
      return (/\.jpe?g$/i.test(file) ? small.jpeg({ quality: 82 }) : small.webp({ quality: 82, effort: 2 })).toBuffer()
    })
    await this.thumbnails.put(key, made)
    return made
  }
}

/** Changes whenever the file does. */
async function versionOf(file: string): Promise<string> {
  const { mtimeMs, size } = await stat(file)
  return `${file} ${mtimeMs} ${size}`
}
