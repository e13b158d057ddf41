import { expect, test } from 'vitest'
import fc from 'fast-check'
import type { ImageRecord } from '#shared/model/record.ts'
import {
  addRecords,
  addRecordStream,
  checkProject,
  countMedia,
  findMedia,
  imageContent,
  listLabels,
  projectHash,
  readRecords,
} from '../../../src-main/app/projects/index.ts'
import { changeHistory, redoChange, undoChange } from '../../../src-main/app/annotations/index.ts'
import { box, fiveImages, record, temporaryProject } from './fixture.ts'

const sound = (report: { problems: unknown[] }) => expect(report.problems).toEqual([])

test('what is put in comes out', () => {
  const given = record('dir/ä b.c.jpg', {
    split: 'train',
    tags: ['x', 'y'],
    labels: [{ label: 'indoor', author: { kind: 'person', name: 'bob' }, state: 'accepted' }],
    regions: [
      {
        label: 'cat',
        shape: box(),
        attributes: { occluded: true, n: 3, by: 'x' },
        z: 0,
        author: { kind: 'person', name: 'bob' },
        state: 'accepted',
      },
      {
        label: null,
        shape: {
          kind: 'polygon',
          parts: [
            [
              [0, 0, 9.25, 0, 9, 9],
              [1, 1, 2, 1, 2, 2],
            ],
          ],
        },
        attributes: {},
        z: 1,
        author: { kind: 'checkpoint', checkpoint: 'r', score: 0.25 },
        state: 'proposed',
      },
      {
        label: 'cat',
        shape: { kind: 'keypoints', points: [{ name: 'nose', x: 1, y: 2, v: 2 }] },
        attributes: {},
        z: 2,
        author: { kind: 'person', name: 'bob' },
        state: 'rejected',
      },
    ],
    captions: [
      {
        text: 'a cat',
        language: 'en',
        region: 2,
        spans: [{ start: 2, end: 5, regions: [0, 2] }],
        author: { kind: 'person', name: 'bob' },
        state: 'accepted',
      },
    ],
  })
  const project = temporaryProject([given])
  const [stored, ...others] = [...readRecords(project)]
  expect(others).toEqual([])
  expect(stored!.record).toMatchObject(given)
  expect(stored!.file!.endsWith('/p/media/dir/ä b.c.jpg')).toBe(true)
  expect(imageContent(project, stored!.mediaId).captions[0]!.spans[0]!.regions).toEqual([stored!.regionIds[0], stored!.regionIds[2]])
})

test('adding the same records again changes nothing', () => {
  const project = temporaryProject(fiveImages())
  const hash = projectHash(project)
  expect(addRecords(project, fiveImages())).toMatchObject({
    added: 0,
    merged: 0,
    unchanged: 5,
    regions: 0,
    captions: 0,
    tags: 0,
    imageLabels: 0,
  })
  expect(projectHash(project)).toBe(hash)
})

test('a second import adds what is new to images that are there, and fills gaps only', () => {
  const project = temporaryProject(fiveImages())
  const counts = addRecords(project, [
    record('a.jpg', { split: 'test', regions: [{ label: 'bird', shape: box() }] }),
    record('dir/e.f.jpg', { split: 'test' }),
  ])
  expect(counts).toMatchObject({ added: 0, merged: 2, labels: 1, regions: 1 })
  expect(findMedia(project).map((m) => m.split)).toEqual(['train', 'val', 'train', null, 'test'])
  expect(countMedia(project, { unlabelled: true })).toBe(3)
  sound(checkProject(project, { files: false }))
})

test('the same file twice in one import is one image; equal regions in one record are kept', () => {
  const twice = record('a.jpg', {
    regions: [
      { label: 'cat', shape: box() },
      { label: 'cat', shape: box() },
    ],
  })
  const project = temporaryProject([twice, twice, record('b.jpg')])
  expect([...readRecords(project)].map((r) => r.record.regions!.length)).toEqual([2, 0])
  sound(checkProject(project, { files: false }))
})

test('a record that is not valid stops all of it, naming the file and the field', () => {
  const project = temporaryProject()
  const bad = (more: Partial<ImageRecord>) => () => addRecords(project, [record('good.jpg'), record('bad.jpg', more)])
  expect(bad({ regions: [{ label: 'x', shape: { ...box(), x: NaN } as never }] })).toThrow(/^bad\.jpg: regions\.0\.shape\.x: /)
  expect(bad({ captions: [{ text: 'x', region: 0 }] })).toThrow('bad.jpg: captions.0 refers to region 0, the record has 0')
  expect(bad({ fileName: '../x.jpg' })).toThrow('../x.jpg: fileName: expected a relative path')
  expect(bad({ fileName: '/etc/passwd' })).toThrow('expected a relative path')
  expect(countMedia(project)).toBe(0)
})

