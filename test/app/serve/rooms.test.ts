/** Train, Compare and Merge as a window calls them: real trainings of a small CLIP in the engine's thread. */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { JobEntry } from '#shared/contract/app.ts'
import { isOpen } from '#shared/model/queue.ts'
import { comparison } from '#shared/contract/evaluation.ts'
import { recipes } from '../../../src-main/engine/recipes/index.ts'
import { getRun, openProject, startRun } from '../../../src-main/app/projects/index.ts'
import { App } from '../../../src-main/app/serve/app.ts'
import { shapesProject } from '../cli/terminal.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { engine } from '../../helpers/engine.ts'
import { hostIn, openWindow } from '../../helpers/window.ts'

let dir: string
let folder: string
let app: App
beforeAll(async () => {
  dir = temporaryFolder()
  folder = await shapesProject(dir)
  app = await start()
})
afterAll(() => app.close())

const start = async () =>
  new App({
    host: hostIn(dir),
    models: { engine: await engine(), nano: TINY_CLIP, cache: path.join(dir, 'cache') },
  })

/** A window that has the project open, what it was told, and the wait for what it will be told. */
async function window(of = app) {
  const told: { event: string; data: Record<string, unknown> }[] = []
  const waiting = new Set<() => void>()
  const { call, close } = openWindow(of, (event, data) => {
    told.push({ event, data: data as Record<string, unknown> })
    for (const look of waiting) look()
  })
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const look = () => {
        const found = find()
        if (found === undefined) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  await call('projects.open', { folder })
  return {
    call,
    told,
    close,
    finished: (runId: string) => until(() => told.find((t) => t.event === 'run.finished' && t.data['runId'] === runId)?.data),
    progress: (runId: string, phase: string) =>
      until(() => told.find((t) => t.event === 'run.progress' && t.data['runId'] === runId && t.data['phase'] === phase)?.data),
    ended: (id: string) =>
      until(
        () =>
          told.find((t) => t.event === 'jobs.changed' && t.data['id'] === id && !isOpen(t.data as JobEntry))?.data as JobEntry | undefined,
      ),
  }
}
const tune = { recipe: 'ft', settings: { epochs: 2, batchSize: 6 }, device: 'cpu' as const }
const long = { recipe: 'ft', settings: { epochs: 10_000, batchSize: 6 }, device: 'cpu' as const, name: 'long' }

describe('training', () => {
  test('reports progress, and leaves a run with its curve and a model', async () => {
    const w = await window()
    const { runId } = await w.call('training.start', { ...tune, seed: 1, name: 'first' })
    expect(await w.finished(runId)).toMatchObject({ status: 'done', error: null })
    const run = (await w.call('runs.list')).find((r) => r.id === runId)!
    expect(run).toMatchObject({
      name: 'first',
      status: 'done',
      base: 'Nano',
      model: 'checkpoints/first',
      resumable: false,
      progress: null,
      recipe: 'ft',
      settings: { epochs: 2, batchSize: 6, seed: 1, model: null },
    })
    expect(Object.keys(run.metrics)).toEqual(expect.arrayContaining(['id', 'ood', 'heldOut', 'val', 'train', 'seconds', 'steps']))
    const curve = await w.call('runs.curve', { runId })
    expect(curve.map((p) => p.step)).toEqual([1, 2, 3, 4])
    expect(curve.every((p) => p.phase === 'training' && Number.isFinite(p.loss) && Number.isFinite(p.lr))).toBe(true)
    expect(w.told.some((t) => t.event === 'jobs.changed' && t.data['kind'] === 'train' && t.data['subject'] === 'first')).toBe(true)
    w.close()
  })

  test('shows before it starts what it will learn from, and afterwards every figure and what it said after each epoch', async () => {
    const w = await window()
    const data = await w.call('training.data', { recipe: 'ft' })
    const [one] = data.classes
    expect(data.splits.find((s) => s.name === 'train')!.images).toBe(data.classes.reduce((n, c) => n + (c.splits['train']?.images ?? 0), 0))
    expect(one!.splits['train']!.samples.length).toBeGreaterThan(0)
    const { id: runId } = (await w.call('runs.list')).find((r) => r.name === 'first')!
    const series = await w.call('runs.series', { runId })
    expect(series).toMatchObject({ phase: 'training', step: [1, 2, 3, 4] })
    for (const of of [series.loss, series.lr, series.gradNorm, series.imagesPerSecond])
      expect(of.every((v) => v !== null && v > 0)).toBe(true)
    expect(series.epochs.map((e) => [e.epoch, e.step, e.metric])).toEqual([
      [1, 2, 'accuracy'],
      [2, 4, 'accuracy'],
    ])
    const [, said] = await w.call('runs.answers', { runId })
    const val = data.splits.find((s) => s.name === 'val')!.images
    expect(said!.answers).toHaveLength(Math.min(24, val))
    const right = said!.answers.filter((a) => a.class === a.truth).length / said!.answers.length
    if (val <= 24) expect(right).toBeCloseTo(series.epochs[1]!.value)
    expect(said!.answers.every((a) => a.mediaId !== null && data.classes.some((c) => c.name === a.truth))).toBe(true)
    w.close()
  })

  test('takes a name, tags and a note, which windows are told of, and is written for other programs', async () => {
    const w = await window()
    const { id: runId } = (await w.call('runs.list')).find((r) => r.name === 'first')!
    const tellings = () => w.told.filter((t) => t.event === 'runs.changed').length
    const before = tellings()
    await w.call('runs.note', { runId, note: { name: 'renamed', tags: ['baseline'], note: 'two epochs', pinned: true } })
    const noted = (await w.call('runs.list')).find((r) => r.id === runId)!
    expect(noted).toMatchObject({ name: 'renamed', tags: ['baseline'], note: 'two epochs', pinned: true, model: 'checkpoints/first' })
    expect(tellings()).toBe(before + 1)
    expect(await w.call('runs.csv', { runIds: [runId] })).toMatch(/\r\nrenamed,train,ft,Nano,done,.*,baseline,two epochs,/)
    const out = temporaryFolder()
    expect(await w.call('runs.tensorboard', { runIds: [runId], folder: out })).toEqual({ folder: out, runs: 1 })
    expect(fs.readdirSync(path.join(out, 'renamed'))).toEqual([expect.stringMatching(/^events\.out\.tfevents\.\d+\.dashi$/)])
    await expect(w.call('runs.tensorboard', { runIds: [runId], folder: path.join(folder, 'checkpoints') })).rejects.toThrow('checkpoints')
    await w.call('runs.note', { runId, note: { name: 'first' } })
    w.close()
  })

  test('never overwrites a checkpoint: the same name gets a number', async () => {
    const w = await window()
    const weights = path.join(folder, 'checkpoints', 'first', 'model.safetensors')
    const before = fs.readFileSync(weights)
    const { runId } = await w.call('training.start', { ...tune, seed: 2, name: 'first' })
    await w.finished(runId)
    expect((await w.call('runs.list'))[0]).toMatchObject({ name: 'first 2', model: 'checkpoints/first-2' })
    expect(fs.readFileSync(weights).equals(before)).toBe(true)
    w.close()
  })

  test('runs one after the other: the second waits its turn, and can be taken out of the line', async () => {
    const w = await window()
    const one = await w.call('training.start', { ...long, name: 'one' })
    const two = await w.call('training.start', { ...long, name: 'two' })
    await w.progress(one.runId, 'training')
    expect((await w.call('runs.list')).slice(0, 2).map((r) => [r.name, r.status])).toEqual([
      ['two', 'queued'],
      ['one', 'running'],
    ])
    const jobOf = (name: string) => w.told.filter((t) => t.event === 'jobs.changed' && t.data['subject'] === name).at(-1)!.data
    expect([jobOf('one')['status'], jobOf('two')['status']]).toEqual(['running', 'queued'])
    await w.call('training.cancel', two)
    // At once, not when its turn would have come: the first is at work all the while.
    expect(await w.finished(two.runId)).toMatchObject({ status: 'cancelled' })
    expect((await w.call('runs.list')).slice(0, 2).map((r) => [r.name, r.status])).toEqual([
      ['two', 'cancelled'],
      ['one', 'running'],
    ])
    await w.call('training.cancel', one)
    expect(await w.finished(one.runId)).toMatchObject({ status: 'cancelled' })
    await expect(w.call('training.cancel', one)).rejects.toThrow('the run has ended already')
    w.close()
  })

  test('never gives two runs one name: one that left nothing is counted too', async () => {
    const w = await window()
    const before = await w.call('training.start', { ...long, name: 'before' })
    const { runId } = await w.call('training.start', { ...long, name: 'namesake' })
    await w.call('training.cancel', { runId }) // while it waits: it has made nothing to go on from
    await w.finished(runId)
    const again = await w.call('training.again', { runId })
    const anew = await w.call('training.start', { ...long, name: 'namesake' })
    expect((await w.call('runs.list')).slice(0, 3).map((r) => r.name)).toEqual(['namesake 3', 'namesake 2', 'namesake'])
    for (const run of [anew, again, before]) {
      await w.call('training.cancel', run)
      await w.finished(run.runId)
    }
    w.close()
  })

  test('tells how far the whole is: never less than before, and all of it only at the end', async () => {
    const w = await window()
    const { runId } = await w.call('training.start', {
      recipe: 'lp-ft',
      settings: { epochs: 3, batchSize: 6, cCount: 3 },
      device: 'cpu',
      name: 'in phases',
    })
    await w.finished(runId)
    const job = w.told.filter(
      (t) => t.event === 'jobs.changed' && t.data['subject'] === 'in phases' && t.data['status'] === 'running' && t.data['share'] !== null,
    )
    const run = w.told.filter((t) => t.event === 'run.progress' && t.data['runId'] === runId)
    expect(new Set(run.map((t) => t.data['phase'])).size).toBeGreaterThan(1)
    for (const shares of [job, run].map((of) => of.map((t) => t.data['share'] as number))) {
      expect(shares.length).toBeGreaterThan(0)
      expect(shares.every((share) => typeof share === 'number')).toBe(true) // without one a window has only that of the phase
      expect(shares).toEqual([...shares].sort((a, b) => a - b))
    }
    const atTheEndOfTraining = run.filter((t) => t.data['phase'] === 'training').at(-1)!.data['share'] as number
    expect(atTheEndOfTraining).toBeLessThan(1) // it is measured yet
    w.close()
  })

  test('that was cancelled resumes where it stopped, with the earlier steps in its curve', async () => {
    const w = await window()
    const { runId } = await w.call('training.start', { ...long, settings: { epochs: 100, batchSize: 6 }, name: 'stopped' })
    await w.progress(runId, 'training')
    await w.call('training.cancel', { runId })
    await w.finished(runId)
    const stopped = (await w.call('runs.list')).find((r) => r.id === runId)!
    expect(stopped).toMatchObject({ status: 'cancelled', resumable: true, model: null })
    const done = stopped.metrics['steps'] as number
    const again = await w.call('training.again', { runId })
    const first = await w.progress(again.runId, 'training')
    expect(first['step']).toBe(done + 1)
    const stepsOf = async (id: string) => (await w.call('runs.curve', { runId: id })).map((p) => p.step)
    expect((await stepsOf(again.runId)).slice(0, done + 1)).toEqual(Array.from({ length: done + 1 }, (_, i) => i + 1)) // while it runs
    await w.call('training.cancel', again)
    await w.finished(again.runId)
    const twice = (await w.call('runs.list')).find((r) => r.id === again.runId)!
    expect((twice.metrics['loss'] as number[]).slice(0, done)).toEqual(stopped.metrics['loss']) // and where it is stopped again
    const last = await w.call('training.again', again)
    expect(await w.finished(last.runId)).toMatchObject({ status: 'done' })
    const after = (await w.call('runs.list')).find((r) => r.id === last.runId)!
    expect(after).toMatchObject({ name: 'stopped', metrics: { steps: 200 } })
    expect((await w.call('runs.list')).filter((r) => r.name === 'stopped')).toHaveLength(1)
    expect(after.earlier).toEqual([again.runId, runId]) // those before are part of it
    expect((after.metrics['loss'] as number[]).length).toBe(200)
    w.close()
  })

  test.each([
    ['a recipe that is not there', { recipe: 'magic', settings: {} }, 'unknown recipe "magic"'],
    ['a setting that is not there', { recipe: 'lp', settings: { lr: 1 } }, 'recipe lp: unknown setting lr'],
    ['a setting out of range', { recipe: 'ft', settings: { epochs: 0 } }, 'recipe ft: epochs'],
  ])('refuses %s in one line, before anything runs', async (_, request, line) => {
    const w = await window()
    const before = (await w.call('runs.list')).length
    await expect(w.call('training.start', request)).rejects.toThrow(line)
    expect(await w.call('runs.list')).toHaveLength(before)
    w.close()
  })

  test('that fails says why', async () => {
    const w = await window()
    const { runId } = await w.call('training.start', { ...tune, model: path.join(dir, 'nowhere'), name: 'fails' })
    expect(await w.finished(runId)).toMatchObject({ status: 'failed', error: expect.stringContaining(path.join(dir, 'nowhere')) as string })
    expect((await w.call('runs.list')).find((r) => r.id === runId)).toMatchObject({ status: 'failed', model: null })
    w.close()
  })
})

describe('what there is', () => {
  test('recipes and methods come with the schemas of their settings', async () => {
    const w = await window()
    const offered = await w.call('training.recipes')
    expect(offered.map((r) => r.name)).toEqual(recipes.map((r) => r.id))
    expect(offered.find((r) => r.name === 'ft')!.schema).toMatchObject({
      properties: { epochs: { type: 'integer', default: 10, minimum: 1, description: expect.any(String) as string } },
    })
    const methods = await w.call('merging.methods')
    expect(methods.find((m) => m.name === 'wise-ft')).toMatchObject({
      min: 2,
      max: 2,
      relative: true,
      schema: { properties: { alpha: { type: 'number', default: 0.5 } } },
    })
    expect(methods.find((m) => m.name === 'uniform')).toMatchObject({ max: null, relative: false })
    expect(await w.call('merging.shares', { method: 'wise-ft', settings: { alpha: 0.25 }, n: 2 })).toEqual([0.75, 0.25])
    expect(await w.call('merging.shares', { method: 'uniform', settings: {}, n: 4 })).toEqual([0.25, 0.25, 0.25, 0.25])
    expect(await w.call('merging.shares', { method: 'ties', settings: {}, n: 3 })).toBeNull()
    const metrics = await w.call('evaluation.metrics')
    expect(metrics.find((m) => m.id === 'nll')).toMatchObject({ task: 'classify', better: 'lower', format: 'number' })
    expect((await w.call('training.devices')).map((d) => d.id)).toEqual(expect.arrayContaining(['auto', 'cpu']))
    w.close()
  })

  test('models are the project’s and the one in the box, with what decides whether they can be blended', async () => {
    const w = await window()
    const models = await w.call('models.list')
    const [one, two, nano] = ['first', 'first 2', 'Nano'].map((name) => models.find((m) => m.name === name)!)
    expect(models.at(-1)).toBe(nano)
    expect(one!.mergeKey).toBe(two!.mergeKey)
    expect(one!.mergeKey).not.toBe(nano!.mergeKey) // it has a head
    expect(one!.parameters).toBeGreaterThan(nano!.parameters)
    expect(one!.bytes).toBe(4 * one!.parameters)
    w.close()
  })
})

describe('comparing', () => {
  test('measures all on the same images, and says where they differ', async () => {
    const w = await window()
    const { jobId } = await w.call('evaluation.compare', { checkpoints: ['checkpoints/first', 'checkpoints/first-2', TINY_CLIP] })
    const { status, result, subject } = await w.ended(jobId)
    expect([status, subject]).toEqual(['done', 'first, first 2, Nano']) // names, not folders
    const { rows, splits, pairs, differing, differences, confusions, classes } = comparison.parse(result)
    expect(rows.map((r) => r.name)).toEqual(['first', 'first 2', 'Nano'])
    expect([...splits].sort()).toEqual(['heldOut', 'id', 'ood', 'val'])
    const run = (await w.call('runs.list')).find((r) => r.name === 'first')!
    for (const split of splits) {
      expect(rows[0]!.splits[split]!.accuracy).toBeCloseTo(run.metrics[split] as number, 12)
      const listed = differences.filter((d) => d.split === split)
      expect(differing[split]).toBe(listed.length)
      for (const d of listed) expect(new Set(d.predictions.map((p) => p.class)).size).toBeGreaterThan(1)
      const of = pairs.filter((p) => p.split === split)
      expect(of.map((p) => [p.a, p.b])).toEqual([
        [0, 1],
        [0, 2],
        [1, 2],
      ])
      for (const { a, b, onlyA, onlyB } of of)
        expect((onlyA - onlyB) / 6).toBeCloseTo(rows[a]!.splits[split]!.accuracy - rows[b]!.splits[split]!.accuracy, 12)
    }
    for (const { row, split, cells } of confusions) {
      const { n, perClass } = rows[row]!.splits[split]!
      expect(cells.reduce((sum, c) => sum + c.n, 0)).toBe(n)
      for (const c of cells) {
        if (c.truth === c.said) expect([c.n, c.images]).toEqual([perClass[c.truth]!.correct, []])
        else expect(new Set(c.images).size).toBe(c.n) // few enough to be all of them
      }
    }
    expect(confusions).toHaveLength(3 * splits.length)
    expect(classes).toEqual(['circle', 'square', 'stripes'])
    w.close()
  })

  test('is kept with the project: another start of the program shows it, and says when it is of yesterday', async () => {
    const w = await window()
    const checkpoints = ['checkpoints/first-2', 'checkpoints/first']
    expect(await w.call('evaluation.comparison', { checkpoints })).toEqual({ jobId: null, kept: null }) // asked for in another order, it is another one
    const { jobId } = await w.call('evaluation.compare', { checkpoints })
    expect(await w.call('evaluation.compare', { checkpoints })).toEqual({ jobId }) // it is at it already
    const { result } = await w.ended(jobId)
    w.close()
    await app.close()
    app = await start()
    const again = await window()
    expect(await again.call('evaluation.comparison', { checkpoints })).toEqual({
      jobId: null,
      kept: { result, at: expect.any(Number) as number, stale: false },
    })
    await again.call('splits.set', { mediaIds: [1], split: null })
    expect((await again.call('evaluation.comparison', { checkpoints })).kept).toMatchObject({ stale: true })
    await again.call('history.undo', {})
    again.close()
  })

  test('ends as failed, with the reason, where a checkpoint is gone', async () => {
    const w = await window()
    const { jobId } = await w.call('evaluation.compare', { checkpoints: ['checkpoints/gone', TINY_CLIP] })
    expect(await w.ended(jobId)).toMatchObject({ status: 'failed', error: expect.stringContaining('checkpoints/gone') as string })
    w.close()
  })
})

describe('merging', () => {
  test('a uniform soup is entered as a run and a checkpoint with its lineage', async () => {
    const w = await window()
    const { runId } = await w.call('merging.start', {
      method: 'uniform',
      settings: {},
      checkpoints: ['checkpoints/first', 'checkpoints/first-2'],
      name: 'soup',
    })
    expect(await w.finished(runId)).toMatchObject({ status: 'done' })
    expect((await w.call('models.list'))[0]).toMatchObject({ name: 'soup', checkpoint: { kind: 'soup', runId } })
    expect(await w.call('merging.soup', { runId })).toEqual({
      method: 'uniform',
      ledger: null,
      dtype: 'F32',
      insisted: [],
      ingredients: [
        { name: 'first', folder: 'checkpoints/first', weight: 0.5 },
        { name: 'first 2', folder: 'checkpoints/first-2', weight: 0.5 },
      ],
    })
    const beside = await w.call('merging.beside', { runId })
    expect(beside!.rows.map((r) => [r.name, r.soup])).toEqual([
      ['soup', true],
      ['first', false],
      ['first 2', false],
    ])
    const run = (await w.call('runs.list')).find((r) => r.id === runId)!
    const { accuracy, n, interval } = beside!.rows[0]!.splits['id']!
    expect([accuracy, n, interval[0] <= accuracy && accuracy <= interval[1]]).toEqual([run.metrics['id'], 6, true])
    expect(run.metrics['knowledge']).toMatchObject({ kind: 'measured', outside: { of: 'pictographs' } })
    w.close()
  })

  test('soups between two models are on one line, by alpha', async () => {
    const w = await window()
    const ends = { base: 'checkpoints/first', tuned: 'checkpoints/first-2' }
    const asked = { method: 'wise-ft', settings: { alpha: 0.3 }, checkpoints: [ends.base, ends.tuned], name: 'between' }
    const { runId } = await w.call('merging.start', asked)
    await w.finished(runId)
    const line = await w.call('merging.line', { ...ends, method: 'wise-ft', setting: 'alpha' })
    expect(line.map((p) => [p.alpha, p.name, p.runId])).toEqual([
      [0, 'first', null],
      [0.3, 'between', runId],
      [1, 'first 2', null],
    ])
    expect(line.every((p) => typeof p.splits['ood'] === 'number')).toBe(true)
    expect(await w.call('merging.line', { base: ends.tuned, tuned: ends.base, method: 'wise-ft', setting: 'alpha' })).toHaveLength(2)
    const { jobId } = await w.call('merging.sweep', { ...ends, method: 'wise-ft', setting: 'alpha', alphas: [0.25, 0.75] })
    await vi.waitFor(
      async () => expect((await w.call('jobs.list')).find((j) => j.id === jobId)).toMatchObject({ status: 'done', result: 2 }),
      60_000,
    )
    const swept = await w.call('merging.line', { ...ends, method: 'wise-ft', setting: 'alpha' })
    expect(swept.map((p) => [p.alpha, p.runId])).toEqual([
      [0, null],
      [0.25, null],
      [0.3, runId],
      [0.75, null],
      [1, null],
    ])
    expect(swept[1]!.splits).toMatchObject({ ood: expect.any(Number) as unknown, id: expect.any(Number) as unknown })
    expect(fs.readdirSync(path.join(folder, 'checkpoints')).filter((f) => f.includes('line'))).toEqual([]) // no soup was kept
    await w.call('runs.delete', { runIds: [runId] })
    expect(fs.existsSync(path.join(folder, 'checkpoints', 'between'))).toBe(false)
    w.close()
  })

  test('a greedy soup has the ledger of its candidates', async () => {
    const w = await window()
    const { runId } = await w.call('merging.start', {
      method: 'greedy',
      settings: {},
      checkpoints: ['checkpoints/first', 'checkpoints/first-2', 'checkpoints/stopped'],
    })
    expect(await w.finished(runId)).toMatchObject({ status: 'done' })
    const { ledger, ingredients } = (await w.call('merging.soup', { runId }))!
    expect(ledger!.map((l) => l.name).sort()).toEqual(['first', 'first 2', 'stopped'])
    expect(ledger!.map((l) => l.heldOut)).toEqual([...ledger!.map((l) => l.heldOut)].sort((a, b) => b - a))
    expect(ingredients.map((i) => i.name)).toEqual(ledger!.filter((l) => l.accepted).map((l) => l.name))
    expect((await w.call('runs.list'))[0]).toMatchObject({ name: 'greedy of 3', kind: 'merge', base: null })
    w.close()
  })

  test.each([
    ['a method that is not there', { method: 'stir', settings: {} }, 'unknown method "stir"'],
    ['a setting that is not there', { method: 'uniform', settings: { alpha: 1 } }, 'uniform: unknown setting alpha'],
  ])('refuses %s in one line', async (_, request, line) => {
    const w = await window()
    await expect(w.call('merging.start', { ...request, checkpoints: ['checkpoints/first', 'checkpoints/first-2'] })).rejects.toThrow(line)
    w.close()
  })

  test('of two families fails, naming the difference', async () => {
    const w = await window()
    const { runId } = await w.call('merging.start', { method: 'uniform', settings: {}, checkpoints: ['checkpoints/first', TINY_CLIP] })
    expect(await w.finished(runId)).toMatchObject({ status: 'failed', error: expect.stringContaining('head.safetensors') as string })
    expect(await w.call('merging.soup', { runId })).toBeNull()
    w.close()
  })
})

test('a model classifies an image: a checkpoint by its own classes, another by the project’s labels', async () => {
  const w = await window()
  for (const model of ['checkpoints/first', TINY_CLIP]) {
    const scores = await w.call('preview.classify', { mediaId: 1, model })
    expect(scores.map((s) => s.label).sort()).toEqual(['circle', 'square', 'stripes'])
    expect(scores.reduce((sum, s) => sum + s.score, 0)).toBeCloseTo(1, 6)
    expect(scores.every((s, i) => s.labelId !== null && (i === 0 || s.score <= scores[i - 1]!.score))).toBe(true)
  }
  w.close()
})

test('a detector finds boxes by the project’s labels, by words, or by a region of an image', async () => {
  const w = await window()
  const model = path.join(temporaryFolder(), 'owl') // one that reads 24 tokens, with the tokenizer of another
  fs.cpSync(goldenPath('families/owlv2-wide'), model, { recursive: true })
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) fs.cpSync(goldenPath(`families/owlv2/${file}`), path.join(model, file))
  const ask = { mediaId: 1, model, settings: { threshold: 0 } }
  const byLabels = await w.call('preview.detect', ask)
  expect(byLabels.length).toBeGreaterThan(1)
  expect(byLabels.every((d, i) => d.labelId !== null && (i === 0 || d.score <= byLabels[i - 1]!.score))).toBe(true)
  expect(await w.call('preview.detect', { ...ask, words: ['circle', 'square', 'stripes'] })).toEqual(byLabels)
  const byWord = await w.call('preview.detect', { ...ask, words: ['cat'] })
  expect(byWord.every((d) => d.label === 'cat' && d.labelId === null)).toBe(true)
  const [like] = await w.call('preview.detect', { ...ask, example: { mediaId: 2, region: [0, 0, 20, 20] } })
  expect(like).toMatchObject({ label: 'example', score: expect.closeTo(1, 4) as number })
  await expect(w.call('preview.detect', { ...ask, model: TINY_CLIP })).rejects.toThrow('a CLIP model cannot detect objects')
  w.close()
})

