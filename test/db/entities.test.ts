/** Rows as entities and back: every field, each way of it, and what is no entity. */
import { describe, expect, test } from 'vitest'
import type { Caption } from '#shared/model/caption.ts'
import { DashiError } from '#shared/errors.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import type { Label } from '#shared/model/label.ts'
import type { Comment, Media, MediaLabel } from '#shared/model/media.ts'
import type { Region } from '#shared/model/region.ts'
import * as entities from '../../src-main/db/entities.ts'

const ann = { kind: 'person', name: 'ann: the first' } as const
const model = { kind: 'checkpoint', checkpoint: 'a:b', score: 0.25 } as const
const half = '\ud83d'

/** The row that a table would give back: what was written, with an id. */
const stored = (row: StoredRow, more: StoredRow = {}): StoredRow => ({ id: 7, ...row, ...more })
const refusal = (act: () => unknown) => {
  try {
    act()
    return 'taken'
  } catch (e) {
    expect(e).toBeInstanceOf(DashiError)
    return (e as Error).message.split(': ').slice(0, 3)
  }
}

describe('a region', () => {
  const region: Region = {
    id: 7,
    mediaId: 2,
    labelId: 3,
    shape: { kind: 'box', x: 1, y: 2, w: 3, h: 4 },
    attributes: { age: 3 },
    author: ann,
    state: 'accepted',
    z: 5,
    hidden: false,
    locked: false,
  }
  const of = (more: Partial<Region>): Region => ({ ...region, ...more })
  test.each<[string, Partial<Region>]>([
    ['as it is', {}],
    ['hidden', { hidden: true }],
    ['locked', { locked: true }],
    ['of no label', { labelId: null }],
    ['of a model', { author: model, state: 'proposed' }],
    ['of a track', { track: { id: 4, frame: 'key' } }],
  ])('%s', (_, more) => {
    const row = entities.regionRow(of(more))
    expect(entities.toRegion(stored({ track: null, frame: null, ...row }))).toEqual(of(more))
  })
  test('names who edited it, where somebody did', () => {
    const row = stored({ ...entities.regionRow(of({})), track: null, edited_by: 'bo' })
    expect(entities.toRegion(row).editedBy).toBe('bo')
    expect('editedBy' in entities.toRegion({ ...row, edited_by: null })).toBe(false)
  })
  test('as a change has only what is changed', () => {
    expect([entities.regionRow({}), entities.regionRow({ hidden: false, locked: true }), entities.regionRow({ labelId: null })]).toEqual([
      {},
      { hidden: 0, locked: 1 },
      { label_id: null },
    ])
    expect(entities.regionRow({ track: { id: 4, frame: 'end' } })).toEqual({ track: 4, frame: 'end' })
    expect(entities.regionRow({ author: ann })).toEqual({ author: 'person:ann: the first', score: null, prompt: null })
    expect(entities.regionRow({ author: model, state: 'rejected' })).toEqual({
      author: 'checkpoint:a:b',
      score: 0.25,
      prompt: null,
      state: 'rejected',
    })
  })
  test('that is damaged is told by its id and field', () => {
    const row = stored({ ...entities.regionRow(of({})), track: null })
    expect(refusal(() => entities.toRegion({ ...row, z: 'x' }))).toEqual(['project.db', 'region 7 is damaged', 'z'])
    expect(refusal(() => entities.toRegion({ ...row, shape: '{' }))).toEqual(['project.db', 'region 7 is damaged', expect.any(String)])
    expect(refusal(() => entities.toRegion({ ...row, author: 'robot:x' }))).toEqual([
      'project.db',
      'region 7 is damaged',
      expect.stringMatching(/^author/),
    ])
  })
})

test('a label, with everything and with nothing', () => {
  const bare: Label = {
    id: 7,
    name: 'cat',
    colour: '#112233',
    key: null,
    synonyms: [],
    prompts: [],
    parentId: null,
    attributes: [],
    skeleton: null,
  }
  expect(entities.labelRow(bare)).toMatchObject({ attributes: null, skeleton: null, synonyms: '[]', parent_id: null })
  expect(entities.toLabel(stored(entities.labelRow(bare)))).toEqual(bare)
  const full = { ...bare, key: '3', synonyms: ['kitty'], prompts: ['a cat'], parentId: 1 }
  expect(entities.toLabel(stored(entities.labelRow(full)))).toEqual(full)
  expect([entities.labelRow({}), entities.labelRow({ key: null }), entities.labelRow({ attributes: [] })]).toEqual([
    {},
    { key: null },
    { attributes: null },
  ])
  expect(entities.toLabel(stored({ ...entities.labelRow(bare), name: `cat${half}` })).name).toBe('cat\ufffd')
})

