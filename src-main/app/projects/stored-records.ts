/** Images with everything known of them as records, which exporters take, read as a stream. */
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
  /** The folder of images, absolute, and the image's file in it; null where that is a link which leads out of it. */
  root: string
  file: string | null
  record: ImageRecord
  /** Ids in the order of `record.regions`. */
  regionIds: number[]
  /** What is not in the record: annotations stored that are none (of before, or of another program), a link; a line each. */
  problems: string[]
}

/** Everything known of the images that a filter lets through, in the order of their ids, some hundred at a time. */
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

/** The rows that are what they should be; of any other a line in `problems`. */
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
