/** What a run leaves of itself while it trains: every step, and what it said after each epoch; also after an interruption. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { JobProgress } from '#shared/model/job.ts'
import { type Project, startRun, updateRun } from '../../../src-main/app/projects/index.ts'
import { readAnswers, readSeries, removeRunFolder, RunLog, runFolder } from '../../../src-main/app/training/run-log.ts'
import { record, temporaryProject } from '../projects/fixture.ts'

const step = (done: number, more: Partial<JobProgress> = {}): JobProgress => ({
  ...{ phase: 'training', done, total: 9, loss: 1 / done, lr: 0.001, imagesPerSecond: 12.3456789 },
  ...more,
})
const judged = (epoch: number, value: number) => ({
  judged: { epoch, metric: 'accuracy' as const, value, answers: [{ at: 1, truth: 0, class: 1, p: 0.61234 }] },
})
const asked = {
  classes: [{ name: 'cat' }, { name: 'dog' }],
  splits: {
    val: [
      { file: '/a.jpg', name: 'a.jpg' },
      { file: '/b.jpg', name: 'b.jpg' },
    ],
  },
  mediaIds: { val: [7, 8] },
}
const training = (p: Project) => startRun(p, { kind: 'train', recipe: 'ft', folder: 'checkpoints/ft' })

test('has every step with its figures, and each epoch with what was said of some images', () => {
  const p = temporaryProject([record('a.jpg')])
  const run = training(p)
  const log = new RunLog(p, run)
  log.asked = asked
  log.add(step(1, { gradNorm: 2.5 }))
  log.add(step(2, judged(1, 0.5)))
  log.add({ phase: 'evaluating', done: 1, total: 2 })
  log.flush()
  expect(readSeries(p, run)).toEqual({
    phase: 'training',
    step: [1, 2],
    loss: [1, 0.5],
    lr: [0.001, 0.001],
    gradNorm: [2.5, null],
    imagesPerSecond: [12.3457, 12.3457],
    epochs: [{ epoch: 1, metric: 'accuracy', value: 0.5, step: 2 }],
  })
  expect(readAnswers(p, run.id)).toEqual([{ epoch: 1, answers: [{ mediaId: 8, file: 'b.jpg', truth: 'cat', class: 'dog', p: 0.6123 }] }])
  expect(readFileSync(join(runFolder(p, run.id), 'curve.csv'), 'utf8')).toMatch(/^phase,step,loss,lr,grad_norm,images_per_second\n/)
})

test('only the latest phase is the curve: the probe before it is another', () => {
  const p = temporaryProject([record('a.jpg')])
  const run = training(p)
  const log = new RunLog(p, run)
  for (const done of [1, 2, 3]) log.add(step(done, { phase: 'logistic-regression' }))
  log.flush()
  expect(readSeries(p, run).phase).toBe('logistic-regression')
  log.add(step(1))
  log.flush()
  expect(readSeries(p, run)).toMatchObject({ phase: 'training', step: [1] })
})

test('a run that goes on has the steps before it once, those after its saved state anew, and no half line', () => {
  const p = temporaryProject([record('a.jpg')])
  const first = training(p)
  const before = new RunLog(p, first)
  for (const done of [1, 2, 3, 4]) before.add(step(done, done % 2 ? {} : judged(done / 2, 0.1 * done)))
  before.flush()
  appendFileSync(join(runFolder(p, first.id), 'curve.csv'), 'training,5,0.') // killed while it wrote
  updateRun(p, first.id, { status: 'cancelled' })
  const second = training(p)
  const log = new RunLog(p, second)
  log.add(step(3, { loss: 7 })) // the state was saved after step 2
  log.flush()
  expect(readSeries(p, second)).toMatchObject({ step: [1, 2, 3], loss: [1, 0.5, 7], epochs: [{ epoch: 1 }] })
  expect(readSeries(p, first).step).toEqual([1, 2, 3, 4])
})

test('a run of an earlier version has the thinned loss of its record; a folder that cannot be made ends no run', () => {
  const p = temporaryProject([record('a.jpg')])
  const run = updateRun(p, training(p).id, { status: 'done', metrics: { loss: [3, 2], steps: 4 } })
  expect(readSeries(p, run)).toMatchObject({ phase: 'training', step: [1, 3], loss: [3, 2], lr: [null, null], epochs: [] })
  const log = new RunLog({ ...p, folder: join(p.folder, 'project.db') } as Project, run)
  log.add(step(1))
  log.flush()
  removeRunFolder(p, run.id)
  expect(existsSync(runFolder(p, run.id))).toBe(false)
})

test('a run on a cluster that goes back to its saved state, while it is followed, has each step once', () => {
  const p = temporaryProject([record('a.jpg')])
  const run = training(p)
  const log = new RunLog(p, run)
  for (const done of [1, 2, 3, 4]) log.add(step(done, done % 2 ? {} : judged(done / 2, done)))
  for (const done of [3, 4, 5]) log.add(step(done, { loss: 7, ...(done === 4 && judged(2, 9)) }))
  log.flush()
  const series = readSeries(p, run)
  expect(series).toMatchObject({ step: [1, 2, 3, 4, 5], loss: [1, 0.5, 7, 7, 7] })
  expect(series.epochs.map((e) => e.value)).toEqual([2, 9])
})
