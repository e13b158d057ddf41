/** The size and limits of what is cached and can be recreated. */
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheNames, type CacheName, type CacheUsage, type Settings } from '#shared/contract/app.ts'
import type { MediaService } from './service.ts'

/** Where each cache is in the cache folder, and which names are ours; other files there are left alone. */
const places: Record<CacheName, readonly { folder: string; ours: RegExp }[]> = {
  thumbnails: [{ folder: 'thumbnails', ours: /^[0-9a-f]{2}$/ }],
  tiles: [{ folder: 'tiles', ours: /^[0-9a-f]{32}(\.part)?$/ }],
  embeddings: [
    { folder: 'features', ours: /\.safetensors(\..*\.tmp)?$/ },
    { folder: 'neighbours', ours: /^[0-9a-f]{24}$/ },
  ],
  encodings: [{ folder: 'encodings', ours: /^\.?[0-9a-f]{64}\.encoding(\.\d+-[0-9a-f]{8}\.part)?$/ }],
}
const megabyte = 2 ** 20

export interface CachedFile {
  path: string
  bytes: number
  used: number
}

export class Caches {
  private work: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly root: string,
    private readonly media: Pick<MediaService, 'limit'>,
    private readonly settings: () => Settings['caches'],
  ) {
    this.bound()
  }

  async usage(): Promise<CacheUsage> {
    const bytes = await Promise.all(
      cacheNames.map(async (name) => [name, (await this.items(name)).reduce((sum, i) => sum + i.bytes, 0)] as const),
    )
    return Object.fromEntries(bytes) as CacheUsage
  }

  /** Removes all entries that are ours. */
  clear = (name: CacheName): Promise<void> => this.next(async () => removeAll(await this.items(name)))

  /** Applies the current settings. Thumbnails enforce their limit themselves as they grow. */
  bound(): void {
    const { thumbnails, tiles } = this.settings()
    this.media.limit({ thumbnails: thumbnails * megabyte, tiles: tiles * megabyte })
    void this.trim('embeddings')
    void this.trim('encodings')
  }

  /** Trims a cache to its limit, least recently used entries first. */
  trim = (name: CacheName): Promise<void> =>
    this.next(async () => {
      const items = (await this.items(name)).sort((a, b) => b.used - a.used)
      let total = 0
      const limit = this.settings()[name] * megabyte
      await removeAll(items.filter((item) => (total += item.bytes) > limit))
    })

  /** Runs operations one after the other. */
  private next(body: () => Promise<void>): Promise<void> {
    const mine = this.work.then(body)
    this.work = mine.catch(() => undefined)
    return mine
  }

  private items = (name: CacheName): Promise<CachedFile[]> => itemsOf(this.root, name)
}

/** The entries of a cache in the cache folder `root`. */
export async function itemsOf(root: string, name: CacheName): Promise<CachedFile[]> {
  const found: CachedFile[] = []
  for (const { folder, ours } of places[name])
    for (const entry of await readdir(join(root, folder)).catch(() => []))
      if (ours.test(entry)) found.push(await sizeOf(join(root, folder, entry)))
  return found
}

/** Total size of a file or a folder's contents. */
export async function sizeOf(path: string): Promise<CachedFile> {
  const info = await stat(path).catch(() => null)
  if (!info) return { path, bytes: 0, used: 0 }
  const own = { path, bytes: info.isDirectory() ? 0 : info.size, used: Math.max(info.atimeMs, info.mtimeMs) }
  if (!info.isDirectory()) return own
  for (const entry of await readdir(path).catch(() => [])) {
    const inside = await sizeOf(join(path, entry))
    own.bytes += inside.bytes
    own.used = Math.max(own.used, inside.used)
  }
  return own
}

/** Entries locked by the system are removed next time. */
export async function removeAll(items: readonly CachedFile[]): Promise<void> {
  for (const { path } of items) await rm(path, { recursive: true, force: true }).catch(() => undefined)
}
