/** Detectors are compared on the same images as classifiers are: figures, intervals, pairs, labels and images. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { anyComparison } from '#shared/contract/evaluation.ts'
import type { Job } from '#shared/model/job.ts'
import type { RegionComparison } from '#shared/model/region-comparison.ts'
import { addLabels, addRegions } from '../../../src-main/app/annotations/index.ts'
import type { AppContext } from '../../../src-main/app/context.ts'
import { compareCheckpoints } from '../../../src-main/app/evaluation/compare.ts'
import { evaluateCheckpoint } from '../../../src-main/app/evaluation/evaluate.ts'
import { keepComparison, keptComparison, keptComparisons } from '../../../src-main/app/evaluation/kept.ts'
import { addRecords, createProject, findMedia, type Project } from '../../../src-main/app/projects/index.ts'
import type { MakeJob } from '../../../src-main/engine/index.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { golden, goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const OWLS = ['owlvit', 'owlv2'].map((name) => goldenPath(`families/${name}`))
const SEGMENTERS = ['one', 'twin'].map((name) => path.join(temporaryFolder(), name))
const pictures = golden<Record<string, { file: string }>>('owl-pictures.json')
const SIZES = { large: [150, 110], '10:1': [120, 12], grey: [50, 45] } as const
const blank = {
  format: 1 as const,
  dashi: '1.0.0',
  created: '2026-01-01T00:00:00.000Z',
  base: null,
  recipe: null,
  seed: null,
  dataHash: null,
  device: null,
  metrics: {},
  classes: [],
}
let app: AppContext
let project: Project

beforeAll(() => {
  for (const folder of SEGMENTERS) {
    fs.cpSync(goldenPath('../models/clipseg'), folder, { recursive: true })
    // Its context is too short for sentences.
    fs.writeFileSync(path.join(folder, 'dashi.json'), JSON.stringify({ ...blank, templates: ['{}'] }))
  }
  const dir = temporaryFolder()
  const records = Object.entries(SIZES).map(([name, [width, height]], i) => {
    const fileName = `${name.replace(':', '-')}.png`
    fs.writeFileSync(path.join(dir, fileName), Buffer.from(pictures[name]!.file, 'base64'))
    return { fileName, width, height, split: i < 2 ? 'test' : 'val' }
  })
  project = createProject(path.join(dir, 'project'), { user: 'ann' })
  addRecords(project, records, { root: dir })
  const [cat, house] = addLabels(project, [{ name: 'cat' }, { name: 'house' }]).map((l) => l.id)
  const ids = findMedia(project).map((m) => m.id)
  addRegions(project, [
    { mediaId: ids[0]!, labelId: cat!, shape: { kind: 'box', x: 10, y: 10, w: 60, h: 60 } },
    { mediaId: ids[0]!, labelId: house!, shape: { kind: 'polygon', parts: [[[80, 20, 140, 20, 140, 90, 80, 90]]] } },
    { mediaId: ids[1]!, labelId: cat!, shape: { kind: 'box', x: 10, y: 1, w: 40, h: 10 } },
    { mediaId: ids[2]!, labelId: house!, shape: { kind: 'polygon', parts: [[[5, 5, 40, 5, 40, 40, 5, 40]]] } },
  ])
  const run = (make: Job | MakeJob<Job>, onProgress = () => undefined) => ({
    result: (async () =>
      runJob(typeof make === 'function' ? await make(new AbortController().signal) : make, { onProgress, isCancelled: () => false }))(),
    cancel: () => undefined,
  })
  app = { engine: { run } as never, nano: TINY_CLIP, cache: path.join(dir, 'cache') }
})
const compare = async (task: 'detect' | 'segment', checkpoints: readonly string[]) =>
  anyComparison.parse(await compareCheckpoints(app, project, { task, checkpoints })) as RegionComparison

test('boxes: the figures of an evaluation of each, with intervals, on the same images', async () => {
  const found = await compare('detect', OWLS)
  expect(found).toMatchObject({ task: 'detect', main: 'ap', ofImages: 'ap50', splits: ['test', 'val'], classes: ['cat', 'house'] })
  expect(found.rows.map((r) => r.name)).toEqual(['owlvit', 'owlv2'])
  for (const [i, checkpoint] of OWLS.entries()) {
    const { measured } = await evaluateCheckpoint(app, project, { checkpoint, task: 'detect' }).result
    if (measured.task !== 'detect') throw new Error(measured.task)
    for (const split of found.splits) {
      const { intervals, ...rest } = found.rows[i]!.splits[split]!
      const { n, regions, metrics, labels } = measured.splits[split]!
      expect(rest).toEqual({ n, regions, metrics, labels })
      expect(Object.keys(intervals)).toEqual(['ap', 'ap50', 'ap75'])
      for (const [id, [low, high]] of Object.entries(intervals))
        expect(low <= metrics[id]! + 1e-12 && metrics[id]! - 1e-12 <= high).toBe(true)
    }
  }
  for (const { split, a, b, difference, interval, p } of found.pairs) {
    const [x, y] = [a, b].map((row) => found.rows[row]!.splits[split]!.metrics['ap']!)
    expect([a, b, difference]).toEqual([0, 1, x! - y!])
    expect(interval[0] <= difference + 1e-12 && difference - 1e-12 <= interval[1] && p <= 1).toBe(true)
  }
  expect(found.pairs.map((p) => p.split)).toEqual(['test', 'val'])
})

test('an image on which one is better comes with what people drew, and what each found', async () => {
  // What one of them finds is what is there.
  const [first] = findMedia(project)
  const perfect = {
    ...app,
    engine: {
      run: (job: Job) => {
        const { result, cancel } = app.engine.run(job)
        const better = async () => {
          const made = await result
          if (made.kind !== 'evaluate' || made.measured.task !== 'detect' || job.kind !== 'evaluate' || !made.checkpoint.endsWith('owlv2'))
            return made
          const item = job.splits['test']!.findIndex((i) => i.name === first!.path)
          made.measured.splits['test']!.found![item] = job.splits['test']![item]!.boxes!.map((t) => ({
            label: t.class,
            score: 1,
            box: t.box,
          }))
          return made
        }
        return { result: better(), cancel }
      },
    } as never,
  }
  const { differing, differences } = (await compareCheckpoints(perfect, project, {
    task: 'detect',
    checkpoints: OWLS,
    splits: ['test'],
  })) as RegionComparison
  expect(differing).toEqual({ test: 1 })
  expect(differences).toMatchObject([{ mediaId: first!.id, split: 'test', width: 150, height: 110 }])
  const [worse, better] = differences[0]!.rows
  expect(better).toEqual({ score: 1, found: differences[0]!.truth.map((t) => ({ ...t, score: 1 })) })
  expect(worse!.score).toBeLessThan(0.9)
  expect(worse!.found).toHaveLength(2)
})

test('masks, of images whose regions have an outline; each task’s comparison is kept beside the others', async () => {
  const found = await compare('segment', SEGMENTERS)
  expect(found).toMatchObject({ task: 'segment', main: 'miou', classes: ['cat', 'house'] })
  for (const { splits } of found.rows) {
    expect(splits['val']).toMatchObject({ n: 1, regions: 1, labels: [{ label: 'house', regions: 1 }] })
    expect(Object.keys(splits['val']!.intervals)).toContain('miou')
  }
  keepComparison(project, SEGMENTERS, found)
  expect(keptComparison(project, 'segment', SEGMENTERS)).toMatchObject({ result: found, stale: false })
  const names = found.rows.map((r) => r.name)
  expect(keptComparisons(project)).toMatchObject([{ task: 'segment', checkpoints: SEGMENTERS, names }])
  expect(keptComparison(project, 'classify', SEGMENTERS)).toBeNull()
  expect(keptComparison(project, 'detect', SEGMENTERS)).toBeNull()
})

test('a model that cannot, and splits without regions, are one line', async () => {
  await expect(compare('detect', [OWLS[0]!, TINY_CLIP])).rejects.toThrow('a CLIP model cannot detect objects')
  await expect(compareCheckpoints(app, project, { task: 'detect', checkpoints: OWLS, splits: ['train'] })).rejects.toThrow(
    'no accepted regions with a label in the splits asked for',
  )
})