test('runs outlive the program; an interrupted one says so and can be resumed', async () => {
  const w = await window()
  const { runId } = await w.call('training.start', { ...long, name: 'cut off' })
  await w.progress(runId, 'training')
  const before = (await w.call('runs.list')).map((r) => r.name)
  w.close()
  await app.close() // asks the run to stop, and waits for it
  const left = openProject(folder)
  const { kind, recipe, settings, folder: place, metrics } = getRun(left, runId)
  const { id: killed } = startRun(left, { kind, recipe, settings, folder: place }) // as a program leaves it that was killed when it went on
  startRun(left, { kind: 'train', recipe: 'ft', folder: 'checkpoints/crashed' }) // and before it had saved anything
  left.close()
  app = await start()
  const again = await window()
  const runs = await again.call('runs.list')
  expect(before[0]).toBe('cut off')
  expect(runs.map((r) => r.name)).toEqual(['crashed', ...before]) // what was gone on with is one run
  expect(runs[0]).toMatchObject({ status: 'failed', error: expect.stringMatching(/^interrupted/) as string, resumable: false })
  expect(runs[1]).toMatchObject({ id: killed, name: 'cut off', status: 'failed', resumable: true })
  expect((await again.call('runs.curve', { runId })).length).toBeGreaterThan(0)
  const last = await again.call('training.again', { runId: killed })
  await again.progress(last.runId, 'training')
  await again.call('training.cancel', last)
  await again.finished(last.runId)
  const whole = (await again.call('runs.list')).find((r) => r.id === last.runId)!
  const losses = metrics['loss'] as number[]
  expect((whole.metrics['loss'] as number[]).slice(0, losses.length)).toEqual(losses)
  again.close()
})
