/** Which images a filter lets through, each kind of filter by itself and together, and in pages. */
import { describe, expect, test } from 'vitest'
import type { MediaFilter } from '#shared/model/project.ts'
import {
  addCaption,
  addComment,
  addRegion,
  addTag,
  setMediaFacts,
  setMediaLabels,
  setReview,
  setSplit,
  updateComment,
} from '../../src-main/app/annotations/index.ts'
import { addRecords, type Project } from '../../src-main/app/projects/index.ts'
import { countUnchecked, countUnreadable, fileStates, setFileStates, uncheckedIds, unreadableMedia } from '../../src-main/db/media-file.ts'
import { countMedia, mediaIds, sampleIds } from '../../src-main/db/media-query.ts'
import { box, record, temporaryFolder, temporaryProject } from '../app/projects/fixture.ts'

const model = (score: number, checkpoint = 'run-1') => ({ kind: 'checkpoint' as const, checkpoint, score })

/** Ten images: 1 to 8 below one root, of which 5 to 8 lie in folders; 9 and 10 below another. */
function project(): Project {
  const made = temporaryProject([
    record('a.jpg', { labels: [{ label: 'cat' }] }),
    record('b.jpg', { regions: [{ label: 'dog', shape: box() }] }),
    record('c_1%.jpg'),
    record('d.jpg'),
    record('x/e.jpg', { contentHash: 'a'.repeat(64) }),
    record('x/f.jpg', { contentHash: 'b'.repeat(64) }),
    record('x/y/g.jpg', { contentHash: 'a'.repeat(64) }),
    record('x0/h.jpg'),
  ])
  addRecords(made, [record('x/i.jpg'), record('j.jpg')], { root: temporaryFolder() })
  return made
}
const ids = (p: Project, filter: MediaFilter) => {
  const found = mediaIds(p.db, filter)
  expect(countMedia(p.db, filter)).toBe(found.length)
  expect(sampleIds(p.db, filter, 1000)).toEqual({ ids: found, factor: 1 }) // as many as there are: the sample is all
  return found
}

