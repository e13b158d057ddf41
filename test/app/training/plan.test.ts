/** What a plan says of a project's images: what stands in the way, what is measured, what the project is suited for. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it, test } from 'vitest'
import type { ImageRecord } from '#shared/model/record.ts'
import { filled } from '#shared/model/filled.ts'
import { wordsSchema } from '#shared/model/words.ts'
import { curatedFacts } from '../../../src-main/db/planning.ts'
import { addRecords, type Project, takeSnapshot } from '../../../src-main/app/projects/index.ts'
import { chosenFrom } from '../../../src-main/app/training/choice.ts'
import { dataFor, trainingDataFor } from '../../../src-main/app/training/dataset.ts'
import { concerns, concernsOf } from '../../../src-main/app/training/plan/concerns.ts'
import { dataFacts, type Facts } from '../../../src-main/app/training/plan/facts.ts'
import { measuredWords } from '../../../src-main/app/training/plan/measured.ts'
import { secondsOf } from '../../../src-main/app/training/plan/paces.ts'
import { suggest } from '../../../src-main/app/training/plan/suggest.ts'
import { readAddress } from '../../../src-renderer/routing/address.ts'
import { box, record, temporaryProject } from '../projects/fixture.ts'

const image = (name: string, label: string | string[] | null, split: string | null, more: Partial<ImageRecord> = {}): ImageRecord =>
  record(name, { labels: [label ?? []].flat().map((l) => ({ label: l })), ...(split && { split }), ...more })
/** n images of a label in a split. */
const many = (n: number, label: string, split: string): ImageRecord[] =>
  Array.from({ length: n }, (_, i) => image(`${split}-${label}-${i}.jpg`, label, split))

const plenty = { needed: 1, free: 1e12, total: 1e12, budget: null }
function facts(project: Project, more: Partial<Facts> = {}): Facts {
  const task = more.task ?? 'classify'
  const data = dataFacts(project, dataFor(project, task))
  return { ...data, looked: true, task, settings: {}, untrained: false, outline: null, memory: plenty, disk: plenty, ...more }
}
const found = (project: Project, more?: Partial<Facts>) => concernsOf(facts(project, more)).map((c) => c.id)
const sound = [
  ...many(30, 'cat', 'train'),
  ...many(30, 'dog', 'train'),
  ...many(30, 'cat', 'val'),
  ...many(30, 'dog', 'val'),
  ...many(9, 'cat', 'ood'),
]

