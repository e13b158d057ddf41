/** Cancelling takes effect within two steps, wherever a job is. Counted in what the job tells: no clock is looked at. */
import { copyFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CurateJob, Job, JobProgress, MergeJob } from '#shared/model/job.ts'
import { phaseKey } from '#shared/model/progress.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { CLASSES, shapePictures, shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

let dir: string
let splits: Awaited<ReturnType<typeof shapePictures>>
beforeAll(async () => {
  dir = temporaryFolder()
  splits = await shapePictures(path.join(dir, 'pictures'))
  // Blending wants several checkpoints of one origin.
  for (const name of ['a', 'b'])
    await runJob(train('ft', { epochs: 1, batchSize: 6, lr: name === 'a' ? 1e-3 : 2e-3 }, name), {
      onProgress: () => undefined,
      isCancelled: () => false,
    })
  for (const items of Object.values(splits)) for (const { file } of items) copyFileSync(file, `${file}.copy.png`)
})

let made = 0
const fresh = (name: string) => path.join(dir, `${name}-${made++}`)
const train = (recipe: 'ft' | 'lp' | 'coop', settings: Record<string, unknown>, name = fresh(recipe)) =>
  shapesJob(splits, { recipe, settings, out: path.resolve(dir, name), cache: fresh('cache') })
const merge = (method: MergeJob['method']): MergeJob => ({
  kind: 'merge',
  method,
  checkpoints: ['a', 'b'].map((name) => path.join(dir, name)),
  out: fresh('soup'),
  dtype: 'keep',
  insist: false,
  device: 'cpu',
  classes: CLASSES.map((name) => ({ name })),
  splits,
  cache: fresh('cache'),
})
const curate = (task: (n: number) => CurateJob['task']): CurateJob => {
  const images = Object.values(splits).flatMap((items) =>
    items.map(({ file }, i) => ({ file: `${file}.copy.png`, hash: `${file}-${made}-${i}` })),
  )
  return { kind: 'curate', model: TINY_CLIP, device: 'cpu', cache: fresh('cache'), images, task: task(images.length) }
}

const jobs: Readonly<Record<string, () => Job>> = {
  'full fine-tuning': () => train('ft', { epochs: 3, batchSize: 6 }),
  'a linear probe': () => train('lp', { cCount: 5 }),
  'prompt tuning': () => train('coop', { epochs: 3, batchSize: 6 }),
  'an evaluation': () => ({
    kind: 'evaluate',
    checkpoint: TINY_CLIP,
    task: 'classify',
    device: 'cpu',
    classes: CLASSES.map((name) => ({ name })),
    splits,
    cache: fresh('cache'),
  }),
  'a uniform soup': () => merge({ name: 'uniform' }),
  'a greedy soup': () => merge({ name: 'greedy' }),
  'looking for near-copies': () => curate(() => ({ kind: 'near', preferred: 0, similarity: 0.9, keep: 'farthest', seed: 0 })),
  'judging labels': () =>
    curate((n) => ({
      kind: 'doubts',
      labels: Int32Array.from({ length: n }, (_, i) => i % 2),
      groups: Int32Array.from({ length: n }, (_, i) => i),
      classes: 2,
      folds: 3,
      seed: 0,
    })),
  'making an index': () => curate((n) => ({ kind: 'index', folder: fresh('index'), ids: Int32Array.from({ length: n }, (_, i) => i + 1) })),
  'drawing a map': () => curate(() => ({ kind: 'map', method: 'umap', seed: 0 })),
}

/** What the job tells until it ends; `at` sees each, and cancels by answering true. */
async function told(job: Job, at: (p: JobProgress) => boolean = () => false) {
  const all: JobProgress[] = []
  let after: number | null = null
  const end = await runJob(job, {
    onProgress(p) {
      all.push(p)
      if (after !== null) after++
      else if (at(p)) after = 0
    },
    isCancelled: () => after !== null,
  }).then(
    () => 'done',
    (e: { fault?: string }) => e.fault,
  )
  return { all, after, end }
}

describe.each(Object.keys(jobs))('%s', (name) => {
  test('ends within two steps, in whichever phase it is cancelled', async () => {
    const { all, end } = await told(jobs[name]!())
    expect(end).toBe('done')
    const phases = [...new Set(all.map(phaseKey))]
    expect(phases.length).toBeGreaterThan(0)
    for (const phase of phases) {
      const left = all.length - 1 - all.findIndex((p) => phaseKey(p) === phase)
      const found = await told(jobs[name]!(), (p) => phaseKey(p) === phase)
      expect(found.after, `${phase}: ${found.all.map(phaseKey).join(', ')}`).toBeLessThanOrEqual(2)
      // With no more than two steps left it may come to its end.
      if (left > 2) expect(found.end, phase).toBe('cancelled')
    }
  })
})
