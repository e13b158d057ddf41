/**
 * Converts stored rows to and from entities of the model. Rows are validated on reading, since a project may come
 * from somebody else.
 */
import type { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { inField } from '#shared/sentences/issue.ts'
import { type Sentence, sentence } from '#shared/sentences/table.ts'
import type { Author } from '#shared/model/author.ts'
import { caption, type Caption } from '#shared/model/caption.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import { label, type Label } from '#shared/model/label.ts'
import { comment, media, mediaLabel, type Comment, type Media, type MediaLabel } from '#shared/model/media.ts'
import { region, type Region } from '#shared/model/region.ts'
import { parseStored, repaired } from '#shared/model/text.ts'

/** 'person:NAME' or 'checkpoint:ID', so that one index serves both "by this author" and "by any person". */
export const authorText = (a: Author) => (a.kind === 'person' ? `person:${a.name}` : `checkpoint:${a.checkpoint}`)
export const authorPrompt = (a: Author) => (a.kind === 'checkpoint' ? (a.prompt ?? null) : null)
export const authorScore = (a: Author) => (a.kind === 'checkpoint' ? a.score : null)

const authorOf = (row: StoredRow) => {
  const text = repaired(String(row['author']))
  const [kind, name] = [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)]
  const prompt = row['prompt'] == null ? {} : { prompt: repaired(String(row['prompt'])) }
  return kind === 'person' ? { kind, name } : { kind, checkpoint: name, score: row['score'], ...prompt }
}
const bit = (v: unknown) => (v === undefined ? undefined : v ? 1 : 0)
const text = (v: unknown) => (v === undefined ? undefined : JSON.stringify(v))
const provenance = (e: { author?: Author; state?: string }) => ({
  author: e.author && authorText(e.author),
  score: e.author && authorScore(e.author),
  prompt: e.author && authorPrompt(e.author),
  state: e.state,
})

/** Omits keys without a value, so that the same function makes rows and patches. */
const row = (columns: Record<string, string | number | null | undefined>): StoredRow =>
  Object.fromEntries(Object.entries(columns).filter((entry): entry is [string, string | number | null] => entry[1] !== undefined))

export const labelRow = (l: Partial<Label>) =>
  row({
    name: l.name,
    colour: l.colour,
    key: l.key,
    synonyms: text(l.synonyms),
    prompts: text(l.prompts),
    parent_id: l.parentId,
    attributes: l.attributes?.length === 0 ? null : text(l.attributes),
    skeleton: l.skeleton === null ? null : text(l.skeleton),
  })
export const mediaRow = (m: Partial<Media>) =>
  row({
    root_id: m.rootId,
    path: m.path,
    content_hash: m.contentHash,
    perceptual_hash: m.perceptualHash,
    width: m.width,
    height: m.height,
    orientation: m.orientation,
    split: m.split,
    review: m.review,
    duplicate_group: m.duplicateGroup,
  })
export const mediaLabelRow = (m: Partial<MediaLabel>) => row({ media_id: m.mediaId, label_id: m.labelId, ...provenance(m) })
export const regionRow = (r: Partial<Region>) =>
  row({
    media_id: r.mediaId,
    label_id: r.labelId,
    shape: text(r.shape),
    attributes: text(r.attributes),
    ...provenance(r),
    z: r.z,
    hidden: bit(r.hidden),
    locked: bit(r.locked),
    ...(r.track === undefined ? {} : { track: r.track?.id ?? null, frame: r.track?.frame ?? null }),
  })
export const captionRow = (c: Partial<Caption>) =>
  row({ media_id: c.mediaId, region_id: c.regionId, text: c.text, language: c.language, spans: text(c.spans), ...provenance(c) })