describe('concerns', () => {
  it('are one record a file, in both languages, with a cure and an address that leads somewhere', () => {
    const folder = path.join(import.meta.dirname, '../../../src-main/app/training/plan/concerns')
    expect(concerns.map((c) => `${c.id}.ts`).sort()).toEqual(readdirSync(folder).sort())
    for (const { id, problem, cure, link } of concerns) {
      for (const words of [problem, cure]) expect(Object.keys(wordsSchema.parse(words)), id).toEqual(['en', 'ja'])
      const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort()
      expect(holes(problem.en), id).toEqual(holes(problem['ja']!))
      if (link) expect(readAddress(link)?.room, id).toMatch(/data|merge/)
    }
  })

  it('there are none about a project that is sound', () => expect(found(temporaryProject(sound))).toEqual([]))

  const spoiled: [string, (records: ImageRecord[]) => ImageRecord[], Partial<Facts>?][] = [
    ['no-images', (r) => r.filter((i) => i.split !== 'train')],
    ['one-label', (r) => r.map((i) => ({ ...i, labels: [{ label: 'cat' }] }))],
    ['class-without-examples', (r) => [...r, image('x.jpg', 'owl', 'val')]],
    ['class-with-one-example', (r) => [...r, image('x.jpg', 'owl', 'train')]],
    ['no-validation', (r) => r.filter((i) => i.split !== 'val')],
    ['small-validation', (r) => r.filter((i, k) => i.split !== 'val' || k % 10 === 0)],
    ['several-labels', (r) => [...r, image('x.jpg', ['cat', 'dog'], 'train')]],
    ['imbalance', (r) => [...r, ...many(300, 'cat', 'more').map((i) => ({ ...i, split: 'train' }))]],
    ['few-images', (r) => r.filter((i, k) => i.split !== 'train' || k % 10 === 0)],
    ['few-regions', (r) => [...r, image('x.jpg', null, 'train', { regions: [{ label: 'cat', shape: box() }] })], { task: 'detect' }],
    ['no-ood', (r) => r.map((i) => (i.split === 'ood' ? { ...i, split: 'test' } : i))],
    ['no-test', (r) => r.filter((i) => i.split !== 'ood')],
    ['regions-unused', (r) => [...r, image('x.jpg', null, 'train', { regions: [{ label: 'cat', shape: box() }] })]],
    ['undivided', (r) => [...r, image('x.jpg', 'cat', null)]],
    ['duplicates-unknown', (r) => r, { looked: false }],
    ['leaked-copies', (r) => [...r, ...['train', 'val'].map((s) => image(`${s}.jpg`, 'cat', s, { contentHash: 'a'.repeat(64) }))]],
    ['disk-too-small', (r) => r, { disk: { needed: 2 ** 30, free: 2 ** 20, budget: null } }],
    ['over-budget', (r) => r, { disk: { needed: 2 ** 30, free: 2 ** 40, budget: { most: 2 ** 31, left: 2 ** 29 } } }],
    ['memory-too-small', (r) => r, { memory: { needed: 2 ** 34, free: 2 ** 30, total: 2 ** 33 } }],
    ['memory-short', (r) => r, { memory: { needed: 2 ** 32, free: 2 ** 30, total: 2 ** 33 } }],
  ]
  test.each(spoiled)('%s is said where it applies', (id, spoil, more) => {
    const project = temporaryProject(spoil([...sound]))
    expect(found(project, more)).toContain(id)
    const concern = concernsOf(facts(project, more)).find((c) => c.id === id)!
    for (const words of [concern.problem, concern.cure])
      for (const text of Object.values(words)) expect(filled(text, concern.with), id).not.toMatch(/[{}]|undefined|NaN/)
  })

  it('near-copies that curation grouped and that straddle the splits are counted', () => {
    const project = temporaryProject(sound)
    const ids = ['train-cat-0.jpg', 'train-cat-1.jpg', 'val-cat-0.jpg']
    for (const name of ids) project.db.run('UPDATE media SET duplicate_group = 5 WHERE path = ?', name)
    expect(concernsOf(facts(project)).find((c) => c.id === 'leaked-near-copies')?.with).toEqual({ n: 2 })
  })

  it('an unreadable image is named', () => {
    const project = temporaryProject(sound)
    const data = { ...facts(project).data, leftOut: [{ file: 'a.jpg', reason: 'is damaged' }] }
    expect(found(project, { data })).toContain('unreadable')
  })

  it('a rare label is no concern where classes are weighed or drawn evenly', () => {
    const uneven = temporaryProject([...sound, ...many(300, 'cat', 'more').map((i) => ({ ...i, split: 'train' }))])
    expect(found(uneven, { settings: { classWeights: 'balanced' } })).not.toContain('imbalance')
    expect(found(uneven, { settings: { sampling: 'balanced' } })).not.toContain('imbalance')
  })
})

describe('a choice of the data', () => {
  const chosen = (project: Project, choice: Parameters<typeof chosenFrom>[1]) => {
    const { splits, classes } = chosenFrom(project, choice, () => dataFor(project, 'classify'))
    return Object.fromEntries(Object.entries(splits).map(([s, items]) => [s, items.map((i) => `${i.name} ${classes[i.label]!.name}`)]))
  }
  const few = () =>
    temporaryProject([
      image('a/1.jpg', 'cat', 'train', { tags: ['patient:1'] }),
      image('a/2.jpg', 'dog', 'train', { tags: ['patient:2'] }),
      image('b/3.jpg', 'owl', 'train'),
      image('b/4.jpg', 'dog', 'val', { tags: ['patient:2'] }),
      image('c/5.jpg', 'cat', 'extra', { tags: ['patient:3'] }),
    ])

  it('may give splits other roles', () => {
    expect(chosen(few(), { train: ['extra'], val: ['train'] })).toEqual({
      train: ['c/5.jpg cat'],
      val: ['a/1.jpg cat', 'a/2.jpg dog', 'b/3.jpg owl'],
    })
    expect(chosen(few(), { test: [] })).not.toHaveProperty('extra')
  })
  it('may be by a filter; a label that no image has any more is no class', () => {
    expect(chosen(few(), { filter: { tag: 'patient:2' } })).toEqual({ train: ['a/2.jpg dog'], val: ['b/4.jpg dog'] })
  })
  it('may hold out groups: no training image has one of its folder or tag in what is measured', () => {
    expect(chosen(few(), { holdOut: 'folder' })['train']).toEqual(['a/1.jpg cat', 'a/2.jpg dog'])
    expect(chosen(few(), { holdOut: 'tag', tagPrefix: 'patient:' })['train']).toEqual(['a/1.jpg cat', 'b/3.jpg owl'])
    expect(chosen(few(), { holdOut: 'duplicates' })['train']).toHaveLength(3)
  })
  it('may be a snapshot: the project as it was, which stays as it is', () => {
    const project = few()
    takeSnapshot(project, 'before')
    addRecords(project, [image('d/6.jpg', 'dog', 'train')])
    const now = project.db.all('SELECT * FROM media ORDER BY id')
    expect(trainingDataFor(project, 'classify', undefined, { snapshot: 'before' }).splits['train']).toHaveLength(3)
    expect(trainingDataFor(project, 'classify').splits['train']).toHaveLength(4)
    expect(project.db.all('SELECT * FROM media ORDER BY id')).toEqual(now)
    expect(
      project.db.transaction(() => trainingDataFor(project, 'classify', undefined, { snapshot: 'before' }).splits['train']),
    ).toHaveLength(3)
    expect(project.db.all('SELECT * FROM media ORDER BY id')).toEqual(now)
  })
  it('that cannot be is refused in one line', () => {
    expect(() => chosen(few(), { train: ['trian'] })).toThrow('there is no split "trian" (splits: extra, train, val)')
    expect(() => chosen(few(), { train: ['val'] })).toThrow('"val" cannot be learned from and chosen on')
    expect(() => chosen(few(), { snapshot: 'none' })).toThrow('none')
  })
})

