/** Images of a project: queries, and one image with all its annotations. */
import { dataError, userError } from '#shared/errors.ts'
import type { Caption } from '#shared/model/caption.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import type { Label } from '#shared/model/label.ts'
import type { Comment, Media, MediaLabel } from '#shared/model/media.ts'
import { mediaFilter, type MediaFilter } from '#shared/model/project.ts'
import type { Region } from '#shared/model/region.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import { toCaption, toComment, toMediaLabel, toRegion } from '../../db/entities.ts'
import { contentOf, type ContentTable } from '../../db/image-content.ts'
import { imageById, imagesById, imagesNamed } from '../../db/images.ts'
import { labels } from '../../db/labels.ts'
import { countMedia as count, mediaIds, type Page } from '../../db/media-query.ts'
import { tally } from '../../db/tally.ts'
import type { Project } from './project.ts'

function valid(filter: MediaFilter): MediaFilter {
  const parsed = mediaFilter.safeParse(filter)
  if (parsed.success) return parsed.data
  throw userError(sentence('in-field', { field: 'filter', problem: issueSentence(parsed.error) }))
}

/** One page in id order; the next page starts after its last id. */
export function findMedia({ db }: Project, filter: MediaFilter = {}, page: Page = {}): Media[] {
  return imagesById(db, mediaIds(db, valid(filter), page))
}

/** Ids only, for stepping through images. */
export const findMediaIds = ({ db }: Project, filter: MediaFilter = {}, page: Page = {}): number[] => mediaIds(db, valid(filter), page)

export const countMedia = ({ db }: Project, filter: MediaFilter = {}): number => count(db, valid(filter))

export const hasMedia = ({ db }: Project, id: number): boolean => imageById(db, id) !== null

export function getMedia({ db }: Project, id: number): Media {
  const image = imageById(db, id)
  if (!image) throw userError(sentence('image.none', { id }))
  return image
}

/** The image with this path under a root; null if there is none. */
export function mediaByPath({ db }: Project, path: string, rootId?: number): Media | null {
  const images = imagesNamed(db, path, rootId ?? null)
  if (images.length > 1) throw dataError(path, sentence('image.in-several', { folders: images.length }))
  return images[0] ?? null
}

export interface ImageContent {
  media: Media
  regions: Region[]
  labels: MediaLabel[]
  captions: Caption[]
  tags: string[]
  comments: Comment[]
}

/** A damaged row, from an earlier version or another program, does not hide the others; `project check` lists it. */
const undamaged =
  <T>(decode: (row: StoredRow) => T) =>
  (row: StoredRow): T[] => {
    try {
      return [decode(row)]
    } catch {
      return []
    }
  }

/** One image with all its annotations; regions in drawing order. */
export function imageContent(project: Project, mediaId: number): ImageContent {
  const { db } = project
  const rows = (table: ContentTable) => contentOf(db, table, mediaId)
  return {
    media: getMedia(project, mediaId),
    regions: rows('region').flatMap(undamaged(toRegion)),
    labels: rows('media_label').map(toMediaLabel),
    captions: rows('caption').flatMap(undamaged(toCaption)),
    tags: rows('media_tag').map((r) => String(r['tag'])),
    comments: rows('comment').map(toComment),
  }
}

export const listLabels = ({ db }: Project): Label[] => labels(db)

/** Usage of each label: label id → accepted regions and image labels. */
export function labelCounts({ db }: Project): Map<number, { regions: number; images: number }> {
  const { labelledRegions: regions, labelledImages: images } = tally(db)
  return new Map(
    [...new Set([...regions.keys(), ...images.keys()])].map((id) => [id, { regions: regions.get(id) ?? 0, images: images.get(id) ?? 0 }]),
  )
}