test('committed batches stay, and another run continues from there', () => {
  const project = temporaryProject()
  const records = function* (until: number) {
    for (let i = 0; i < 10; i++) {
      if (i === until) throw new Error('pulled the plug')
      yield record(`${i}.jpg`, { regions: [{ label: 'x', shape: box(i) }] })
    }
  }
  expect(() => addRecords(project, records(7), { batch: 3 })).toThrow('pulled the plug')
  expect(countMedia(project)).toBe(6)
  expect(addRecords(project, records(99), { batch: 3 })).toMatchObject({ added: 4, unchanged: 6, regions: 4 })
  expect(() => addRecords(temporaryProject(), records(7))).toThrow('pulled the plug')
})

test('an asynchronous source, and a cancelled one', async () => {
  const project = temporaryProject()
  const source = async function* () {
    for (const r of fiveImages()) yield r
  }
  expect(await addRecordStream(project, source(), { batch: 2 })).toMatchObject({ added: 5 })
  await expect(addRecordStream(project, source(), { signal: AbortSignal.abort() })).rejects.toThrow()
})

test('an import is one step of undo and of redo', () => {
  const project = temporaryProject()
  const empty = projectHash(project)
  addRecords(project, fiveImages())
  const hash = projectHash(project)
  expect(undoChange(project)!.action).toBe('import')
  expect(countMedia(project)).toBe(0)
  expect(listLabels(project)).toEqual([])
  expect(projectHash(project)).toBe(empty)
  sound(checkProject(project, { files: false }))
  redoChange(project)
  expect(projectHash(project)).toBe(hash)
  expect([...readRecords(project)].map((r) => r.record.fileName)).toEqual(fiveImages().map((r) => r.fileName))
  undoChange(project)
  redoChange(project)
  expect(projectHash(project)).toBe(hash)
  expect(changeHistory(project).map((e) => e.kind)).toEqual(['redo', 'undo', 'redo', 'undo', 'do'])
  sound(checkProject(project, { files: false }))
})

test('the dataset hash does not depend on the order of records', () => {
  const a = temporaryProject(fiveImages())
  const b = temporaryProject(fiveImages().reverse())
  expect(projectHash(b)).toBe(projectHash(a))
  addRecords(a, [record('f.jpg')])
  expect(projectHash(b)).not.toBe(projectHash(a))
})

test('records that fast-check makes up come out as they went in', () => {
  const name = fc.string({ minLength: 1, maxLength: 12 }).filter((s) => !/[/\\\0]|^\.\.?$|^[A-Za-z]:/.test(s) && s.isWellFormed())
  const number = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((v) => v + 0)
  const region = fc.record({
    label: fc.option(name),
    shape: fc.oneof(
      fc.record({
        kind: fc.constant('box' as const),
        x: number,
        y: number,
        w: fc.double({ min: 0, max: 1e4, noNaN: true }),
        h: fc.double({ min: 0, max: 1e4, noNaN: true }),
      }),
      fc.record({
        kind: fc.constant('polyline' as const),
        points: fc.array(fc.tuple(number, number), { minLength: 2, maxLength: 5 }).map((p) => p.flat()),
      }),
    ),
    // An attribute named __proto__ is left out by validation, against prototype pollution.
    attributes: fc.dictionary(
      name.filter((s) => s !== '__proto__'),
      fc.oneof(fc.string(), fc.boolean(), fc.integer()),
    ),
  })
  const records = fc.uniqueArray(fc.record({ fileName: name, regions: fc.array(region, { maxLength: 4 }) }), {
    selector: (r) => r.fileName,
    minLength: 1,
    maxLength: 6,
  })
  fc.assert(
    fc.property(records, (given) => {
      const project = temporaryProject(given)
      const back = [...readRecords(project)].map(({ record: r }) => ({
        fileName: r.fileName,
        regions: r.regions!.map(({ label, shape, attributes }) => ({ label, shape, attributes })),
      }))
      project.close()
      expect(back).toEqual(JSON.parse(JSON.stringify(given)))
    }),
    { numRuns: 8 },
  )
})