test('all, in pages', () => {
  const { db } = project()
  expect(mediaIds(db)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(mediaIds(db, {}, { limit: 3 })).toEqual([1, 2, 3])
  expect(mediaIds(db, {}, { limit: 3, after: 3 })).toEqual([4, 5, 6])
  expect(mediaIds(db, {}, { after: 8, limit: 1e9 })).toEqual([9, 10])
  expect(mediaIds(db, {}, { after: 10, limit: 1e9 })).toEqual([])
  expect(mediaIds(db, { labelIds: [1, 2] }, { limit: 1 })).toEqual([1])
  expect(mediaIds(db, { labelIds: [1, 2] }, { after: 1 })).toEqual([2])
})

test('a hundred unless told', () => {
  const p = temporaryProject(Array.from({ length: 120 }, (_, i) => record(`${i}.jpg`)))
  expect(mediaIds(p.db)).toHaveLength(100)
  const { ids: some, factor } = sampleIds(p.db, {}, 30)
  expect([some.length, factor, new Set(some).size]).toEqual([30, 4, 30])
  expect(some).toEqual(some.toSorted((a, b) => a - b))
  for (const [i, id] of some.entries()) expect(Math.floor((id - 1) / 4)).toBe(i) // one of each four
})

describe('what is said of an image', () => {
  test('split, review and tag', () => {
    const p = project()
    setSplit(p, [1, 2], 'train')
    setReview(p, [3], 'approved')
    addTag(p, [4, 5], 'night')
    expect([ids(p, { split: 'train' }), ids(p, { split: null }), ids(p, { split: 'val' })]).toEqual([[1, 2], [3, 4, 5, 6, 7, 8, 9, 10], []])
    expect([ids(p, { review: 'approved' }), ids(p, { review: 'unreviewed' })]).toEqual([[3], [1, 2, 4, 5, 6, 7, 8, 9, 10]])
    expect([ids(p, { tag: 'night' }), ids(p, { tag: 'nigh' })]).toEqual([[4, 5], []])
    expect(ids(p, { tag: 'night', split: null, folder: { rootId: 1, path: 'x' } })).toEqual([5])
  })
  test('whether anything was annotated', () => {
    const p = project()
    expect([ids(p, { unlabelled: false }), ids(p, { unlabelled: true })]).toEqual([
      [1, 2],
      [3, 4, 5, 6, 7, 8, 9, 10],
    ])
  })
  test('copies, near and exact', () => {
    const p = project()
    setMediaFacts(
      p,
      new Map([
        [1, { duplicateGroup: 4 }],
        [9, { duplicateGroup: 4 }],
      ]),
    )
    expect([ids(p, { duplicates: 'near' }), ids(p, { duplicates: 'exact' })]).toEqual([
      [1, 9],
      [5, 7],
    ])
    setMediaFacts(p, new Map([[10, { contentHash: 'b'.repeat(64) }]]))
    expect(ids(p, { duplicates: 'exact' })).toEqual([5, 6, 7, 10])
  })
  test('comments that are open; an answer is none', () => {
    const p = project()
    const first = addComment(p, { mediaId: 2, text: 'blurred?' })
    const second = addComment(p, { mediaId: 3, text: 'sure?' })
    expect(ids(p, { openComments: true })).toEqual([2, 3])
    updateComment(p, first.id, { resolved: true })
    addComment(p, { mediaId: 2, text: 'yes', replyTo: first.id })
    expect([ids(p, { openComments: true }), second.resolved]).toEqual([[3], false])
  })
  test('files that cannot be read', () => {
    const p = project()
    setFileStates(p.db, [
      { mediaId: 3, stamp: '1', problem: null },
      { mediaId: 4, stamp: '1', problem: 'no image' },
    ])
    expect([countUnreadable(p.db), countUnchecked(p.db), uncheckedIds(p.db, 2, 3)]).toEqual([1, 8, [5, 6, 7]])
    expect(unreadableMedia(p.db)).toEqual([{ id: 4, rootId: 1, path: 'd.jpg', problem: 'no image' }])
    expect([...fileStates(p.db, [2, 3]).values()]).toEqual([{ mediaId: 3, stamp: '1', problem: null }])
    expect([ids(p, { unreadable: true }), ids(p, { unreadable: false })]).toEqual([[4], [1, 2, 3, 5, 6, 7, 8, 9, 10]])
  })
})

describe('where an image lies, and what it is called', () => {
  test('a folder has what lies below it, not what begins like it, and of its own root', () => {
    const p = project()
    expect(ids(p, { folder: { rootId: 1, path: 'x' } })).toEqual([5, 6, 7])
    expect(ids(p, { folder: { rootId: 1, path: 'x/y' } })).toEqual([7])
    expect(ids(p, { folder: { rootId: 2, path: 'x' } })).toEqual([9])
    expect(ids(p, { folder: { rootId: 2, path: '' } })).toEqual([9, 10])
    expect(ids(p, { folder: { rootId: 1, path: 'y' } })).toEqual([])
  })
  test('text of a path literally: per cent and underscore match themselves', () => {
    const p = project()
    expect([ids(p, { pathText: '_1%' }), ids(p, { pathText: '%' }), ids(p, { pathText: '_' }), ids(p, { pathText: 'X/' })]).toEqual([
      [3],
      [3],
      [3],
      [5, 6, 7, 9],
    ])
    expect(ids(p, { pathText: '\\' })).toEqual([])
  })
  test('text of captions: of three letters by the index, of fewer by looking', () => {
    const p = project()
    addCaption(p, { mediaId: 1, text: 'Two dogs "at" play' })
    addCaption(p, { mediaId: 2, text: 'a dog_%' })
    const found = (captionText: string) => ids(p, { captionText })
    expect([found('dog'), found('dogs'), found('DOG')]).toEqual([[1, 2], [1], [1, 2]])
    expect([found('do'), found('g_'), found('%'), found('zz')]).toEqual([[1, 2], [2], [2], []])
    expect([found('"at"'), found('g_%')]).toEqual([[1], [2]])
    expect(ids(p, { captionText: 'dog', labelIds: [1] })).toEqual([1])
    expect(ids(p, { captionText: 'do', labelIds: [2] })).toEqual([2])
    expect(ids(p, { captionText: 'dog', split: 'train' })).toEqual([])
  })
})

describe('annotations', () => {
  /** On image 3 a proposed region and a person's on 4, an image label of another model on 5; 6 has a rejected one. */
  function annotated() {
    const p = project()
    addRegion(p, { mediaId: 3, labelId: 1, shape: box(), author: model(0.9), state: 'proposed' })
    addRegion(p, { mediaId: 4, labelId: 2, shape: box() })
    setMediaLabels(p, [{ mediaId: 5, labelId: 2, author: model(0.4, 'run-2'), state: 'proposed' }])
    setMediaLabels(p, [{ mediaId: 6, labelId: 1, author: model(0.2), state: 'rejected' }])
    return p
  }
  test('by label, by region or of the image', () => {
    const p = annotated()
    expect([ids(p, { labelIds: [1] }), ids(p, { labelIds: [2] }), ids(p, { labelIds: [1, 2] })]).toEqual([
      [1, 3, 6],
      [2, 4, 5],
      [1, 2, 3, 4, 5, 6],
    ])
    expect(ids(p, { labelIds: [1], folder: { rootId: 1, path: 'x' } })).toEqual([6])
    expect(ids(p, { labelIds: [1, 2], folder: { rootId: 1, path: 'x' }, split: null })).toEqual([5, 6])
  })
  test('by author: a person or a checkpoint, any or by name', () => {
    const p = annotated()
    expect([ids(p, { author: { kind: 'person' } }), ids(p, { author: { kind: 'checkpoint' } })]).toEqual([
      [1, 2, 4],
      [3, 5, 6],
    ])
    expect(ids(p, { author: { kind: 'checkpoint', name: 'run-1' } })).toEqual([3, 6])
    expect([ids(p, { author: { kind: 'person', name: 'ann' } }), ids(p, { author: { kind: 'person', name: 'an' } })]).toEqual([
      [1, 2, 4],
      [],
    ])
  })
  test('by state and by score', () => {
    const p = annotated()
    expect([ids(p, { state: 'proposed' }), ids(p, { state: 'accepted' }), ids(p, { state: 'rejected' })]).toEqual([[3, 5], [1, 2, 4], [6]])
    expect([ids(p, { score: { max: 0.4 } }), ids(p, { score: { min: 0.4 } }), ids(p, { score: { min: 0.4, max: 0.4 } })]).toEqual([
      [5, 6],
      [3, 5],
      [5],
    ])
  })
  test('all conditions hold of one and the same annotation', () => {
    const p = annotated()
    expect(ids(p, { labelIds: [2], state: 'proposed' })).toEqual([5])
    expect(ids(p, { labelIds: [1], state: 'proposed', author: { kind: 'checkpoint', name: 'run-2' } })).toEqual([])
    expect(ids(p, { state: 'proposed', score: { max: 0.5 } })).toEqual([5])
    expect(ids(p, { author: { kind: 'person' }, score: { min: 0 } })).toEqual([])
    addRegion(p, { mediaId: 3, labelId: 2, shape: box() })
    expect(ids(p, { labelIds: [2], state: 'proposed' })).toEqual([5]) // 3 has both, but not at once
  })
})
