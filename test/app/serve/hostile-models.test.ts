/** Hostile model folders asked about through every call that takes a model, while another window works on. */
import path from 'node:path'
import { afterEach, beforeAll, expect, test } from 'vitest'
import type { JobEntry } from '#shared/contract/app.ts'
import { isOpen } from '#shared/model/queue.ts'
import type { Client } from '#shared/contract/rpc.ts'
import { addCheckpoint, openProject } from '../../../src-main/app/projects/index.ts'
import { App } from '../../../src-main/app/serve/app.ts'
import { shapesProject } from '../cli/terminal.ts'
import { HOSTILE, makeHostile } from '../../helpers/hostile-models.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { engine } from '../../helpers/engine.ts'
import { hostIn, openWindow } from '../../helpers/window.ts'

let dir: string
let folder: string
let app: App | undefined
beforeAll(async () => {
  dir = temporaryFolder()
  folder = await shapesProject(dir)
})
afterEach(() => app?.close())

async function start(laneFile?: URL): Promise<App> {
  return (app = new App({
    host: hostIn(dir),
    models: { engine: await engine(undefined, laneFile), nano: TINY_CLIP, cache: path.join(dir, 'cache') },
  }))
}

/** A window with the project open, and the end of its runs and jobs. */
async function window(): Promise<
  Pick<Client, 'call'> & { ended(find: (event: string, data: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> }
> {
  const told: [string, Record<string, unknown>][] = []
  const waiting = new Set<() => void>()
  const { call } = openWindow(app!, (event, data) => {
    told.push([event, data as Record<string, unknown>])
    for (const look of waiting) look()
  })
  await call('projects.open', { folder })
  const ended = (find: (event: string, data: Record<string, unknown>) => boolean) =>
    new Promise<Record<string, unknown>>((resolve) => {
      const look = () => {
        const found = told.find(([event, data]) => find(event, data))
        if (found) resolve(found[1])
      }
      waiting.add(look)
      look()
    })
  return { call, ended }
}

test('no hostile folder keeps the other calls waiting: each is refused in one line, by every call that takes a model', async () => {
  await start()
  const [w, other] = [await window(), await window()]
  const mediaId = (await w.call('media.ids', { filter: {}, sort: { by: 'id', descending: false } })).ids[0]!
  // One of each part of a folder; all of them are tried on the opening itself by test/engine/models/hostile.test.ts.
  const kinds = [
    'a header of 600,000 tensors',
    'a header of 15,000 tensors',
    '10⁸ layers',
    'a catastrophic pattern',
    'weights that are a pipe',
    'a tokenizer of 100 GB',
    'a million patches',
  ]
  for (const kind of kinds) {
    const model = makeHostile(path.join(dir, 'models', kind), kind)
    const says = HOSTILE[kind]!.says
    const project = openProject(folder, { sharedLock: true })
    addCheckpoint(project, { name: kind, kind: 'ft', runId: null, folder: model, metrics: {} })
    project.close()
    const fails = async (call: Promise<unknown>) =>
      expect(
        await call.then(
          () => 'answered',
          (e: Error) => e.message,
        ),
      ).toMatch(says)
    const train = async () => {
      const { runId } = await w.call('training.start', { recipe: 'lp', settings: {}, model, device: 'cpu' })
      expect(await w.ended((event, data) => event === 'run.finished' && data['runId'] === runId)).toMatchObject({
        status: 'failed',
        error: expect.stringMatching(says),
      })
    }
    const compare = async () => {
      const { jobId } = await w.call('evaluation.compare', { checkpoints: [model] })
      const job = (await w.ended(
        (event, data) => event === 'jobs.changed' && data['id'] === jobId && !isOpen(data as JobEntry),
      )) as unknown as JobEntry
      expect(job).toMatchObject({ status: 'failed', error: expect.stringMatching(says) })
    }
    const hostile = [
      w.call('models.list').then((all) => expect(all.map((m) => m.name)).toContain('Nano')),
      fails(w.call('preview.classify', { mediaId, model, labels: ['a', 'b'] })),
      /tokenizer|pattern|layers|patches/.test(kind)
        ? fails(w.call('captions.tokens', { texts: ['a'.repeat(60)], model }))
        : Promise.resolve(),
      train(),
      compare(),
    ]
    expect(await other.call('captions.tokens', { texts: ['a photo'] })).toMatchObject({ limit: 16 })
    expect((await other.call('preview.classify', { mediaId, model: TINY_CLIP, labels: ['a', 'b'] })).map((s) => s.label).sort()).toEqual([
      'a',
      'b',
    ])
    await Promise.all(hostile)
  }
})

test('a thread that a model hangs blocks nobody else', async () => {
  const hangs = new URL(
    `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads'
    parentPort.on('message', () => { parentPort.postMessage({ type: 'begun' }); while (true); })`)}`,
  )
  await start(hangs)
  const [w, other] = [await window(), await window()]
  const mediaId = (await w.call('media.ids', { filter: {}, sort: { by: 'id', descending: false } })).ids[0]!
  let answered = 0
  const asked = [
    w.call('captions.tokens', { texts: ['a'], model: 'x' }),
    w.call('preview.classify', { mediaId, model: 'x', labels: ['a'] }),
  ].map((call) => call.finally(() => answered++).catch((e: Error) => e.message))
  for (let i = 0; i < 200; i++) await other.call('labels.list')
  await w.call('runs.list') // not even the window that asked
  expect(answered).toBe(0)
  app!.options.models.engine.closeLanes()
  expect(await Promise.all(asked)).toEqual(['cancelled', 'cancelled'])
})
