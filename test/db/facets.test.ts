/** The count beside a value is the number of images that choosing it shows, whatever else is chosen. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MediaFilter } from '#shared/model/project.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { setMediaFacts, setReview } from '../../src-main/app/annotations/index.ts'
import { mediaFacets } from '../../src-main/app/media/facets.ts'
import { addRecords, countMedia, createProject, findMediaIds, listLabels, type Project } from '../../src-main/app/projects/index.ts'
import { setFileStates } from '../../src-main/db/media-file.ts'
import { fiveImages, temporaryProject } from '../app/projects/fixture.ts'

let dir: string
let project: Project
const model = (score: number) => ({ kind: 'checkpoint' as const, checkpoint: 'run-1', score })
const names = ['cat', 'dog', 'bird']

/** Some of everything, in two folders of images. */
function* records(n: number): Generator<ImageRecord> {
  for (let i = 0; i < n; i++)
    yield {
      fileName: `${['', 'a/', 'a/b/', 'ab/', 'c d/e/'][i % 5]!}image-${i}.png`,
      width: 10,
      height: 10,
      ...(i % 3 ? { split: i % 2 ? 'train' : 'val' } : {}),
      regions:
        i % 4 === 0
          ? [
              {
                label: names[i % 3]!,
                shape: { kind: 'box', x: 1, y: 1, w: 2, h: 2 },
                ...(i % 8 === 0 ? { author: model((i % 10) / 10) } : {}),
              },
            ]
          : [],
      labels: i % 5 === 0 ? [{ label: names[(i >> 1) % 3]! }] : i % 7 === 0 ? [{ label: 'cat', author: model(0.3) }] : [],
      captions: i % 6 === 0 ? [{ text: `a picture number ${i}` }] : [],
      tags: i % 9 === 0 ? ['seen', ...(i % 2 ? ['odd'] : [])] : [],
    }
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'dashi-facets-'))
  project = createProject(join(dir, 'p'), { user: 'ann' })
  addRecords(project, records(200), { root: join(dir, 'one') })
  addRecords(project, records(50), { root: join(dir, 'two') })
  setReview(project, findMediaIds(project, {}, { limit: 20 }), 'approved')
  setMediaFacts(project, new Map(findMediaIds(project, { split: 'val' }, { limit: 10 }).map((id) => [id, { duplicateGroup: 1 }])))
  setFileStates(
    project.db,
    findMediaIds(project, {}, { limit: 250 }).map((mediaId) => ({ mediaId, stamp: '1', problem: mediaId % 11 === 0 ? 'damaged' : null })),
  )
})
afterAll(() => {
  project.close()
  rmSync(dir, { recursive: true, force: true })
})

