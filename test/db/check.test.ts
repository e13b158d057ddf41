/** What the check of a project finds beside what can be derived again, and that it leaves alone what it cannot repair. */
import { expect, test } from 'vitest'
import { addRegion, addTag, removeRegions, setSplit } from '../../src-main/app/annotations/index.ts'
import { openProject, type Project } from '../../src-main/app/projects/index.ts'
import { checkDatabase } from '../../src-main/db/check.ts'
import { box, fiveImages, temporaryProject } from '../app/projects/fixture.ts'

const found = ({ db }: Project, repair = false) => checkDatabase(db, repair).map((p) => [p.kind, p.message, p.repaired] as const)
const kinds = (p: Project, repair = false) => [...new Set(found(p, repair).map(([kind]) => kind))]

test('of a sound project nothing, and nothing is kept before a repair', () => {
  const p = temporaryProject(fiveImages())
  addTag(p, [1], 'x')
  removeRegions(p, [1, 3]) // of those that were imported
  expect(found(p)).toEqual([])
  let keeps = 0
  expect(checkDatabase(p.db, false, () => keeps++)).toEqual([])
  expect(keeps).toBe(0)
  expect(checkDatabase(p.db, true, () => keeps++)).toEqual([])
  expect(keeps).toBe(1)
})

test('rows that refer to what is not there, each by its table; they are not repaired', () => {
  const p = temporaryProject(fiveImages())
  p.db.exec(
    `PRAGMA foreign_keys = OFF; UPDATE region SET label_id = 77 WHERE id = 1; INSERT INTO media_tag (media_id, tag) VALUES (99, 'x')`,
  )
  const problems = found(p, true).filter(([kind]) => kind === 'foreign-key')
  expect(problems.map(([, message, repaired]) => [message.split(' ')[0], repaired]).sort()).toEqual([
    ['media_tag', false],
    ['region', false],
  ])
  expect(problems.some(([, message]) => message.includes('region 1 ') && message.includes('label'))).toBe(true)
})

test('cells that hold bytes, by row and column', () => {
  const p = temporaryProject(fiveImages())
  p.db.exec(`UPDATE caption SET text = x'ff00' WHERE id = 1; UPDATE label SET name = CAST(x'61ff' AS TEXT) WHERE id = 2`)
  const rows = found(p).filter(([kind]) => kind === 'row')
  expect(rows.map(([, message]) => message.split(': holds')[0]).sort()).toEqual(['caption 1: text', 'label 2: name'])
})

test('a journal that does not lead to what is there', () => {
  const p = temporaryProject(fiveImages())
  const region = addRegion(p, { mediaId: 3, shape: box() })
  setSplit(p, [3], 'ood')
  removeRegions(p, [region.id])
  expect(found(p)).toEqual([])
  p.db.exec(`UPDATE media SET split = 'val' WHERE id = 3`)
  const journal = found(p).filter(([kind]) => kind === 'journal')
  expect(journal).toHaveLength(1)
  expect(journal[0]![1]).toContain('media 3')
  p.db.exec(
    `UPDATE media SET split = 'ood' WHERE id = 3; UPDATE journal_change SET changes = '{' WHERE seq = (SELECT max(seq) FROM journal)`,
  )
  expect(found(p).filter(([kind]) => kind === 'journal')[0]![1]).toContain('cannot be read')
})

test('rows of an import that nothing took out and that are gone', () => {
  const p = temporaryProject(fiveImages())
  p.db.exec('DELETE FROM media_tag WHERE id = 1')
  const journal = found(p).filter(([kind]) => kind === 'journal')
  expect(journal.map(([, message]) => /: 1 rows of media_tag/.test(message))).toEqual([true])
})

test('sums of the hash: one that is wrong, one too many, one too few', () => {
  for (const damage of [
    `UPDATE digest SET sum = '123' WHERE label_id = (SELECT max(label_id) FROM digest)`,
    `INSERT INTO digest (label_id, sum) VALUES (55, '9')`,
    `DELETE FROM digest WHERE label_id = (SELECT max(label_id) FROM digest)`,
  ]) {
    const p = temporaryProject(fiveImages())
    p.db.exec(damage)
    expect(kinds(p)).toEqual(['dataset-hash'])
    expect(found(p)[0]![1]).toContain('1 labels')
    expect(found(p, true)[0]![2]).toBe(true)
    expect(found(p)).toEqual([])
  }
})

test('an index of captions that lacks one, has one too many, or finds another text', () => {
  for (const damage of [
    `DELETE FROM caption`,
    `INSERT INTO caption_text (rowid, text) VALUES (1, 'not in it')`,
    `INSERT INTO caption_text (caption_text) VALUES ('delete-all'); INSERT INTO caption_text (rowid, text) VALUES (4, 'other words')`,
  ]) {
    const p = temporaryProject(fiveImages())
    p.db.exec(damage)
    expect(kinds(p)).toContain('search-index')
    expect(found(p, true).find(([kind]) => kind === 'search-index')![2]).toBe(true)
    expect(kinds(p)).not.toContain('search-index')
  }
})

test('of a sound project that is only read nothing either', () => {
  const p = temporaryProject(fiveImages())
  p.db.checkpoint()
  const reader = openProject(p.folder, { readOnly: true })
  try {
    expect(found(reader)).toEqual([])
  } finally {
    reader.close()
  }
})
