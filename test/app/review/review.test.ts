/** Ordered review, and comments at a place. */
import { expect, test } from 'vitest'
import { keepResult } from '../../../src-main/app/curation/index.ts'
import {
  addComment,
  addRegion,
  removeComment,
  removeMedia,
  removeRegions,
  setReview,
  undoChange,
  updateComment,
} from '../../../src-main/app/annotations/index.ts'
import { mediaFacets } from '../../../src-main/app/media/facets.ts'
import { addRecords, imageContent, projectHash, findMediaIds, restoreSnapshot, takeSnapshot } from '../../../src-main/app/projects/index.ts'
import { openComments, reviewOrderOf, reviewStanding } from '../../../src-main/app/review/index.ts'
import { box, record, temporaryProject } from '../projects/fixture.ts'

const by = (score: number) => ({ author: { kind: 'checkpoint', checkpoint: 'run-1', score } as const })
const four = () =>
  temporaryProject([
    record('b10.jpg'),
    record('b9.jpg', { regions: [{ label: 'cat', shape: box(), ...by(0.9) }] }),
    record('a.jpg', { regions: [{ label: 'cat', shape: box(), ...by(0.2) }] }),
    record('c.jpg'),
  ])
const paths = (project: ReturnType<typeof four>, ids: readonly number[]) => ids.map((id) => imageContent(project, id).media.path)

test('images are reviewed by path as people count, by doubt, or in a random order that stays', () => {
  const project = four()
  const order = (order: 'path' | 'doubt' | 'random', seed = 0) => paths(project, reviewOrderOf(project, { filter: {}, order, seed }))
  expect(order('path')).toEqual(['a.jpg', 'b9.jpg', 'b10.jpg', 'c.jpg'])
  expect(order('doubt')).toEqual(['a.jpg', 'b9.jpg', 'b10.jpg', 'c.jpg'])
  const doubt = { mediaId: 4, given: 1, suggested: 1, selfConfidence: 0.1, margin: -0.8, issue: true }
  const summary = { images: 1, labels: [], issues: 1, accuracy: 1, noise: 0, confusions: [], leftOut: 0 }
  keepResult(project, 'doubts', { summary, details: [doubt] }, 1)
  expect(order('doubt')).toEqual(['c.jpg', 'a.jpg', 'b9.jpg', 'b10.jpg'])

  const drawn = order('random', 7)
  expect(drawn.toSorted()).toEqual(['a.jpg', 'b10.jpg', 'b9.jpg', 'c.jpg'])
  expect(order('random', 7)).toEqual(drawn)
  expect([1, 2, 3, 4, 5].map((seed) => order('random', seed).join())).not.toEqual(Array(5).fill(drawn.join()))
  addRecords(project, [record('new.jpg')])
  expect(order('random', 7).filter((p) => p !== 'new.jpg')).toEqual(drawn)
  expect(paths(project, reviewOrderOf(project, { filter: { pathText: 'b' }, order: 'path', seed: 0 }))).toEqual(['b9.jpg', 'b10.jpg'])
})

test('the state of the review, and who set it', () => {
  const project = four()
  setReview(project, [1, 2], 'approved')
  setReview(project, [3], 'rejected')
  addComment(project, { mediaId: 3, text: 'the box is loose' })
  expect(reviewStanding(project)).toEqual({
    states: { unreviewed: 1, 'in-review': 0, approved: 2, rejected: 1 },
    by: [{ name: 'ann', approved: 2, rejected: 1, last: imageContent(project, 3).media.reviewedAt }],
    comments: { images: 1, open: 1 },
  })
})

test('a comment belongs to a point, a region or the image; replies belong to it', () => {
  const project = four()
  const before = projectHash(project)
  const pin = addComment(project, { mediaId: 1, text: 'what is this?', at: { x: 10.5, y: 20 } })
  const reply = addComment(project, { mediaId: 1, text: 'a leaf', replyTo: pin.id })
  const region = addRegion(project, { mediaId: 1, shape: box() })
  const onRegion = addComment(project, { mediaId: 1, regionId: region.id, text: 'loose' })
  expect(imageContent(project, 1).comments).toEqual([pin, reply, onRegion])
  expect(pin).toMatchObject({ at: { x: 10.5, y: 20 }, replyTo: null, by: 'ann', resolved: false })
  for (const [wrong, line] of [
    [{ at: { x: 641, y: 1 } }, 'comment: 641, 1 lies outside the image'],
    [{ at: { x: -1, y: 1 } }, 'lies outside the image'],
    [{ at: { x: NaN, y: 1 } }, 'comment: at.x: '],
    [{ replyTo: 99 }, 'comment 99 is not on this image'],
    [{ replyTo: reply.id }, `comment ${reply.id} is itself a reply`],
    [{ replyTo: pin.id, at: { x: 1, y: 1 } }, 'a reply has no place of its own'],
  ] as const)
    expect(() => addComment(project, { mediaId: 1, text: 'no', ...wrong })).toThrow(line)

  removeRegions(project, [region.id]) // what was said of it stays, of the image
  expect(imageContent(project, 1).comments[2]).toMatchObject({ regionId: null, text: 'loose' })
  undoChange(project)
  removeComment(project, pin.id)
  expect(imageContent(project, 1).comments.map((c) => c.id)).toEqual([onRegion.id])
  undoChange(project)
  expect(imageContent(project, 1).comments).toEqual([pin, reply, onRegion])
  for (let i = 0; i < 4; i++) undoChange(project)
  expect(imageContent(project, 1).comments).toEqual([])
  expect(projectHash(project)).toBe(before)
})

test('open comments are a facet and a filter, and leave both when they are resolved', () => {
  const project = four()
  const one = addComment(project, { mediaId: 2, text: 'a', at: { x: 1, y: 1 } })
  addComment(project, { mediaId: 2, text: 'b', replyTo: one.id })
  addComment(project, { mediaId: 4, text: 'c' })
  const open = () => [
    mediaFacets(project).openComments,
    findMediaIds(project, { openComments: true }),
    openComments(project).map((c) => c.mediaId),
  ]
  expect(open()).toEqual([2, [2, 4], [2, 4]])
  updateComment(project, one.id, { resolved: true })
  expect(open()).toEqual([1, [4], [4]])
  expect(mediaFacets(project, { openComments: true, pathText: 'b9' }).openComments).toBe(0)
})

test('a snapshot brings comments back with their places, and an image that is removed takes them along', () => {
  const project = four()
  const pin = addComment(project, { mediaId: 1, text: 'here', at: { x: 5, y: 6 } })
  addComment(project, { mediaId: 1, text: 'yes', replyTo: pin.id })
  takeSnapshot(project, 'then')
  const then = imageContent(project, 1).comments
  removeMedia(project, [1])
  restoreSnapshot(project, 'then')
  expect(imageContent(project, 1).comments).toEqual(then)
})