describe('the suggestion', () => {
  const of = (records: ImageRecord[]) => suggest(curatedFacts(temporaryProject(records).db))
  const regions = [{ label: 'cat', shape: box() }]

  it.each<[string, ImageRecord[], string | null, RegExp]>([
    ['labels', sound, 'lp', /LP-FT/],
    ['10 pictures', [...many(5, 'cat', 'x'), ...many(5, 'dog', 'x')], 'lp', /from so few/],
    ['boxes', [image('a.jpg', null, 'train', { regions }), image('b.jpg', null, 'val', { regions })], 'detect-ft', /boxes/],
    ['several labels an image', [image('a.jpg', ['cat', 'dog'], 'train')], null, /several labels/],
    ['captions only', [record('a.jpg', { captions: [{ text: 'two dogs' }] })], 'captions', /captions/],
    ['nothing', [record('a.jpg')], null, /None of the 1/],
  ])('of a project with %s', (_, records, recipe, why) => {
    const s = of(records)
    expect(s.recipe).toBe(recipe)
    expect(filled(s.why.en, s.with)).toMatch(why)
    expect(filled(s.why['ja']!, s.with)).not.toMatch(/[{}]/)
  })
  it('divides images that are in no split, more of them for choosing where there are few', () => {
    expect(of([image('a.jpg', 'cat', null), image('b.jpg', 'dog', null)]).splits).toEqual({ train: 0.6, val: 0.4 })
    expect(of(sound).splits).toBeNull()
  })
})

it('says what is measured, and on how many images', () => {
  const words = measuredWords(facts(temporaryProject(sound))).map((w) => w.en)
  expect(words.join(' ')).toMatch(/share of images.*60 images of “val”.*OOD \(9\)/)
})

it('says of images in no split that nothing is decided, and of captions without masks that only the loss is measured', () => {
  const measured = (records: ImageRecord[], task: string) =>
    measuredWords(facts(temporaryProject(records), { task }))
      .map((w) => w.en)
      .join(' ')
  expect(measured([image('a.jpg', 'cat', null), image('b.jpg', 'dog', null)], 'classify')).toMatch(/decided when they are divided/)
  const captioned = ['train', 'val'].map((split) => record(`${split}.jpg`, { split, captions: [{ text: 'two dogs' }] }))
  expect(measured(captioned, 'ground')).toMatch(/the loss.*no image that is measured has drawn masks.*On 1 images of “val”/)
  const drawn = { label: 'dog', shape: { kind: 'polygon' as const, parts: [[[10, 10, 30, 10, 30, 20]]] } }
  expect(measured([...captioned, record('b.jpg', { split: 'val', regions: [drawn] })], 'ground')).toMatch(/mean IoU/)
})

it('a run takes its parts: reading images once, if they fit into memory', () => {
  const pace = {
    device: 'cpu',
    notes: [],
    start: 1,
    firstStep: 2,
    step: 0.5,
    feature: null,
    probe: null,
    evaluation: 0.1,
    decoded: 1000,
    peak: null,
  }
  const steps = { perEpoch: 10, steps: 30 }
  expect(secondsOf(pace, steps, { train: 100, val: 20 })).toBeCloseTo(1 + 10 * 2 + 20 * 0.5 + 12)
  expect(secondsOf({ ...pace, decoded: 2 ** 30 }, steps, { train: 100, val: 20 })).toBeCloseTo(1 + 30 * 2 + 12)
})
