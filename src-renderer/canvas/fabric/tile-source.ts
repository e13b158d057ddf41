/** Tiles of a huge image: fetches the visible ones, coarsest first, and caches the last few hundred. */
import type { Box } from '#shared/model/shape.ts'
import type { CanvasImage, Pyramid, Size } from '../types.ts'

/** Tiles in the cache; 512 × 512 RGBA is one megabyte each. */
const kept = 240
/** Concurrent requests. */
const lanes = 4

export const levelsOf = ({ width, height }: Size, { side }: Pyramid) =>
  Math.max(0, Math.ceil(Math.log2(Math.max(width, height) / side))) + 1
/** The coarsest level with at least one pixel per screen pixel; `scale` is canvas pixels per image pixel. */
export const levelFor = (scale: number, levels: number) => Math.min(levels - 1, Math.max(0, Math.floor(Math.log2(1 / scale))))

export interface TilePlace {
  level: number
  x: number
  y: number
}

/** The tiles of a level that intersect a box of image pixels. */
export function tilesIn(box: Box, { width, height }: Size, level: number, side: number): TilePlace[] {
  const span = side * 2 ** level
  const range = (from: number, length: number, all: number) =>
    [Math.max(0, Math.floor(from / span)), Math.min(Math.ceil(all / span), Math.ceil((from + length) / span))] as const
  const [x0, x1] = range(box.x, box.w, width)
  const [y0, y1] = range(box.y, box.h, height)
  const out: TilePlace[] = []
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) out.push({ level, x, y })
  return out
}

const keyOf = ({ level, x, y }: TilePlace) => `${level}/${x}/${y}`

export class TileSource {
  readonly levels: number
  private readonly tiles = new Map<string, ImageBitmap>()
  private readonly fetching = new Map<string, AbortController>()
  private readonly failed = new Set<string>()
  private wanted: TilePlace[] = []
  private closed = false

  /** `onTile` is called when another tile can be drawn. */
  constructor(
    image: CanvasImage,
    private readonly pyramid: Pyramid,
    private readonly onTile: () => void,
  ) {
    this.levels = levelsOf(image, pyramid)
  }

  get(place: TilePlace): ImageBitmap | undefined {
    const key = keyOf(place)
    const tile = this.tiles.get(key)
    if (tile) {
      this.tiles.delete(key)
      this.tiles.set(key, tile)
    }
    return tile
  }

  /** Sets the tiles in view, most urgent first; requests for others are dropped. */
  want(places: readonly TilePlace[]): void {
    this.wanted = places.filter((p) => !this.tiles.has(keyOf(p)) && !this.failed.has(keyOf(p)))
    const keys = new Set(this.wanted.map(keyOf))
    for (const [key, abort] of this.fetching) if (!keys.has(key)) abort.abort()
    this.next()
  }
  /** Whether everything requested has arrived or failed. */
  get settled() {
    return this.wanted.every((p) => this.tiles.has(keyOf(p)) || this.failed.has(keyOf(p)))
  }

  private next(): void {
    for (const place of this.wanted) {
      if (this.fetching.size >= lanes) return
      const key = keyOf(place)
      if (!this.fetching.has(key) && !this.tiles.has(key) && !this.failed.has(key)) void this.fetch(place, key)
    }
  }

  private async fetch({ level, x, y }: TilePlace, key: string): Promise<void> {
    const abort = new AbortController()
    this.fetching.set(key, abort)
    try {
      const response = await fetch(this.pyramid.tileUrl(level, x, y), { signal: abort.signal })
      if (!response.ok) throw new Error(`${response.status}`)
      const tile = await createImageBitmap(await response.blob())
      if (this.closed) return tile.close()
      this.tiles.set(key, tile)
      this.trim()
      this.onTile()
    } catch {
      if (!abort.signal.aborted) this.failed.add(key)
    } finally {
      this.fetching.delete(key)
      if (!this.closed) this.next()
    }
  }

  private trim(): void {
    for (const [key, tile] of this.tiles) {
      if (this.tiles.size <= kept) return
      this.tiles.delete(key)
      tile.close()
    }
  }

  close(): void {
    this.closed = true
    for (const abort of this.fetching.values()) abort.abort()
    for (const tile of this.tiles.values()) tile.close()
    this.tiles.clear()
  }
}
