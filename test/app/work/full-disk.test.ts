/**
 * A disk that is full again and again during a sweep: while a state is saved, while a checkpoint is written, between two runs. Each time
 * the run says that it waits for room, and in the end all is as on a disk with room.
 */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { App } from '../../../src-main/app/serve/app.ts'
import { listCheckpoints, listRuns, openProject } from '../../../src-main/app/projects/index.ts'
import { engine } from '../../helpers/engine.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { fill, removeDevice, smallDevice } from '../../helpers/small-device.ts'
import { hostIn, openWindow } from '../../helpers/window.ts'
import { shapesProject } from '../cli/terminal.ts'

const spec = {
  recipe: 'ft',
  settings: { epochs: 3, batchSize: 6 },
  axes: [{ kind: 'grid' as const, field: 'lr', values: [1e-3, 3e-3, 1e-4] }],
}

/** A moment at which the disk fills up: so many events of a kind after the start of the sweep. */
interface Moment {
  readonly event: 'step' | 'end'
  readonly n: number
}

async function sweep(dir: string, folder: string, moments: readonly Moment[] = []) {
  const ballast = path.join(path.dirname(folder), 'ballast')
  const counts = { step: 0, end: 0 }
  const waited = new Set<string>()
  let full = false
  const app = new App({
    host: hostIn(dir),
    models: { engine: await engine(), nano: TINY_CLIP, cache: path.join(dir, 'cache'), saveEverySeconds: 0 },
  })
  const fillAt = (event: Moment['event']) => {
    counts[event]++
    if (full || !moments.some((m) => m.event === event && m.n === counts[event])) return
    full = true
    fill(ballast)
  }
  /** Makes room a little after somebody said that there is none. */
  const makeRoom = () => {
    if (!full) return
    full = false
    setTimeout(() => fs.rmSync(ballast, { force: true }), 200)
  }
  const { call } = openWindow(app, (event, data) => {
    if (event === 'run.progress') fillAt('step')
    if (event === 'run.finished') fillAt('end')
    if (event !== 'jobs.changed') return
    const { subject, waits } = data as { subject: string; waits: { for: string } | null }
    if (waits?.for !== 'room') return
    waited.add(subject)
    makeRoom()
  })
  try {
    await call('projects.open', { folder })
    await call('sweeps.start', { spec, device: 'cpu', name: 'S' })
    await app.queue.idle()
  } finally {
    await app.close()
  }
  fs.rmSync(ballast, { force: true })
  const project = openProject(folder, { readOnly: true })
  const runs = listRuns(project)
  const checkpoints = listCheckpoints(project)
  project.close()
  return {
    waited: [...waited].sort(),
    statuses: runs.map((r) => [r.settings['name'], r.status, r.error]).sort(),
    curves: Object.fromEntries(runs.map((r) => [r.settings['name'], r.metrics['loss']])),
    weights: Object.fromEntries(
      checkpoints.map((c) => [c.name, fs.readFileSync(path.join(folder, c.folder, 'model.safetensors')).toString('base64')]),
    ),
    files: fs.readdirSync(path.join(folder, 'checkpoints'), { recursive: true, encoding: 'utf8' }),
    folders: checkpoints.map((c) => path.basename(c.folder)).sort(),
  }
}

test(
  'a sweep on a disk that fills up goes on to the same curves and weights, and leaves nothing half-written',
  { timeout: 600_000 },
  async ({ skip }) => {
    const dir = temporaryFolder()
    const device = smallDevice(path.join(dir, 'device'), '12m')
    if (!device) return skip()
    try {
      const whole = await shapesProject(path.join(dir, 'whole'))
      fs.cpSync(path.dirname(whole), path.join(device, 'small'), { recursive: true })
      const expected = await sweep(path.join(dir, 'a'), whole)
      expect(expected.statuses.map(([, status]) => status)).toEqual(['done', 'done', 'done'])
      // In the first run, at its end, and in the last one.
      const moments: Moment[] = [
        { event: 'step', n: 3 },
        { event: 'end', n: 1 },
        { event: 'end', n: 2 },
      ]
      const found = await sweep(path.join(dir, 'b'), path.join(device, 'small', path.basename(whole)), moments)
      expect(found.statuses).toEqual(expected.statuses)
      expect(found.waited).toHaveLength(3)
      expect(found.curves).toEqual(expected.curves)
      expect(found.weights).toEqual(expected.weights)
      expect(found.files.filter((f) => f.includes('.part') || /\.run(\/|$)/.test(f))).toEqual([])
      expect(found.files.filter((f) => !f.includes(path.sep) && f !== '.runs').sort()).toEqual(found.folders)
    } finally {
      removeDevice(device)
    }
  },
)
