import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ImageRecord } from '#shared/model/record.ts'
import type { SplitOptions } from '#shared/model/curation.ts'
import { addTag, redoChange, setMediaFacts, undoChange } from '../../../src-main/app/annotations/index.ts'
import { applySplit, classBalance, keepResult, proposeSplit } from '../../../src-main/app/curation/index.ts'
import { findMedia, projectInfo, type Project } from '../../../src-main/app/projects/index.ts'
import { box, record, temporaryProject } from '../projects/fixture.ts'

const shares = { train: 0.8, val: 0.1, test: 0.1 }
/** n images in ten folders, of three labels in the proportion 7 : 2 : 1. */
const images = (n: number): ImageRecord[] =>
  Array.from({ length: n }, (_, i) =>
    record(`f${i % 10}/${i}.jpg`, { labels: [{ label: ['a', 'b', 'c'][i % 10 < 7 ? 0 : i % 10 < 9 ? 1 : 2]! }] }),
  )
const propose = async (project: Project, options: Partial<SplitOptions> = {}) => {
  const found = await proposeSplit(project, { shares, ...options })
  keepResult(project, 'split', found, 0)
  return found.summary
}
const splitOf = (project: Project) => new Map(findMedia(project, {}, { limit: 10_000 }).map((m) => [m.path, m.split]))

describe('a split', () => {
  test('has the shares, and each label in the same shares; one undo takes it back', async () => {
    const project = temporaryProject(images(200))
    const before = projectInfo(project)
    const report = await propose(project)
    expect(report).toMatchObject({
      images: 200,
      changes: 200,
      unmet: [],
      splits: [
        { name: 'train', images: 160, share: 0.8 },
        { name: 'val', images: 20 },
        { name: 'test', images: 20 },
      ],
    })
    expect(report.labels.map((l) => [l.name, l.counts])).toEqual([
      ['c', [16, 2, 2]],
      ['b', [32, 4, 4]],
      ['a', [112, 14, 14]],
    ])
    expect(projectInfo(project)).toEqual(before)
    expect(applySplit(project)).toBe(200)
    expect(projectInfo(project).splits).toEqual({ train: 160, val: 20, test: 20 })
    undoChange(project)
    expect(projectInfo(project)).toEqual(before)
    redoChange(project)
    expect(projectInfo(project).splits).toEqual({ train: 160, val: 20, test: 20 })
  })

  test('counts the labels of regions too, and says which label is too rare', async () => {
    const project = temporaryProject([
      ...images(40),
      record('x.jpg', {
        regions: [
          { label: 'rare', shape: box() },
          { label: 'rare', shape: box(5) },
        ],
      }),
      record('y.jpg', { regions: [{ label: 'rare', shape: box(), state: 'rejected' }] }),
    ])
    const { unmet, labels } = await propose(project)
    expect(labels[0]).toMatchObject({ name: 'rare', images: 1 })
    expect(unmet.filter((u) => u.kind === 'label-missing' && u.name === 'rare')).toEqual([
      { kind: 'label-missing', labelId: expect.any(Number) as number, name: 'rare', images: 1, splits: ['val', 'test'] },
    ])
  })

  test('keeps folders, tags and duplicates together', async () => {
    const project = temporaryProject(images(100))
    const byFolder = async () => {
      await propose(project, { groupBy: 'folder' })
      applySplit(project)
      return splitOf(project)
    }
    const splits = await byFolder()
    for (let f = 0; f < 10; f++) expect(new Set([...splits].flatMap(([path, s]) => (path.startsWith(`f${f}/`) ? [s] : []))).size).toBe(1)

    const all = findMedia(project, {}, { limit: 1000 })
    addTag(project, [all[0]!.id, all[55]!.id], 'patient:7')
    addTag(project, [all[0]!.id, all[1]!.id], 'night')
    setMediaFacts(
      project,
      new Map([
        [all[2]!.id, { duplicateGroup: 9 }],
        [all[3]!.id, { duplicateGroup: 9 }],
        [all[4]!.id, { contentHash: 'a'.repeat(64) }],
        [all[5]!.id, { contentHash: 'a'.repeat(64) }],
      ]),
    )
    let apart = 0
    for (let seed = 0; seed < 30; seed++) {
      const { groups } = await propose(project, { shares: { l: 0.5, r: 0.5 }, groupBy: 'tag', tagPrefix: 'patient:', seed })
      expect(groups).toEqual({ count: 3, largest: 2 })
      applySplit(project)
      const of = splitOf(project)
      const at = (i: number) => of.get(all[i]!.path)
      expect([at(55), at(3), at(5)]).toEqual([at(0), at(2), at(4)])
      if (at(0) !== at(1)) apart++
    }
    expect(apart).toBeGreaterThan(0)
  })

  test('keeps what is assigned when asked, other splits untouched, and newcomers follow their group', async () => {
    const given = images(100).map((r, i) => ({ ...r, split: i < 10 ? 'test' : i < 20 ? 'ood' : null }))
    const project = temporaryProject(given)
    const all = findMedia(project, {}, { limit: 1000 })
    setMediaFacts(project, new Map([all[0]!, all[50]!].map((m) => [m.id, { duplicateGroup: 1 }])))
    setMediaFacts(project, new Map([all[15]!, all[60]!].map((m) => [m.id, { duplicateGroup: 2 }])))
    setMediaFacts(project, new Map([all[1]!, all[16]!].map((m) => [m.id, { duplicateGroup: 3 }])))
    const report = await propose(project, { keepAssigned: true })
    expect(report.unmet).toContainEqual({ kind: 'group-divided', images: 2, splits: ['test', 'ood'] })
    applySplit(project)
    const of = splitOf(project)
    all.forEach((m) => m.split && expect(of.get(m.path)).toBe(m.split))
    expect([of.get(all[50]!.path), of.get(all[60]!.path)]).toEqual(['test', 'ood'])
    expect(projectInfo(project).splits).toMatchObject({ ood: 11, test: 11 })
    expect(Object.values(projectInfo(project).splits).reduce((a, b) => a + b)).toBe(100)
  })

  test('is refused when labels changed since it was proposed', async () => {
    const project = temporaryProject(images(20))
    await propose(project)
    addTag(project, [1], 'no matter')
    expect(applySplit(project)).toBe(20)
    await propose(project, { seed: 1 })
    undoChange(project)
    expect(() => applySplit(project)).toThrow('propose it again')
  })

  test.each([
    [{ shares: { train: 0.5, val: 0.4 } }, 'sum to 1'],
    [{ shares: { train: 1.2, val: -0.2 } }, 'shares.train'],
    [{ shares: {} }, 'sum to 1'],
  ])('is refused for %j', async (options, message) => {
    await expect(proposeSplit(temporaryProject(images(10)), options)).rejects.toThrow(message)
  })

  const dataset = fc.record({
    labels: fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 3 }), { minLength: 30, maxLength: 90 }),
    group: fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 90, maxLength: 90 }),
    seed: fc.nat(),
  })
  test('separates no group, misses no share by more than its largest groups, and is the same each time', async () => {
    await fc.assert(
      fc.asyncProperty(dataset, async ({ labels, group, seed }) => {
        const project = temporaryProject(labels.map((own, i) => record(`${i}.jpg`, { labels: own.map((label) => ({ label })) })))
        const ids = findMedia(project, {}, { limit: 1000 }).map((m) => m.id)
        setMediaFacts(project, new Map(ids.flatMap((id, i) => (i % 3 ? [] : [[id, { duplicateGroup: group[i]! }] as const]))))
        const first = await proposeSplit(project, { shares, seed })
        const again = await proposeSplit(project, { shares, seed })
        expect(again).toEqual(first)
        const split = new Map(Object.entries(first.details).flatMap(([s, own]) => own.map((id) => [id, s] as const)))
        expect(split.size).toBe(ids.length)
        const splitsOfGroup = new Map<number, Set<string>>()
        ids.forEach((id, i) => i % 3 || splitsOfGroup.set(group[i]!, (splitsOfGroup.get(group[i]!) ?? new Set()).add(split.get(id)!)))
        for (const s of splitsOfGroup.values()) expect(s.size).toBe(1)
        for (const s of first.summary.splits)
          expect(Math.abs(s.images - s.wanted * ids.length)).toBeLessThanOrEqual(Math.max(1, first.summary.groups.largest) * 3)
      }),
      { numRuns: 12 },
    )
  })
})

