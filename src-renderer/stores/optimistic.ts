/** What an image's content will be once the application has made a change: shown at once, and also while there is no connection. */
import type { ImageContent } from '#shared/contract/media.ts'
import type { Author } from '#shared/model/author.ts'
import type { Change, Request } from '../rpc/changes.ts'

const without = <T extends { id: number }>(list: readonly T[], id: number) => list.filter((x) => x.id !== id)
const patched = <T extends { id: number }>(list: readonly T[], id: number, patch: Partial<T>) => list.map((x) => (x.id === id ? { ...x, ...patch } : x))

/** The regions' own changes are the canvas's, which shows them already. */
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
      return { ...content, comments: [...content.comments, { ...change.input, id: change.temporary ?? 0, by: author.kind === 'person' ? author.name : '', created: Date.now(), resolved: false }] }
    case 'comments.update':
      return { ...content, comments: patched(content.comments, change.input.id, change.input.patch) }
    case 'comments.remove':
      return { ...content, comments: without(content.comments, change.input.id) }
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
      return of(change.input.mediaIds) ? { ...content, media: { ...content.media, review: change.input.review } } : content
    case 'media.edit': {
      const { mediaIds, patch } = change.input
      if (!of(mediaIds)) return content
      const labelled = (patch.addLabels ?? []).reduce((now, labelId) => ({ ...now, labels: withLabel(now, labelId, author) }), content)
      return {
        ...labelled,
        labels: labelled.labels.filter((l) => !patch.removeLabels?.includes(l.labelId) || patch.addLabels?.includes(l.labelId)),
        tags: [...new Set([...content.tags.filter((t) => !patch.removeTags?.includes(t)), ...(patch.addTags ?? [])])],
        media: { ...content.media, ...(patch.split !== undefined && { split: patch.split }), ...(patch.review !== undefined && { review: patch.review }) },
      }
    }
    default:
      return content
  }
}

function withLabel({ labels, media }: ImageContent, labelId: number, author: Author): ImageContent['labels'] {
  const here = labels.find((l) => l.labelId === labelId)
  if (here) return labels.map((l) => (l === here ? { ...l, state: 'accepted' } : l))
  return [...labels, { id: 0, mediaId: media.id, labelId, author, state: 'accepted' }]
}
