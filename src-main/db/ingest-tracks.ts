/**
 * Tracks of imported records, given as attributes: a track number in a file becomes a number unique within its folder
 * in the project.
 */
import type { Attributes } from '#shared/model/region.ts'
import type { RecordRegion } from '#shared/model/record.ts'
import { mayBeFrame, trackOfAttributes, type TrackPlace } from '#shared/model/sequence.ts'
import type { Database } from './database.ts'

const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1)

/**
 * Assigns a new number if the folder already has a track of that number with another label. The same number and label
 * is the same track, so that an import in several parts continues it.
 */
export class IngestedTracks {
  /** @param numbers assigned so far by an import spanning several transactions */
  constructor(
    private readonly db: Database,
    private readonly rootId: number,
    private readonly numbers: TrackNumbers = new Map(),
  ) {}

  numberOf(fileName: string, id: number, label: string | null): number {
    const folder = folderOf(fileName)
    const key = JSON.stringify([this.rootId, folder, id, label])
    let number = this.numbers.get(key)
    if (number !== undefined) return number
    number = this.isFree(folder, id, label) ? id : this.fresh(id)
    this.numbers.set(key, number)
    this.numbers.set(placeKey(this.rootId, folder, number), number)
    return number
  }

  /** Whether the folder has no track of that number, or one of the same label. */
  private isFree(folder: string, id: number, label: string | null): boolean {
    if (this.numbers.has(placeKey(this.rootId, folder, id))) return false
    const there = this.db.get<{ name: string | null }>(
      `SELECT l.name FROM region r JOIN media m ON m.id = r.media_id LEFT JOIN label l ON l.id = r.label_id
       WHERE r.track = ? AND m.root_id = ? AND rtrim(m.path, replace(m.path, '/', '')) = ? LIMIT 1`,
      id,
      this.rootId,
      folder,
    )
    return there === undefined || there.name === label
  }

  private fresh(id: number): number {
    const most =
      this.numbers.get('most') ?? Number(this.db.value('SELECT coalesce(max(track), 0) FROM region WHERE track IS NOT NULL') ?? 0)
    const number = Math.min(Math.max(most, id) + 1, Number.MAX_SAFE_INTEGER)
    this.numbers.set('most', number)
    return number
  }
}
export type TrackNumbers = Map<string, number>
const placeKey = (rootId: number, folder: string, number: number) => `${rootId} ${number} ${folder}`

/**
 * A track has at most one region per image. A second region with the same track number keeps it as a plain attribute.
 */
export class TracksOfImage {
  private readonly taken = new Set<number>()

  constructor(
    private readonly tracks: IngestedTracks,
    private readonly fileName: string,
  ) {}

  of({ label, attributes = {} }: RecordRegion): { attributes: Attributes; track?: TrackPlace } {
    const found = mayBeFrame(this.fileName) ? trackOfAttributes(attributes) : null
    if (!found || this.taken.has(found.track.id)) return { attributes }
    this.taken.add(found.track.id)
    return { attributes: found.rest, track: { id: this.tracks.numberOf(this.fileName, found.track.id, label), frame: found.track.frame } }
  }
}
