/** One edit: what it writes down, whom it names, and what it refuses in a person's words. */
import { describe, expect, test } from 'vitest'
import {
  addCaption,
  addLabel,
  addRegion,
  addTag,
  changeHistory,
  renameMedia,
  removeLabel,
  setReview,
  updateCaption,
  updateLabel,
  updateRegion,
} from '../../src-main/app/annotations/index.ts'
import { addRecords, imageContent, projectHash, type Project } from '../../src-main/app/projects/index.ts'
import { ConstraintError } from '../../src-main/db/database.ts'
import { explainConstraint, sameValue } from '../../src-main/db/edit.ts'
import { mutate } from '../../src-main/db/journal.ts'
import { box, fiveImages, record, temporaryProject } from '../app/projects/fixture.ts'

const half = '\ud83d'

test('a stored text is what the journal says, or what an earlier version made of half a character', () => {
  expect([sameValue('a', 'a'), sameValue('a', 'b'), sameValue(1, 1), sameValue(1, '1'), sameValue(null, undefined)]).toEqual([
    true,
    false,
    true,
    false,
    false,
  ])
  expect([sameValue('a\ufffd', `a${half}`), sameValue('a\ufffd\ufffd', `a\0${half}`), sameValue('b\ufffd', `a${half}`)]).toEqual([
    true,
    true,
    false,
  ])
  expect([sameValue(`a${half}`, 'a\ufffd'), sameValue('a\0\ufffd', `a\0${half}`)]).toEqual([false, true])
  expect([sameValue(3, half), sameValue('3', 3)]).toEqual([false, false])
})

describe('what cannot be stored as it is', () => {
  const insert = (p: Project, row: Record<string, string | number | null>) =>
    mutate(p.db, 'ann', 'test', (edit) => edit.insert('media_tag', { media_id: 1, tag: 'x', ...row }))
  test('is refused by table and column, and nothing is written', () => {
    const p = temporaryProject(fiveImages())
    const before = changeHistory(p).length
    expect(() => insert(p, { tag: 'a\0' })).toThrow('media_tag: tag')
    expect(() => insert(p, { tag: half })).toThrow('media_tag: tag')
    expect(() => insert(p, { media_id: NaN })).toThrow('media_tag: media_id')
    expect(() => insert(p, { media_id: Infinity })).toThrow('media_tag: media_id')
    expect(changeHistory(p)).toHaveLength(before)
    expect(imageContent(p, 1).tags).toEqual(['night'])
  })
  test('is refused in a change too', () => {
    const p = temporaryProject(fiveImages())
    expect(() => mutate(p.db, 'ann', 'test', (edit) => edit.update('media', 1, { split: 'a\0' }))).toThrow('media: split')
  })
})

describe('rows that are not there', () => {
  test('are neither changed nor removed', () => {
    const p = temporaryProject(fiveImages())
    expect(() => mutate(p.db, 'ann', 'test', (edit) => edit.update('region', 99, { z: 1 }))).toThrow('region 99')
    expect(() => mutate(p.db, 'ann', 'test', (edit) => edit.remove('caption', 99))).toThrow('caption 99')
  })
  test('a change of nothing is none', () => {
    const p = temporaryProject(fiveImages())
    const changed = mutate(p.db, 'ann', 'test', (edit) => [
      edit.update('media', 1, { split: 'train' }),
      edit.update('media', 1, {}),
      edit.update('media', 2, { split: 'ood' }),
    ])
    expect(changed).toEqual([false, false, true])
  })
})

describe('what two rows cannot both have', () => {
  const said = (message: string) => explainConstraint(new ConstraintError(message)).message
  test('is said in words', () => {
    expect(said('UNIQUE constraint failed: label.name')).toContain('label')
    expect(said('UNIQUE constraint failed: root.path')).toContain('folder')
    expect(said('UNIQUE constraint failed: media_tag.media_id, media_tag.tag')).toContain('tag')
    expect(said('UNIQUE constraint failed: something.else')).toContain('something.else')
    expect(said('FOREIGN KEY constraint failed')).toContain('no longer exists')
    expect(said('NOT NULL constraint failed: a.b')).toContain('NOT NULL')
    const messages = [
      'label.name',
      'root.path',
      'media.root_id, media.path',
      'media_label.media_id, media_label.label_id, media_label.author',
      'media_tag.media_id, media_tag.tag',
    ].map((columns) => said(`UNIQUE constraint failed: ${columns}`))
    expect(new Set(messages).size).toBe(messages.length)
    for (const m of messages) expect(m).not.toContain('.')
  })
  test('refuses the edit as a whole', () => {
    const p = temporaryProject(fiveImages())
    const hash = projectHash(p)
    expect(() =>
      mutate(p.db, 'ann', 'test', (edit) => {
        edit.update('media', 1, { split: 'ood' })
        edit.insert('media_tag', { media_id: 1, tag: 'night' })
      }),
    ).toThrow('tag')
    expect([projectHash(p), imageContent(p, 1).media.split]).toEqual([hash, 'train'])
  })
})

