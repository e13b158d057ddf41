/** The regions of the open image: by id, in drawing order, and by location (an R-tree of their boxes). */
import RBush, { type BBox } from 'rbush'
import { lineDistance } from '#shared/geometry/polygon.ts'
import type { Region } from '#shared/model/region.ts'
import type { Box, Shape } from '#shared/model/shape.ts'
import { boundsOfShape, containsPoint } from './bounds.ts'
import type { Ghost, Point, RegionId } from './types.ts'

interface Entry extends BBox {
  region: Region
}
type Tree = RBush<Entry>

const entryOf = (region: Region): Entry => {
  const { x, y, w, h } = boundsOfShape(region.shape)
  return { minX: x, minY: y, maxX: x + w, maxY: y + h, region }
}

/** Rejected proposals are kept so that they are not proposed again, but are not shown. */
export const isShown = (r: Region) => !r.hidden && r.state !== 'rejected'

const closedRings = (shape: Shape) => (shape.kind === 'polygon' ? shape.parts.flat() : [])

export class RegionStore {
  private readonly regions = new Map<RegionId, Region>()
  private readonly entries = new Map<RegionId, Entry>()
  /** Built on first use: it requires decoding all masks, which should not delay showing an image. */
  private index: Tree | null = null
  private readonly renamed = new Map<RegionId, RegionId>()
  private ordered: Region[] | null = null
  /** Those that are no part of the document; they are also found by all that finds regions. */
  ghosts: ReadonlyMap<RegionId, Ghost> = new Map()

  load(regions: readonly Region[]): void {
    this.regions.clear()
    this.entries.clear()
    this.renamed.clear()
    this.index = null
    this.ordered = null
    this.ghosts = new Map()
    for (const region of regions) this.regions.set(region.id, region)
  }

  private get tree(): Tree {
    if (this.index) return this.index
    const entries = Array.from(this.regions.values(), entryOf)
    for (const entry of entries) this.entries.set(entry.region.id, entry)
    return (this.index = new RBush<Entry>().load(entries))
  }

  /** A region's current id, given its temporary or saved one. */
  idOf = (id: RegionId): RegionId => this.renamed.get(id) ?? id
  get = (id: RegionId): Region | undefined => this.regions.get(this.idOf(id))
  /** Whether it is part of the document. */
  isSaved = ({ id }: Pick<Region, 'id'>): boolean => !this.ghosts.has(id)
  get size() {
    return this.regions.size
  }
  get topZ() {
    return this.all().at(-1)?.z ?? -1
  }

  set(region: Region): void {
    this.delete(region.id)
    this.regions.set(region.id, region)
    if (!this.index) return
    const entry = entryOf(region)
    this.entries.set(region.id, entry)
    this.index.insert(entry)
  }

  delete(id: RegionId): void {
    this.ordered = null
    this.regions.delete(id)
    const entry = this.entries.get(id)
    if (!entry) return
    this.index?.remove(entry)
    this.entries.delete(id)
  }

  rename(from: RegionId, to: RegionId): void {
    const region = this.get(from)
    if (!region) return
    this.delete(from)
    this.renamed.set(from, to)
    this.set({ ...region, id: to })
  }

  /** Lowest first; equal z by id, with temporary ids last. */
  all(): readonly Region[] {
    const age = (r: Region) => (r.id > 0 ? r.id : Number.MAX_SAFE_INTEGER / 2 - r.id)
    return (this.ordered ??= [...this.regions.values()].sort((a, b) => a.z - b.z || age(a) - age(b)))
  }

  /** Regions whose boxes intersect a box of image pixels, in no particular order. */
  inBox = (b: Box): Region[] => this.tree.search({ minX: b.x, minY: b.y, maxX: b.x + b.w, maxY: b.y + b.h }).map((e) => e.region)

  /** Regions under a point, or with an outline within `reach` pixels of it: unlocked before locked, then topmost first. */
  hit(point: Point, reach: number): Region[] {
    const { x, y } = point
    return this.inBox({ x: x - reach, y: y - reach, w: 2 * reach, h: 2 * reach })
      .filter(
        (r) =>
          isShown(r) &&
          (containsPoint(r.shape, x, y, reach) || closedRings(r.shape).some((ring) => lineDistance(ring, x, y, true) <= reach)),
      )
      .sort((a, b) => Number(a.locked) - Number(b.locked) || b.z - a.z || b.id - a.id)
  }
}