export const commentRow = (c: Partial<Comment>) =>
  row({
    media_id: c.mediaId,
    region_id: c.regionId,
    by_name: c.by,
    text: c.text,
    created: c.created,
    resolved: bit(c.resolved),
    x: c.at === undefined ? undefined : (c.at?.x ?? null),
    y: c.at === undefined ? undefined : (c.at?.y ?? null),
    reply_to: c.replyTo,
  })

/** Parses a row by the schema. @throws dataError with table and id if the row is invalid */
export function decode<S extends z.ZodType>(schema: S, table: string, r: StoredRow, columns: () => unknown): z.infer<S> {
  let problem: Sentence | string
  try {
    const parsed = schema.safeParse(columns())
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]!
    problem = inField(issue.path.join('.'), issue.message)
  } catch (e) {
    problem = e instanceof Error ? e.message : String(e)
  }
  throw dataError('project.db', sentence('row.damaged', { table, id: String(r['id']), problem }))
}

const parsed = (v: StoredRow[string] | undefined): unknown => parseStored(String(v))
const plain = <V>(v: V): V => (typeof v === 'string' ? (repaired(v) as V) : v)

/** Who made a region, image label or caption, what was decided on it, and who edited it last. */
const authored = (r: StoredRow) => ({
  author: authorOf(r),
  state: r['state'],
  ...(r['edited_by'] == null ? {} : { editedBy: plain(r['edited_by']) }),
})

export const toLabel = (r: StoredRow): Label =>
  decode(label, 'label', r, () => ({
    id: r['id'],
    name: plain(r['name']),
    colour: r['colour'],
    key: r['key'],
    synonyms: parsed(r['synonyms']),
    prompts: parsed(r['prompts']),
    parentId: r['parent_id'],
    attributes: r['attributes'] == null ? [] : parsed(r['attributes']),
    skeleton: r['skeleton'] == null ? null : parsed(r['skeleton']),
  }))
export const toMedia = (r: StoredRow): Media =>
  decode(media, 'media', r, () => ({
    id: r['id'],
    rootId: r['root_id'],
    path: r['path'],
    contentHash: r['content_hash'],
    perceptualHash: r['perceptual_hash'],
    width: r['width'],
    height: r['height'],
    orientation: r['orientation'],
    split: plain(r['split']),
    review: r['review'],
    reviewedBy: plain(r['reviewed_by'] ?? null),
    reviewedAt: r['reviewed_at'] ?? null,
    duplicateGroup: r['duplicate_group'],
  }))
export const toMediaLabel = (r: StoredRow): MediaLabel =>
  decode(mediaLabel, 'media_label', r, () => ({
    id: r['id'],
    mediaId: r['media_id'],
    labelId: r['label_id'],
    ...authored(r),
  }))
export const toRegion = (r: StoredRow): Region =>
  decode(region, 'region', r, () => ({
    id: r['id'],
    mediaId: r['media_id'],
    labelId: r['label_id'],
    shape: parsed(r['shape']),
    attributes: parsed(r['attributes']),
    z: r['z'],
    hidden: r['hidden'] === 1,
    locked: r['locked'] === 1,
    ...authored(r),
    ...(r['track'] == null ? {} : { track: { id: r['track'], frame: r['frame'] } }),
  }))
export const toCaption = (r: StoredRow): Caption =>
  decode(caption, 'caption', r, () => ({
    id: r['id'],
    mediaId: r['media_id'],
    regionId: r['region_id'],
    text: plain(r['text']),
    language: r['language'],
    spans: parsed(r['spans']),
    ...authored(r),
  }))
export const toComment = (r: StoredRow): Comment =>
  decode(comment, 'comment', r, () => ({
    id: r['id'],
    mediaId: r['media_id'],
    regionId: r['region_id'],
    by: plain(r['by_name']),
    text: plain(r['text']),
    created: r['created'],
    resolved: r['resolved'] === 1,
    at: r['x'] == null || r['y'] == null ? null : { x: r['x'], y: r['y'] },
    replyTo: r['reply_to'] ?? null,
  }))
