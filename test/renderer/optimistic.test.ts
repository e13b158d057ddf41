import { expect, test } from 'vitest'
import type { ImageContent } from '#shared/contract/media.ts'
import type { Request } from '../../src-renderer/rpc/changes.ts'
import { foresee } from '../../src-renderer/stores/optimistic.ts'

const author = { kind: 'person' as const, name: 'ann' }
const image: ImageContent = {
  media: {
    id: 1,
    rootId: 1,
    path: 'a.jpg',
    contentHash: null,
    perceptualHash: null,
    width: 4,
    height: 3,
    orientation: 1,
    split: 'train',
    review: 'unreviewed',
    duplicateGroup: null,
  },
  regions: [],
  labels: [{ id: 5, mediaId: 1, labelId: 7, author, state: 'proposed' }],
  tags: ['old'],
  captions: [{ id: 3, mediaId: 1, regionId: null, text: 'a cat', language: 'en', spans: [], author, state: 'accepted' }],
  comments: [],
}
const after = (request: Request, temporary?: number) => foresee(image, { ...request, temporary }, author)

test('changes of an image are shown before the application has them', () => {
  const { captions } = after(
    { method: 'captions.add', input: { mediaId: 1, regionId: null, text: 'a dog', language: 'en', spans: [] } },
    -9,
  )
  expect(captions.map((c) => [c.id, c.text])).toEqual([
    [3, 'a cat'],
    [-9, 'a dog'],
  ])
  expect(after({ method: 'captions.update', input: { id: 3, patch: { text: 'two cats' } } }).captions[0]).toMatchObject({
    text: 'two cats',
    language: 'en',
  })
  expect(after({ method: 'captions.remove', input: { id: 3 } }).captions).toEqual([])
  expect(after({ method: 'comments.add', input: { mediaId: 1, regionId: null, text: 'blurred?' } }, -8).comments).toMatchObject([
    { id: -8, by: 'ann', text: 'blurred?', resolved: false },
  ])
  expect(after({ method: 'image-labels.set', input: { mediaIds: [1, 2], labelId: 7 } }).labels).toMatchObject([
    { id: 5, state: 'accepted' },
  ])
  expect(after({ method: 'image-labels.choose', input: { mediaId: 1, labelId: 8 } }).labels.map((l) => [l.labelId, l.state])).toEqual([
    [7, 'rejected'],
    [8, 'accepted'],
  ])
  expect(after({ method: 'splits.set', input: { mediaIds: [1], split: null } }).media.split).toBeNull()
})

test('a change of other images does not affect this one', () => {
  expect(after({ method: 'tags.add', input: { mediaIds: [2], tag: 'new' } })).toBe(image)
  expect(after({ method: 'media.edit', input: { mediaIds: [2], patch: { split: 'test' } } })).toBe(image)
})

test('several simultaneous changes', () => {
  const { labels, tags, media } = after({
    method: 'media.edit',
    input: { mediaIds: [1], patch: { addLabels: [8], removeLabels: [7], addTags: ['dusk'], removeTags: ['old'], review: 'approved' } },
  })
  expect([labels.map((l) => l.labelId), tags, media.review, media.split]).toEqual([[8], ['dusk'], 'approved', 'train'])
})
