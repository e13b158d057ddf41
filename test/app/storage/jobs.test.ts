/** Trainings and merges under a disk budget: in the window's queue they wait, in the terminal they are refused. */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listRuns, openProject } from '../../../src-main/app/projects/index.ts'
import { App } from '../../../src-main/app/serve/app.ts'
import { Preferences, storedProjects, storedSettings } from '../../../src-main/app/serve/preferences.ts'
import { engine } from '../../helpers/engine.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { hostIn, openWindow } from '../../helpers/window.ts'
import { shapesProject, terminal } from '../cli/terminal.ts'

const megabyte = 2 ** 20
let dir: string
let folder: string
let app: App
let ballast: string
let dashi: Awaited<ReturnType<typeof terminal>>
beforeAll(async () => {
  dir = temporaryFolder()
  folder = await shapesProject(dir)
  const host = hostIn(dir)
  const { configFolder, cacheFolder: cache } = host
  const storage = {
    budget: () => storedSettings(configFolder).diskBudget * megabyte || null,
    keep: (diskBudget: number) => void new Preferences(configFolder).saveSettings({ diskBudget }),
    projects: () => storedProjects(configFolder),
  }
  dashi = await terminal(cache, { storage })
  app = new App({ host, models: { engine: await engine(), nano: TINY_CLIP, cache, storage } })
  // A checkpoint that fills the budget of 3 MB.
  ballast = path.join(folder, 'checkpoints', 'other')
  fs.mkdirSync(ballast, { recursive: true })
  fs.writeFileSync(path.join(ballast, 'model.safetensors'), Buffer.alloc(3 * megabyte))
})
afterAll(() => app.close())

test('the terminal shows and sets the budget', async () => {
  expect((await dashi('storage', '--project', folder)).stdout).toMatch(/^checkpoints: 3 MB\n[^]*\nno budget\n$/)
  const { code, stdout } = await dashi('storage', '--project', folder, '--budget', '3MB', '--json')
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    { budget: 3 * megabyte, checkpoints: 3 * megabyte, states: 0, downloads: 0, caches: 0, left: 0 },
  ])
  for (const wrong of ['3', '0MB', '-1GB', 'much', '1e9TB'])
    expect(await dashi('storage', '--budget', wrong)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^dashi: --budget: /) as string,
    })
})

/** Of the sweep, oldest first. */
function runs(): [name: string, status: string][] {
  const project = openProject(folder, { readOnly: true })
  try {
    return listRuns(project)
      .map(({ settings, status }): [string, string] => [String(settings['name']), status])
      .filter(([name]) => name.startsWith('few'))
      .reverse()
  } finally {
    project.close()
  }
}
const training = ['--project', '', '--recipe', 'ft', '--model', TINY_CLIP, '--device', 'cpu', '--set', 'epochs=1', 'batchSize=6']

test('the plan says what a training writes and what is left; the terminal refuses what would pass it', async () => {
  training[1] = folder
  const plan = await dashi('train', ...training, '--plan')
  expect(plan.stdout).toMatch(/^disk \d+ MB, \d+ MB free, 0 MB left of the budget of 3 MB$/m)
  expect(plan.stdout).toMatch(/^warning: It writes \d+ MB, but of the disk budget of 3 MB only 0 MB are left/m)
  const refused = await dashi('train', ...training, '--name', 'refused')
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/^dashi: it writes \d+ MB, for which \d+ MB are missing/)])
  expect(fs.readdirSync(path.join(folder, 'checkpoints'))).toEqual(['other'])
  const merge = await dashi('merge', '--method', 'uniform', '--project', folder, '--out', path.join(dir, 'soup'), TINY_CLIP, TINY_CLIP)
  expect([merge.code, merge.stderr]).toEqual([2, expect.stringMatching(/^dashi: it writes \d+ MB/)])
})

test('a sweep is refused as a whole in one line, and one that meets the bound on its way goes on by the same command', async () => {
  const sweep = ['sweep', ...training.slice(0, 4), '--model', TINY_CLIP, '--device', 'cpu', '--name', 'few']
  const few = [...sweep, '--set', 'epochs=1', 'batchSize=6', 'lr=1e-4,1e-5,1e-6']
  const refused = await dashi(...few)
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/^dashi: it writes \d+ MB, for which \d+ MB are missing.*\n$/)])
  expect(runs()).toEqual([])

  const hidden = path.join(dir, 'hidden')
  fs.renameSync(ballast, hidden)
  const begun = dashi(...few)
  await expect.poll(() => runs().some(([, status]) => status === 'running'), { timeout: 20_000 }).toBe(true)
  fs.renameSync(hidden, ballast)
  const halfway = await begun
  expect([halfway.code, halfway.stderr.match(/^.*it writes.*$/gm)]).toEqual([2, [expect.stringMatching(/^dashi: it writes \d+ MB/)]])
  expect(halfway.stderr).not.toContain('failed')
  expect(runs().map(([, status]) => status)).toEqual(['done', 'cancelled', 'cancelled'])

  fs.renameSync(ballast, hidden)
  await dashi('storage', '--budget', '50MB')
  const rest = await dashi(...few)
  expect([rest.code, rest.stderr]).toEqual([0, expect.stringContaining('"few" goes on: 1 of its 3 runs are done.')])
  await dashi('storage', '--budget', '3MB')
  fs.rmSync(path.join(folder, 'checkpoints'), { recursive: true })
  fs.mkdirSync(path.join(folder, 'checkpoints'))
  fs.renameSync(hidden, ballast)
})

test('a queued training waits and says why, and goes on once there is room; so does a merge, which the window lets in', async () => {
  const told: string[] = []
  const { call } = openWindow(app, (event, data) => {
    if (event === 'jobs.changed') {
      const { status, waits } = data as { status: string; waits: { for: string } | null }
      told.push(waits ? `waits for ${waits.for}` : status)
    }
  })
  await call('projects.open', { folder })
  const start = await call('training.start', {
    recipe: 'ft',
    model: TINY_CLIP,
    settings: { epochs: 1, batchSize: 6 },
    device: 'cpu',
    name: 'waited',
  })
  await expect.poll(() => told.at(-1), { timeout: 20_000 }).toBe('waits for budget')
  expect(await call('storage.usage')).toMatchObject({ budget: 3 * megabyte, checkpoints: 3 * megabyte })
  fs.rmSync(ballast, { recursive: true })
  await app.queue.idle()
  expect((await call('runs.list')).find((r) => r.id === start.runId)).toMatchObject({ name: 'waited', status: 'done' })

  fs.mkdirSync(ballast)
  fs.writeFileSync(path.join(ballast, 'model.safetensors'), Buffer.alloc(3 * megabyte))
  told.length = 0
  const checkpoints = ['checkpoints/waited', 'checkpoints/waited']
  const merge = await call('merging.start', { method: 'uniform', settings: {}, checkpoints, name: 'soup' })
  await expect.poll(() => told.at(-1), { timeout: 20_000 }).toBe('waits for budget')
  await call('settings.save', { diskBudget: 50 })
  await app.queue.idle()
  expect((await call('runs.list')).find((r) => r.id === merge.runId)).toMatchObject({ status: 'done' })
})