const filters = fc.record(
  {
    labelIds: fc.subarray([1, 2, 3], { minLength: 1 }),
    author: fc.constantFrom<MediaFilter['author']>(
      { kind: 'person' },
      { kind: 'person', name: 'ann' },
      { kind: 'checkpoint', name: 'run-1' },
    ),
    score: fc.constantFrom({ max: 0.5 }, { min: 0.2 }),
    state: fc.constantFrom('proposed' as const, 'accepted' as const),
    split: fc.constantFrom('train', 'val', null),
    review: fc.constantFrom('approved' as const, 'unreviewed' as const),
    tag: fc.constantFrom('seen', 'odd'),
    captionText: fc.constantFrom('number', '1'),
    pathText: fc.constantFrom('image-1', 'b'),
    duplicates: fc.constant('near' as const),
    unlabelled: fc.boolean(),
    unreadable: fc.boolean(),
    folder: fc.constantFrom({ rootId: 1, path: '' }, { rootId: 1, path: 'a' }, { rootId: 1, path: 'a/b' }, { rootId: 2, path: 'c d' }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<MediaFilter>

/** `few`: from how many images on they are counted by the database alone. */
const agrees = (filter: MediaFilter, few?: number) => {
  const f = mediaFacets(project, filter, few !== undefined, few)
  const shown = (patch: MediaFilter) => countMedia(project, { ...filter, ...patch })
  expect(f.approximate).toBe(false)
  expect([f.unlabelled, f.labelled], 'status').toEqual([shown({ unlabelled: true }), shown({ unlabelled: false })])
  expect([f.proposed, f.doubtful, f.duplicates, f.unreadable], 'more of status').toEqual([
    shown({ state: 'proposed' }),
    shown({ score: { max: 0.5 } }),
    shown({ duplicates: 'near' }),
    shown({ unreadable: true }),
  ])
  const counts = (rows: readonly { count: number }[]) => rows.map((r) => r.count)
  expect(counts(f.labels), 'labels').toEqual(f.labels.map((l) => shown({ labelIds: [l.labelId] })))
  expect(
    listLabels(project)
      .filter((l) => !f.labels.some((c) => c.labelId === l.id))
      .map((l) => shown({ labelIds: [l.id] })),
    'labels that are not listed',
  ).toEqual(expect.not.arrayContaining([expect.toSatisfy((n: number) => n > 0)]))
  expect(counts(f.splits), 'splits').toEqual(f.splits.map((s) => shown({ split: s.value })))
  expect(counts(f.review), 'review').toEqual(f.review.map((r) => shown({ review: r.value as 'approved' })))
  expect(counts(f.tags), 'tags').toEqual(f.tags.map((t) => shown({ tag: t.value! })))
  expect(counts(f.authors), 'authors').toEqual(f.authors.map(({ kind, name }) => shown({ author: { kind, name } })))
  expect(counts(f.folders), 'folders').toEqual(f.folders.map(({ rootId, path }) => shown({ folder: { rootId, path } })))
}

describe('each count is the number of images that its value shows', () => {
  test.each([undefined, 0])('beside no filter', (few) => agrees({}, few))
  test('beside any others', () => fc.assert(fc.property(filters, fc.constantFrom(undefined, 0, 20), agrees), { numRuns: 150 }))
})

describe.each([undefined, 0])('values are listed in order, each once (%s)', (few) => {
  const ordered = <T>(values: readonly T[]) => expect(values).toEqual([...new Set(values)].sort((a, b) => (a! < b! ? -1 : 1)))
  test.each<MediaFilter>([{}, { split: 'train' }, { score: { min: 0.2, max: 0.6 } }, { author: { kind: 'checkpoint' } }])(
    'beside %j',
    (filter) => {
      const f = mediaFacets(project, filter, few !== undefined, few)
      ordered(f.labels.map((l) => l.labelId))
      ordered(f.authors.map((a) => `${a.kind}:${a.name}`))
      ordered(f.review.map((r) => r.value))
      ordered(f.splits.map((r) => r.value ?? ''))
      ordered(f.tags.map((t) => t.value))
      for (const rows of [f.labels, f.authors, f.review, f.splits, f.tags]) for (const { count } of rows) expect(count).toBeGreaterThan(0)
    },
  )
  test('beside labels and an author, as the lists of images are', () => {
    const filter: MediaFilter = {
      labelIds: [1],
      author: { kind: 'checkpoint', name: 'run-1' },
      score: { min: 0.1, max: 0.4 },
      state: 'proposed',
    }
    agrees(filter, few)
    const f = mediaFacets(project, filter, few !== undefined, few)
    expect(f.labels.length).toBeGreaterThan(1)
    expect(f.proposed).toBeLessThan(mediaFacets(project, {}, few !== undefined, few).proposed)
    expect(f.proposed).toBeGreaterThan(0)
  })
})

test('the states of the review are listed where all images are reviewed, too', () => {
  const p = temporaryProject(fiveImages())
  const listed = () => mediaFacets(p, {}, false, 0).review.map((r) => [r.value, r.count])
  expect(listed()).toEqual([['unreviewed', 5]])
  setReview(p, [1, 2, 3], 'rejected')
  setReview(p, [4], 'approved')
  expect(listed()).toEqual([
    ['approved', 1],
    ['rejected', 3],
    ['unreviewed', 1],
  ])
  setReview(p, [5], 'approved')
  expect(listed()).toEqual([
    ['approved', 2],
    ['rejected', 3],
  ])
})

test('the folders at the top are listed, and those on the way to the chosen one', () => {
  const listed = (filter: MediaFilter) =>
    mediaFacets(project, filter)
      .folders.map((f) => `${f.rootId}:${f.path}${f.folders ? '/' : ''}`)
      .sort()
  expect(listed({})).toEqual(['1:/', '2:/'])
  expect(listed({ folder: { rootId: 1, path: '' } })).toEqual(['1:/', '1:a/', '1:ab', '1:c d/', '2:/'])
  expect(listed({ folder: { rootId: 1, path: 'a' } })).toEqual(['1:/', '1:a/', '1:a/b', '1:ab', '1:c d/', '2:/'])
})

test('a folder has what lies in it and below it, and nothing of another that begins alike', () => {
  const paths = (path: string) => countMedia(project, { folder: { rootId: 1, path } })
  expect([paths('a'), paths('a/b'), paths('ab'), paths('c d'), paths('c d/e'), paths('nowhere'), paths('')]).toEqual([
    80, 40, 40, 40, 40, 0, 200,
  ])
})

describe('of very many images', () => {
  let many: Project
  beforeAll(() => {
    many = createProject(join(dir, 'many'), { user: 'ann' })
    addRecords(
      many,
      (function* () {
        for (let i = 0; i < 60_000; i++)
          yield { fileName: `f${i % 7}/${i}.png`, ...(i % 10 ? { split: 'train' } : {}), labels: i % 3 ? [{ label: names[i % 2]! }] : [] }
      })(),
    )
  })
  afterAll(() => many.close())

  test('the counts are first reckoned from a sample, and near the exact ones', () => {
    const [near, exact] = [mediaFacets(many, { split: 'train' }), mediaFacets(many, { split: 'train' }, true)]
    expect([near.approximate, exact.approximate]).toEqual([true, false])
    expect(exact.labels.map((l) => l.count)).toEqual(exact.labels.map((l) => countMedia(many, { split: 'train', labelIds: [l.labelId] })))
    for (const { labelId, count } of exact.labels)
      expect(Math.abs(near.labels.find((l) => l.labelId === labelId)!.count - count) / count).toBeLessThan(0.05)
    expect(near.splits).toEqual(exact.splits)
  })

  test('what few pass is exact at once', () => {
    const few = mediaFacets(many, { pathText: '/1234' })
    expect(few.labels.map((l) => l.count)).toEqual(few.labels.map((l) => countMedia(many, { pathText: '/1234', labelIds: [l.labelId] })))
    expect(few.folders.reduce((n, f) => n + f.count, 0)).toBe(countMedia(many, { pathText: '/1234' }))
  })
})
