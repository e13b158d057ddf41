/** A sweep as a window starts it: real trainings of a small CLIP, of which one is cancelled and one fails. */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunEntry } from '#shared/contract/training.ts'
import { sweepOf } from '#shared/model/sweep.ts'
import { sweepTables } from '#shared/model/sweep-table.ts'
import { App } from '../../../src-main/app/serve/app.ts'
import { readRecord } from '../../../src-main/engine/weights/index.ts'
import { engine } from '../../helpers/engine.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { hostIn, openWindow } from '../../helpers/window.ts'
import { shapesProject } from '../cli/terminal.ts'

let dir: string
let folder: string
let app: App
beforeAll(async () => {
  dir = temporaryFolder()
  folder = await shapesProject(dir)
  app = new App({ host: hostIn(dir), models: { engine: await engine(), nano: TINY_CLIP, cache: path.join(dir, 'cache') } })
})
afterAll(() => app.close())

async function window() {
  const { call } = openWindow(app, () => undefined)
  await call('projects.open', { folder })
  const runsOf = async (sweepId: string) => (await call('runs.list')).filter((r) => sweepOf(r.settings)?.id === sweepId).reverse()
  return { call, runsOf }
}
const brief = (runs: readonly RunEntry[]) => Object.fromEntries(runs.map((r) => [r.name, r.status]))

test('one run of a sweep is cancelled and one fails, the others are done; both can be run again', async () => {
  const { call, runsOf } = await window()
  const spec = {
    recipe: 'ft',
    settings: { epochs: 1, batchSize: 6 },
    axes: [{ kind: 'grid' as const, field: 'lr', values: [1e-3, 1e-4] }],
    seeds: [0, 1],
  }
  expect(await call('sweeps.plan', { spec })).toEqual({ name: 'ft sweep', runs: 4, rungs: [{ points: 2, epochs: null }] })
  const { sweepId, runIds } = await call('sweeps.start', { spec, device: 'cpu', name: 'S' })
  // Somebody else's folder in the place of the third, and the fourth is cancelled before its turn.
  fs.mkdirSync(path.join(folder, 'checkpoints', 'S-lr=0.001-seed=1'), { recursive: true })
  fs.writeFileSync(path.join(folder, 'checkpoints', 'S-lr=0.001-seed=1', 'notes.txt'), 'mine')
  await call('training.cancel', { runId: runIds[3]! })
  await app.queue.idle()
  expect(brief(await runsOf(sweepId))).toEqual({
    'S lr=0.001 seed=0': 'done',
    'S lr=1e-4 seed=0': 'done',
    'S lr=0.001 seed=1': 'failed',
    'S lr=1e-4 seed=1': 'cancelled',
  })
  expect(readRecord(path.join(folder, 'checkpoints', 'S-lr=1e-4-seed=0'))).toMatchObject({ sweep: { id: sweepId, name: 'S' } })
  await expect(call('sweeps.cancel', { sweepId })).rejects.toThrow('none of its runs waits or runs')

  expect(await call('sweeps.again', { sweepId })).toEqual({ runs: 2 })
  await app.queue.idle()
  const [table] = sweepTables(await call('runs.list'))
  expect(table!.rows.map((r) => [r.point, r.runs.map((x) => x.status), r.scores['val']!.n])).toEqual([
    [{ lr: 1e-3 }, ['done', 'done'], 2],
    [{ lr: 1e-4 }, ['done', 'done'], 2],
  ])
  await expect(call('sweeps.again', { sweepId })).rejects.toThrow('all of its runs are done, or wait or run')
  expect(fs.readFileSync(path.join(folder, 'checkpoints', 'S-lr=0.001-seed=1', 'notes.txt'), 'utf8')).toBe('mine')
})

test('successive halving trains the best again for longer, once all of the rung before are done, also one that was restarted', async () => {
  const { call } = await window()
  const spec = {
    recipe: 'ft',
    settings: { epochs: 2, batchSize: 6 },
    axes: [{ kind: 'log-uniform' as const, field: 'lr', from: 1e-5, to: 1e-2 }],
    draws: 2,
    halving: { eta: 2 },
  }
  const { sweepId, runIds } = await call('sweeps.start', { spec, device: 'cpu', name: 'H' })
  // Now it is behind the run that is to be the better one of both.
  await call('training.cancel', { runId: runIds[1]! })
  await call('training.again', { runId: runIds[1]! })
  await app.queue.idle()
  const table = sweepTables(await call('runs.list')).find((s) => s.id === sweepId)!
  const [one, two, last] = table.runs.map((r) => ({ ...r, lr: r.settings['lr'], val: r.metrics['val'] as number }))
  expect([one, two, last].map((r) => [r!.status, r!.settings['epochs']])).toEqual([
    ['done', 1],
    ['done', 1],
    ['done', 2],
  ])
  expect(last!.finished).toBeGreaterThanOrEqual(two!.finished!)
  expect(two!.name).toMatch(/ 2$/)
  expect(last!.lr).toBe(two!.val > one!.val ? two!.lr : one!.lr)
  expect(sweepOf(last!.settings)!.point).toEqual({ lr: last!.lr })
})

describe('a sweep that cannot be started', () => {
  test('says why in one line, and leaves nothing', async () => {
    const { call } = await window()
    const before = (await call('runs.list')).length
    const start = (axes: object[]) => call('sweeps.start', { spec: { recipe: 'ft', axes: axes as never } })
    await expect(start([{ kind: 'grid', field: 'rate', values: [1, 2] }])).rejects.toThrow(/^axis rate: recipe ft has no such setting/)
    await expect(start([{ kind: 'grid', field: 'lr', values: [1, 'high'] }])).rejects.toThrow(/^recipe ft: lr: /)
    expect(await call('runs.list')).toHaveLength(before)
  })

  test('is the same for the presets: five, of which a recipe without a learning rate can have one', async () => {
    const { call } = await window()
    const presets = await call('sweeps.presets')
    expect(presets.map((p) => p.id)).toEqual(['soup', 'few-shot', 'lr', 'budget', 'adapter-search'])
    const { axes } = await call('sweeps.fromPreset', { preset: 'few-shot', recipe: 'lp', settings: {} })
    expect(axes).toEqual([{ kind: 'grid', field: 'shots', values: [1, 2, 4, 8, 16] }])
    await expect(call('sweeps.fromPreset', { preset: 'lr', recipe: 'lp', settings: {} })).rejects.toThrow('has no setting lr')
  })
})