describe('who changed a row last', () => {
  /** The project of another person. */
  const of = (p: Project, user: string): Project => Object.create(p, { user: { value: user } }) as Project
  test('is noted where it says something else, not where it is only shown otherwise', () => {
    const p = temporaryProject(fiveImages())
    const region = imageContent(p, 1).regions[0]!
    const editor = () => imageContent(p, 1).regions.find((r) => r.id === region.id)!.editedBy ?? null
    expect(editor()).toBeNull()
    updateRegion(of(p, 'bo'), region.id, { hidden: true })
    updateRegion(of(p, 'bo'), region.id, { z: 9 })
    expect(editor()).toBeNull()
    updateRegion(of(p, 'bo'), region.id, { labelId: 2 })
    expect(editor()).toBe('bo')
    updateRegion(of(p, 'cy'), region.id, { shape: box(9) })
    expect(editor()).toBe('cy')
  })
  test('of a caption too', () => {
    const p = temporaryProject(fiveImages())
    const made = addCaption(p, { mediaId: 1, text: 'one' })
    updateCaption(of(p, 'bo'), made.id, { text: 'two' })
    expect(imageContent(p, 1).captions[0]).toMatchObject({ text: 'two', editedBy: 'bo' })
  })
  test('who reviewed an image, and when', () => {
    const p = temporaryProject(fiveImages())
    setReview(of(p, 'bo'), [1], 'approved')
    const { media } = imageContent(p, 1)
    expect([media.reviewedBy, Math.abs(Date.now() - media.reviewedAt!) < 3_600_000]).toEqual(['bo', true])
    addTag(of(p, 'cy'), [1], 'x')
    expect(imageContent(p, 1).media.reviewedBy).toBe('bo')
  })
})

describe('the hash of the dataset', () => {
  /** The same content, made in another order and by another way. */
  test('depends on the content alone, wherever it came from', () => {
    const direct = temporaryProject([
      record('z.jpg', { regions: [{ label: 'cat', shape: box() }], tags: ['t'], captions: [{ text: 'one' }] }),
      record('b.jpg', { labels: [{ label: 'dog' }] }),
    ])
    const other = temporaryProject([record('b.jpg')])
    addRecords(other, [record('a.jpg')])
    for (const name of ['dog', 'kat']) addLabel(other, { name })
    addRegion(other, { mediaId: 2, labelId: 2, shape: box() })
    addTag(other, [2], 't')
    addCaption(other, { mediaId: 2, text: 'one' })
    expect(projectHash(other)).not.toBe(projectHash(direct))
    renameMedia(other, 2, 'z.jpg')
    updateLabel(other, 2, { name: 'cat' })
    mutate(other.db, 'ann', 'test', (edit) =>
      edit.insert('media_label', { media_id: 1, label_id: 1, author: 'person:ann', state: 'accepted' }),
    )
    const without = (p: Project) => p.db.all('SELECT path, split, review FROM media ORDER BY path')
    expect(without(other)).toEqual(without(direct))
    expect(projectHash(other)).toBe(hashWithColours(direct, other))
  })
  /** Colours are given in turn, so those of the other project are taken. */
  function hashWithColours(p: Project, like: Project): string {
    for (const { name, colour } of like.db.all<{ name: string; colour: string }>('SELECT name, colour FROM label')) {
      const id = p.db.value<number>('SELECT id FROM label WHERE name = ?', name)!
      updateLabel(p, id, { colour })
    }
    return projectHash(p)
  }
  test('comes back when what was done is taken back by hand', () => {
    const p = temporaryProject(fiveImages())
    const hash = projectHash(p)
    const label = addLabel(p, { name: 'bird' })
    expect(projectHash(p)).not.toBe(hash)
    removeLabel(p, label.id)
    expect(projectHash(p)).toBe(hash)
    renameMedia(p, 1, 'other.jpg')
    expect(projectHash(p)).not.toBe(hash)
    renameMedia(p, 1, 'a.jpg')
    expect(projectHash(p)).toBe(hash)
  })
})