test('class balance: counts by split, effective numbers, imbalance', () => {
  const project = temporaryProject([
    record('1.jpg', {
      split: 'train',
      labels: [{ label: 'a' }],
      regions: [
        { label: 'a', shape: box() },
        { label: 'b', shape: box() },
      ],
    }),
    record('2.jpg', { split: 'val', labels: [{ label: 'a' }] }),
    record('3.jpg', { labels: [{ label: 'a' }, { label: 'c', state: 'rejected' }] }),
    record('4.jpg'),
  ])
  const report = classBalance(project, 0.9)
  expect(report).toMatchObject({ images: 4, labelled: 3, splits: ['train', 'val', null], imbalance: 3, beta: 0.9 })
  expect(report.labels.map(({ name, images: n, regions, counts }) => ({ name, n, regions, counts }))).toEqual([
    { name: 'a', n: 3, regions: 1, counts: [1, 1, 1] },
    { name: 'b', n: 1, regions: 1, counts: [1, 0, 0] },
    { name: 'c', n: 0, regions: 0, counts: [0, 0, 0] },
  ])
  // (1 − 0.9³) / 0.1 = 2.71; weights ∝ 1/2.71 and 1, with mean 1.
  expect(report.labels.map((l) => l.effective)).toEqual([expect.closeTo(2.71, 10), expect.closeTo(1, 10), 0])
  expect(report.labels.map((l) => l.weight)).toEqual([expect.closeTo(2 / 3.71, 10), expect.closeTo((2 * 2.71) / 3.71, 10), 0])
  expect(report.effectiveLabels).toBeCloseTo(Math.exp(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25))), 10)
})
