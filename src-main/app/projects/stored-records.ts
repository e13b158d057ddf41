/** Reads images with all their annotations as a stream of records, for exporters. */
import { join } from 'node:path'
import { errorLine } from '#shared/errors.ts'
import { shapeProblem } from '#shared/geometry/shape.ts'
import type { Caption } from '#shared/model/caption.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import type { MediaFilter } from '#shared/model/project.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { attributesOfTrack } from '#shared/model/sequence.ts'
import { toCaption, toMediaLabel, toRegion } from '../../db/entities.ts'
import { contentOfImages } from '../../db/image-content.ts'
import { imagesById } from '../../db/images.ts'
import { labelNames } from '../../db/labels.ts'
import { mediaIds } from '../../db/media-query.ts'
import { linkReason } from '../../files/within.ts'
import { placesOf } from './places.ts'
import type { Project } from './project.ts'

const chunk = 500

export interface StoredRecord {
  mediaId: number
  /** The absolute image folder, and the image's file in it; null if that is a link leading out of it. */
  root: string
  file: string | null
  record: ImageRecord
  /** Ids in the order of `record.regions`. */
  regionIds: number[]
  /**
   * What is missing from the record, one line each: invalid stored annotations (of another version or program), a
   * link.
   */
  problems: string[]
}

/** Records of the images that pass a filter, in id order, read in batches of some hundred. */
export function* readRecords(project: Project, filter: MediaFilter = {}): Generator<StoredRecord> {
  const { db } = project
  const places = placesOf(project)
  const labels = labelNames(db)
  for (let after = 0; ;) {
    const ids = mediaIds(db, filter, { after, limit: chunk })
    if (ids.length === 0) return
    after = ids.at(-1)!
    const [regions, mediaLabels, captions, tags] = [
      contentOfImages(db, 'region', ids),
      contentOfImages(db, 'media_label', ids),
      contentOfImages(db, 'caption', ids),
      contentOfImages(db, 'media_tag', ids),
    ]
    for (const media of imagesById(db, ids)) {
      const place = places.get(media.rootId)!
      const link = place.linkOut(media.path)
      const problems: string[] = link === null ? [] : [linkReason(link)]
      const own = sound(regions.get(media.id), toRegion, problems, (r) => problemLine('region', r.id, shapeProblem(r.shape, media)))
      const index = new Map(own.map((r, i) => [r.id, i]))
      yield {
        mediaId: media.id,
        root: place.folder,
        file: link === null ? join(place.folder, media.path) : null,
        regionIds: own.map((r) => r.id),
        problems,
        record: {
          fileName: media.path,
          width: media.width,
          height: media.height,
          orientation: media.orientation,
          contentHash: media.contentHash,
          perceptualHash: media.perceptualHash,
          split: media.split,
          review: media.review,
          labels: (mediaLabels.get(media.id) ?? [])
            .map(toMediaLabel)
            .map((l) => ({ label: labels.get(l.labelId)!, author: l.author, state: l.state })),
          regions: own.map((r) => ({
            label: r.labelId === null ? null : labels.get(r.labelId)!,
            shape: r.shape,
            attributes: r.track ? { ...r.attributes, ...attributesOfTrack(r.track) } : r.attributes,
            z: r.z,
            author: r.author,
            state: r.state,
          })),
          captions: sound(captions.get(media.id), toCaption, problems, (c) =>
            problemLine('caption', c.id, c.regionId === null || index.has(c.regionId) ? null : 'describes a region that is left out'),
          ).map((c) => recordCaption(c, index)),
          tags: (tags.get(media.id) ?? []).map((t) => String(t['tag'])),
        },
      }
    }
  }
}

const problemLine = (what: string, id: number, problem: string | null) => problem && `${what} ${id}: ${problem}`

/** The valid rows as entities; each invalid row becomes a line in `problems`. */
function sound<T extends { id: number }>(
  rows: readonly StoredRow[] = [],
  decode: (row: StoredRow) => T,
  problems: string[],
  problemOf: (entity: T) => string | null,
): T[] {
  return rows.flatMap((row) => {
    try {
      const entity = decode(row)
      const problem = problemOf(entity)
      if (!problem) return [entity]
      problems.push(problem)
    } catch (e) {
      problems.push(errorLine(e))
    }
    return []
  })
}

function recordCaption(c: Caption, index: Map<number, number>) {
  const spans = c.spans.map((s) => ({ ...s, regions: s.regions.map((id) => index.get(id)).filter((i) => i !== undefined) }))
  return {
    text: c.text,
    language: c.language,
    region: c.regionId === null ? null : index.get(c.regionId)!,
    spans,
    author: c.author,
    state: c.state,
  }
}
