/** Optimistic updates: an image's content as it will be after a change, shown at once, also without a connection. */
import type { ImageContent } from '#shared/contract/media.ts'
import type { Author } from '#shared/model/author.ts'
import type { Change, Request } from '../rpc/changes.ts'

const without = <T extends { id: number }>(list: readonly T[], id: number) => list.filter((x) => x.id !== id)
const patched = <T extends { id: number }>(list: readonly T[], id: number, patch: Partial<T>) =>
  list.map((x) => (x.id === id ? { ...x, ...patch } : x))

/** Region changes are left out: the canvas already shows them. */
export function foresee(content: ImageContent, change: Request & Pick<Change, 'temporary'>, author: Author): ImageContent {
  const mediaId = content.media.id
  const of = (ids: readonly number[]) => ids.includes(mediaId)
  switch (change.method) {
    case 'captions.add':
      return { ...content, captions: [...content.captions, { ...change.input, id: change.temporary ?? 0, author, state: 'accepted' }] }
    case 'captions.update':
      return { ...content, captions: patched(content.captions, change.input.id, change.input.patch) }
    case 'captions.remove':
      return { ...content, captions: without(content.captions, change.input.id) }
    case 'comments.add':
      return {
        ...content,
        comments: [
          ...content.comments,
          {
            ...change.input,
            at: change.input.at ?? null,
            replyTo: change.input.replyTo ?? null,
            id: change.temporary ?? 0,
            by: author.kind === 'person' ? author.name : '',
            created: Date.now(),
            resolved: false,
          },
        ],
      }
    case 'comments.update':
      return { ...content, comments: patched(content.comments, change.input.id, change.input.patch) }
    case 'comments.remove':
      return { ...content, comments: without(content.comments, change.input.id).filter((c) => c.replyTo !== change.input.id) }
    case 'image-labels.choose':
      return of([change.input.mediaId])
        ? { ...content, labels: chosen(withLabel(content, change.input.labelId, author), change.input.labelId) }
        : content
    case 'image-labels.set':
      return of(change.input.mediaIds) ? { ...content, labels: withLabel(content, change.input.labelId, author) } : content
    case 'image-labels.unset':
      return of(change.input.mediaIds) ? { ...content, labels: content.labels.filter((l) => l.labelId !== change.input.labelId) } : content
    case 'tags.add':
      return of(change.input.mediaIds) ? { ...content, tags: [...new Set([...content.tags, change.input.tag])] } : content
    case 'tags.remove':
      return of(change.input.mediaIds) ? { ...content, tags: content.tags.filter((t) => t !== change.input.tag) } : content
    case 'splits.set':
      return of(change.input.mediaIds) ? { ...content, media: { ...content.media, split: change.input.split } } : content
    case 'review.set':
      return of(change.input.mediaIds)
        ? {
            ...content,
            media: {
              ...content.media,
              review: change.input.review,
              reviewedBy: author.kind === 'person' ? author.name : null,
              reviewedAt: Date.now(),
            },
          }
        : content
    case 'media.edit': {
      const { mediaIds, patch } = change.input
      if (!of(mediaIds)) return content
      const labelled = (patch.addLabels ?? []).reduce((now, labelId) => ({ ...now, labels: withLabel(now, labelId, author) }), content)
      return {
        ...labelled,
        labels: labelled.labels.filter((l) => !patch.removeLabels?.includes(l.labelId) || patch.addLabels?.includes(l.labelId)),
        tags: [...new Set([...content.tags.filter((t) => !patch.removeTags?.includes(t)), ...(patch.addTags ?? [])])],
        media: {
          ...content.media,
          ...(patch.split !== undefined && { split: patch.split }),
          ...(patch.review !== undefined && { review: patch.review }),
        },
      }
    }
    default:
      return content
  }
}

const pick = <T extends object>(from: T, keys: readonly string[]): Partial<T> =>
  Object.fromEntries(Object.entries(from).filter(([k]) => keys.includes(k))) as Partial<T>

/** The change with this window's last known values of the fields it changes, so that it overwrites nothing unseen. */
export function withBefore<R extends Request>(content: ImageContent, request: R): R {
  const given = request as Request
  const before = known()
  return before === undefined || 'before' in given.input ? request : ({ ...request, input: { ...given.input, before } } as R)

  function known(): unknown {
    switch (given.method) {
      case 'captions.update':
        return fieldsOf(
          content.captions.find((c) => c.id === given.input.id),
          Object.keys(given.input.patch),
        )
      case 'captions.remove':
        return fieldsOf(
          content.captions.find((c) => c.id === given.input.id),
          ['text', 'language', 'spans'],
        )
      case 'comments.update':
        return fieldsOf(
          content.comments.find((c) => c.id === given.input.id),
          Object.keys(given.input.patch),
        )
      case 'comments.remove':
        return fieldsOf(
          content.comments.find((c) => c.id === given.input.id),
          ['text', 'resolved'],
        )
      case 'splits.set':
        return given.input.mediaIds.length === 1 && given.input.mediaIds[0] === content.media.id ? [content.media.split] : undefined
      case 'review.set':
        return given.input.mediaIds.length === 1 && given.input.mediaIds[0] === content.media.id ? [content.media.review] : undefined
      default:
        return undefined
    }
  }
  function fieldsOf<T extends object>(entity: T | undefined, keys: readonly string[]): unknown {
    return entity && pick(entity, keys)
  }
}

/** A single class: other classes are removed, other proposals rejected. */
const chosen = (labels: ImageContent['labels'], labelId: number): ImageContent['labels'] =>
  labels.flatMap((l) => (l.labelId === labelId ? [l] : l.state === 'accepted' ? [] : [{ ...l, state: 'rejected' as const }]))

function withLabel({ labels, media }: ImageContent, labelId: number, author: Author): ImageContent['labels'] {
  const here = labels.find((l) => l.labelId === labelId)
  if (here) return labels.map((l) => (l === here ? { ...l, state: 'accepted' } : l))
  return [...labels, { id: 0, mediaId: media.id, labelId, author, state: 'accepted' }]
}