test('an image: what is known of its file, where it belongs, and who reviewed it', () => {
  const media: Media = {
    id: 7,
    rootId: 1,
    path: 'a/b.jpg',
    contentHash: 'a'.repeat(64),
    perceptualHash: '0123456789abcdef',
    width: 640,
    height: 480,
    orientation: 6,
    split: 'val',
    review: 'approved',
    reviewedBy: null,
    reviewedAt: null,
    duplicateGroup: 3,
  }
  expect(entities.toMedia(stored(entities.mediaRow(media)))).toEqual(media)
  expect(entities.toMedia(stored(entities.mediaRow(media), { reviewed_by: 'bo', reviewed_at: 9 }))).toEqual({
    ...media,
    reviewedBy: 'bo',
    reviewedAt: 9,
  })
  const unknown = { ...media, contentHash: null, perceptualHash: null, width: null, height: null, split: null, duplicateGroup: null }
  expect(entities.toMedia(stored(entities.mediaRow(unknown)))).toEqual(unknown)
  expect([entities.mediaRow({}), entities.mediaRow({ split: null })]).toEqual([{}, { split: null }])
  expect(refusal(() => entities.toMedia(stored({ ...entities.mediaRow(media), orientation: 9 })))).toEqual([
    'project.db',
    'media 7 is damaged',
    'orientation',
  ])
})

test('a label of an image', () => {
  const assigned: MediaLabel = { id: 7, mediaId: 2, labelId: 3, author: model, state: 'proposed' }
  expect(entities.toMediaLabel(stored(entities.mediaLabelRow(assigned)))).toEqual(assigned)
  expect(entities.toMediaLabel(stored(entities.mediaLabelRow(assigned), { edited_by: 'bo' }))).toEqual({ ...assigned, editedBy: 'bo' })
})

test('a caption, of an image or of a region', () => {
  const caption: Caption = { id: 7, mediaId: 2, regionId: null, text: 'a dog', language: null, spans: [], author: ann, state: 'accepted' }
  const grounded = { ...caption, regionId: 4, language: 'en', spans: [{ start: 2, end: 5, regions: [4] }], author: model }
  for (const c of [caption, grounded]) expect(entities.toCaption(stored(entities.captionRow(c)))).toEqual(c)
  expect(entities.toCaption(stored(entities.captionRow(caption), { edited_by: 'bo', text: `a${half}` }))).toMatchObject({
    text: 'a\ufffd',
    editedBy: 'bo',
  })
  expect(entities.captionRow({ text: 'x' })).toEqual({ text: 'x' })
})

test('a comment, at a point or none, open or resolved, by itself or in reply', () => {
  const comment: Comment = {
    id: 7,
    mediaId: 2,
    regionId: null,
    by: 'ann',
    text: 'why?',
    created: 5,
    resolved: false,
    at: null,
    replyTo: null,
  }
  for (const more of [{}, { resolved: true }, { at: { x: 0, y: 3 } }, { replyTo: 1 }, { regionId: 4 }] as Partial<Comment>[])
    expect(entities.toComment(stored(entities.commentRow({ ...comment, ...more })))).toEqual({ ...comment, ...more })
  expect(entities.toComment(stored(entities.commentRow(comment), { x: 1, y: null })).at).toBeNull()
  expect(entities.toComment(stored(entities.commentRow(comment), { x: null, y: 1 })).at).toBeNull()
  expect([entities.commentRow({}), entities.commentRow({ at: null }), entities.commentRow({ resolved: false })]).toEqual([
    {},
    { x: null, y: null },
    { resolved: 0 },
  ])
})

test('authors as one text and one score', () => {
  expect([entities.authorText(ann), entities.authorScore(ann), entities.authorText(model), entities.authorScore(model)]).toEqual([
    'person:ann: the first',
    null,
    'checkpoint:a:b',
    0.25,
  ])
})
