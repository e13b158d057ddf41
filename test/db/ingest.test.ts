/** Records taken in, and taken in again: what is there already is not added once more, and what is new is. */
import { expect, test } from 'vitest'
import { addRegion, removeRegions, updateRegion } from '../../src-main/app/annotations/index.ts'
import { addRecords, checkProject, imageContent, type Project } from '../../src-main/app/projects/index.ts'
import { box, record, temporaryProject } from '../app/projects/fixture.ts'

const content = (p: Project, id = 1) => {
  const { regions, labels, captions, tags } = imageContent(p, id)
  return { regions: regions.length, labels: labels.map((l) => l.labelId), captions: captions.map((c) => c.text), tags: [...tags].sort() }
}
const full = record('a.jpg', {
  regions: [
    { label: 'cat', shape: box() },
    { label: 'cat', shape: box(9) },
    { label: null, shape: box() },
  ],
  labels: [{ label: 'cat' }],
  captions: [{ text: 'one' }, { text: 'one', language: 'en' }],
  tags: ['night'],
})

test('the same file twice is taken in once', () => {
  const p = temporaryProject([full])
  const once = content(p)
  expect(once).toEqual({ regions: 3, labels: [1], captions: ['one', 'one'], tags: ['night'] })
  addRecords(p, [full])
  expect(content(p)).toEqual(once)
})

test('what another file says beside it is added', () => {
  const p = temporaryProject([full])
  addRecords(p, [
    record('a.jpg', {
      regions: [{ label: 'dog', shape: box() }],
      labels: [{ label: 'dog' }],
      captions: [{ text: 'two' }],
      tags: ['day'],
    }),
  ])
  expect(content(p)).toEqual({ regions: 4, labels: [1, 2], captions: ['one', 'one', 'two'], tags: ['day', 'night'] })
})

test('true duplicates within a file are kept, and are as many when it comes again', () => {
  const twice = record('a.jpg', {
    regions: [
      { label: 'cat', shape: box() },
      { label: 'cat', shape: box() },
    ],
  })
  const p = temporaryProject([twice])
  addRecords(p, [twice])
  expect(content(p).regions).toBe(2)
})

test('a region that was edited since is not added again by its own file; one that was removed is', () => {
  const p = temporaryProject([full])
  const [first, second] = imageContent(p, 1).regions
  updateRegion(p, first!.id, { shape: box(50), labelId: null })
  addRecords(p, [full])
  expect(content(p).regions).toBe(3)
  removeRegions(p, [second!.id])
  addRecords(p, [full])
  expect(content(p).regions).toBe(3)
})

test('where a region came from is kept as projects have it: 32 digits of a hash', () => {
  const p = temporaryProject([full])
  // As today's program writes it: another form would add every region anew to projects that there are.
  expect(p.db.value('SELECT source FROM region WHERE id = 1')).toBe('1bdb4dd93825f0bd535a9f0c8944e086')
})

test('regions come in their drawing order, the lowest first', () => {
  const p = temporaryProject([record('a.jpg')])
  const [a, b, c] = [2, 0, 1].map((z) => addRegion(p, { mediaId: 1, shape: box(), z }).id)
  expect(imageContent(p, 1).regions.map((r) => r.id)).toEqual([b, c, a])
})

test('a row of an import that vanished is missed, also beside one that was changed', () => {
  const p = temporaryProject([full])
  updateRegion(p, 1, { shape: box(50) })
  p.db.exec('DELETE FROM region WHERE id = 3')
  const found = checkProject(p, { files: false }).problems.filter((x) => x.kind === 'journal')
  expect(found.map((x) => /: 1 rows of region/.test(x.message))).toEqual([true])
})

test('what a record says of its file is kept, and fills only gaps when it comes again', () => {
  const facts = { contentHash: 'a'.repeat(64), perceptualHash: '0123456789abcdef', width: 10, height: 20, split: 'val' }
  const [known, other] = [
    { ...facts, width: 640, height: 480 },
    { contentHash: 'b'.repeat(64), perceptualHash: 'f'.repeat(16), split: 'ood' },
  ]
  const p = temporaryProject([record('a.jpg', facts), record('b.jpg')])
  expect(imageContent(p, 1).media).toMatchObject(facts)
  addRecords(p, [record('a.jpg', other), record('b.jpg', known)])
  expect([imageContent(p, 1).media, imageContent(p, 2).media]).toMatchObject([facts, known])
})
