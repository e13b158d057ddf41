/**
 * Labelling while a training uses every core: how long an edit takes from the window's call until it is on the disk and answered, as in
 * the desktop: through a port, with the application in this process and the engine in its own.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunProgress } from '#shared/contract/training.ts'
import { App } from '../../src-main/app/serve/app.ts'
import { EngineClient } from '../../src-main/engine/client.ts'
import { startChild } from '../../src-main/files/child.ts'
import { programRoot } from '../../src-main/program.ts'
import { hostIn, openWindow } from '../helpers/window.ts'
import { paintedProject } from './painted.ts'

const IMAGES = 384
const EDITS = 250
/** As somebody does who draws boxes fast, in ms. */
const PAUSE = 40

const percentile = (values: readonly number[], p: number) => [...values].sort((a, b) => a - b)[Math.ceil(values.length * p) - 1]!
const rest = (ms: number) => new Promise((go) => setTimeout(go, ms))

/**
 * Milliseconds of an edit (median, 95th percentile, slowest) at rest before and after, and while fine-tuning; `ratio` is that of the
 * 95th percentiles. How far the training got meanwhile is given too.
 */
export async function labellingBench(): Promise<Record<string, number>> {
  const dir = mkdtempSync(join(tmpdir(), 'dashi-labelling-'))
  const engine = new EngineClient(() => startChild(join(programRoot, 'out', 'main', 'engine-process.js'), []))
  const app = new App({
    host: hostIn(dir),
    models: { engine, nano: join(programRoot, 'resources', 'nano'), cache: join(dir, 'cache'), saveEverySeconds: 30 },
  })
  let steps = 0
  const window = openWindow(app, (event, data) => {
    if (event === 'run.progress' && (data as RunProgress).phase === 'training') steps = (data as RunProgress).step
  })
  try {
    await window.call('projects.open', { folder: await paintedProject(dir, { images: IMAGES, classes: 8, width: 800, height: 600 }) })
    const [label] = await window.call('labels.list', {})
    const edit = (i: number) => {
      const mediaId = 1 + (i % IMAGES)
      const after = {
        ...{ id: -1, mediaId, labelId: label!.id, shape: { kind: 'box' as const, x: i % 700, y: 20, w: 50, h: 40 }, attributes: {} },
        ...{ author: { kind: 'person' as const, name: 'ann' }, state: 'accepted' as const, z: 0, hidden: false, locked: false },
      }
      return window.call('regions.apply', { mediaId, action: 'draw', changes: [{ before: null, after }] })
    }
    let made = 0
    const edits = async () => {
      const times: number[] = []
      for (let i = 0; i < EDITS; i++) {
        const from = performance.now()
        await edit(made++)
        times.push(performance.now() - from)
        await rest(PAUSE)
      }
      return times
    }
    for (let i = 0; i < 20; i++) await edit(made++) // the first use of everything
    const before = await edits()
    const settings = { epochs: 1000, batchSize: 32 }
    await window.call('training.start', { recipe: 'ft', settings, device: 'cpu', name: 'meanwhile' })
    for (const until = Date.now() + 300_000; steps < 2; await rest(50))
      if (Date.now() > until) throw new Error('the training does not begin')
    const from = steps
    const began = performance.now()
    const during = await edits()
    const trained = ((steps - from) / (performance.now() - began)) * 1000
    for (const { id, status } of app.queue.list()) if (status === 'running') app.queue.cancel(id)
    await app.queue.idle()
    const after = await edits()
    const idle = [...before, ...after]
    const round = (x: number) => Number(x.toFixed(2))
    return {
      'edit at rest, median (ms)': round(percentile(idle, 0.5)),
      'edit at rest, 95th percentile (ms)': round(percentile(idle, 0.95)),
      'edit while training, median (ms)': round(percentile(during, 0.5)),
      'edit while training, 95th percentile (ms)': round(percentile(during, 0.95)),
      'edit while training, slowest (ms)': round(percentile(during, 1)),
      ratio: round(percentile(during, 0.95) / percentile(idle, 0.95)),
      'steps per second meanwhile': round(trained),
      'load (1 min)': round(loadavg()[0]!),
    }
  } finally {
    window.close()
    await app.close()
    await engine.close()
    rmSync(dir, { recursive: true, force: true })
  }
}
