/** Two windows change one field: the second is told both values, nothing is written, and what it then decides can be undone. */
import { expect, test } from 'vitest'
import { ConflictError, type Conflict } from '#shared/model/conflict.ts'
import type { Region } from '#shared/model/region.ts'
import {
  addCaption,
  addComment,
  removeCaption,
  removeComment,
  setRegionState,
  setReview,
  setSplit,
  undoChange,
  updateCaption,
  updateComment,
  updateLabel,
  updateRegion,
} from '../../../src-main/app/annotations/index.ts'
import { applyRegionEdit } from '../../../src-main/app/annotations/apply.ts'
import { changeHistory } from '../../../src-main/app/annotations/history.ts'
import { checkProject, getMedia, imageContent, listLabels, type Project } from '../../../src-main/app/projects/index.ts'
import { box, fiveImages, temporaryProject } from '../projects/fixture.ts'

const setup = () => {
  const project = temporaryProject(fiveImages())
  const [before] = imageContent(project, 1).regions
  return { project, before: before! }
}
const now = (project: Project) => imageContent(project, 1).regions.find((r) => r.id === 1)
/** As a window does it that knows the region as `before`. */
const apply = (project: Project, before: Region | null, after: Region | null) =>
  applyRegionEdit(project, { mediaId: 1, action: 'x', changes: [{ before, after }] })

function conflicts(body: () => unknown): Conflict[] {
  try {
    body()
  } catch (e) {
    if (e instanceof ConflictError) {
      expect(e.message.split('\n')).toHaveLength(1)
      return e.conflicts
    }
    throw e
  }
  throw new Error('no conflict')
}

/** Whoever changed it last is noted with it. */
const edited = { editedBy: 'ann' }

test.each([
  ['shape', { shape: box(9, 9) }, { shape: box(7, 7) }],
  ['label', { labelId: 2 }, { labelId: null }],
  ['state', { state: 'rejected' as const }, { state: 'proposed' as const }],
  ['attribute', { attributes: { a: 1 } }, { attributes: { a: 2 } }],
])('the %s of a region', (_, first, second) => {
  const { project, before } = setup()
  apply(project, before, { ...before, ...first })
  const entries = changeHistory(project).length
  const [found] = conflicts(() => apply(project, before, { ...before, ...second }))
  expect(found).toMatchObject({ entity: 'region', id: 1, how: 'changed', removing: false })
  expect(found!.fields).toHaveLength(1)
  const [key] = Object.keys(second)
  const value = (v: unknown) => (key === 'attributes' ? (v as { a: number }).a : v)
  expect(found!.fields[0]).toMatchObject({ theirs: value(first[key as never]), mine: value(second[key as never]) })
  expect(now(project)).toEqual({ ...before, ...first, ...edited })
  expect(changeHistory(project)).toHaveLength(entries)
  // The second window insists: it now knows what the first made of it.
  apply(project, { ...before, ...first }, { ...before, ...second } as Region)
  expect(now(project)).toEqual({ ...before, ...second, ...edited })
  undoChange(project, 1)
  expect(now(project)).toEqual({ ...before, ...first, ...edited })
  undoChange(project, 1)
  expect(now(project)).toEqual(before)
  expect(checkProject(project, { files: false }).problems).toEqual([])
})

test('changes of different fields or attributes of a region do not conflict, nor does the same change twice', () => {
  const { project, before } = setup()
  apply(project, before, { ...before, shape: box(9, 9) })
  apply(project, before, { ...before, labelId: 2 })
  apply(project, before, { ...before, attributes: { a: 1 } })
  apply(project, before, { ...before, attributes: { b: 2 } })
  apply(project, before, { ...before, labelId: 2 })
  expect(now(project)).toEqual({ ...before, shape: box(9, 9), labelId: 2, attributes: { a: 1, b: 2 }, ...edited })
})

test('one region of several in a conflict holds back the others, so that nothing is half done', () => {
  const { project } = setup()
  const [a, b] = imageContent(project, 1).regions as [Region, Region]
  updateRegion(project, b.id, { shape: box(3, 3) })
  const moved = (r: Region) => ({ before: r, after: { ...r, shape: box(50, 50) } })
  expect(conflicts(() => applyRegionEdit(project, { mediaId: 1, action: 'move', changes: [moved(a), moved(b)] })).map((c) => c.id)).toEqual(
    [b.id],
  )
  expect(imageContent(project, 1).regions.map((r) => r.shape)).toEqual([a.shape, box(3, 3)])
})

test('a region that is gone, and one that is to go', () => {
  const { project, before } = setup()
  updateRegion(project, 1, { labelId: 2 })
  expect(conflicts(() => apply(project, before, null))).toMatchObject([
    { how: 'changed', removing: true, fields: [{ field: 'labelId', theirs: 2, mine: null }] },
  ])
  expect(now(project)).toBeDefined()
  apply(project, { ...before, labelId: 2 }, null)
  expect(conflicts(() => apply(project, before, { ...before, shape: box(9, 9) }))).toMatchObject([{ how: 'removed', removing: false }])
  expect(() => apply(project, before, null)).not.toThrow() // both wanted it gone
  const [saved] = apply(project, null, { ...before, shape: box(9, 9) })
  expect(saved!.id).not.toBe(1)
})

test('captions, comments, labels, splits, reviews and states', () => {
  const { project } = setup()
  const caption = addCaption(project, { mediaId: 1, text: 'a' })
  updateCaption(project, caption.id, { text: 'b' }, { text: 'a' })
  expect(conflicts(() => updateCaption(project, caption.id, { text: 'c' }, { text: 'a' }))).toMatchObject([
    { entity: 'caption', fields: [{ field: 'text', base: 'a', theirs: 'b', mine: 'c' }] },
  ])
  updateCaption(project, caption.id, { language: 'en' }, { language: null })
  expect(conflicts(() => removeCaption(project, caption.id, { text: 'a' }))).toMatchObject([{ removing: true }])
  removeCaption(project, caption.id, { text: 'b' })
  removeCaption(project, caption.id, { text: 'b' }) // gone is gone
  expect(conflicts(() => updateCaption(project, caption.id, { text: 'c' }, { text: 'b' }))).toMatchObject([
    { how: 'removed', fields: [{ field: 'text', mine: 'c' }] },
  ])

  const comment = addComment(project, { mediaId: 1, text: 'why' })
  updateComment(project, comment.id, { resolved: true }, { resolved: false })
  expect(conflicts(() => removeComment(project, comment.id, { text: 'why', resolved: false }))).toMatchObject([{ entity: 'comment' }])

  updateLabel(project, 1, { name: 'lion' }, { name: 'cat' })
  expect(conflicts(() => updateLabel(project, 1, { name: 'tiger' }, { name: 'cat' }))).toMatchObject([{ entity: 'label', id: 1 }])
  updateLabel(project, 1, { key: '3' }, { key: null })
  expect(listLabels(project)[0]).toMatchObject({ name: 'lion', key: '3' })

  setSplit(project, [1], 'test', ['train'])
  expect(conflicts(() => setSplit(project, [1, 2], 'val', ['train', 'val']))).toMatchObject([
    { entity: 'image', id: 1, fields: [{ field: 'split', base: 'train', theirs: 'test', mine: 'val' }] },
  ])
  setReview(project, [1], 'approved', ['unreviewed'])
  expect(conflicts(() => setReview(project, [1], 'rejected', ['unreviewed']))).toHaveLength(1)
  expect(getMedia(project, 1)).toMatchObject({ split: 'test', review: 'approved' })
  setRegionState(project, [1], 'rejected', ['accepted'])
  expect(conflicts(() => setRegionState(project, [1], 'proposed', ['accepted']))).toHaveLength(1)
})

test('a grounding that lost a removed region does not conflict', () => {
  const { project, before } = setup()
  const spans = [
    { start: 0, end: 1, regions: [1] },
    { start: 2, end: 3, regions: [1, 2] },
  ]
  const caption = addCaption(project, { mediaId: 1, text: 'a b c', spans })
  apply(project, before, null)
  updateCaption(project, caption.id, { text: 'a b d', spans: [] }, { text: 'a b c', spans })
  expect(imageContent(project, 1).captions[0]).toMatchObject({ text: 'a b d', spans: [] })
})

test('without `before` the later change wins, as for a script that checks nothing', () => {
  const { project } = setup()
  const caption = addCaption(project, { mediaId: 1, text: 'a' })
  updateCaption(project, caption.id, { text: 'b' })
  updateCaption(project, caption.id, { text: 'c' })
  expect(imageContent(project, 1).captions[0]!.text).toBe('c')
})
