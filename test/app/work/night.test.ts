/**
 * A night of two trainings, with the program or the engine's process killed again and again: in the morning both are what they would
 * have been. `npm run kills` does it fifty times; DASHI_KILLS says how often, DASHI_SEED when.
 */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { listCheckpoints, listRuns, openProject } from '../../../src-main/app/projects/index.ts'
import { listJobs } from '../../../src-main/db/queue.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { filesOf, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'
import { type Running, start } from '../../helpers/programs.ts'
import { shapesProject } from '../cli/terminal.ts'

const KILLS = Number(process.env['DASHI_KILLS'] ?? 3)
const SEED = Number(process.env['DASHI_SEED'] ?? 1)

/** A start of the program. @param kill after so many lines, and so many ms, what is killed */
async function run(
  folder: string,
  cache: string,
  kill?: { readonly what: 'program' | 'engine'; readonly lines: number; readonly ms: number },
  stop?: number,
) {
  let lines = 0
  const child: Running = await start('night', [folder, TINY_CLIP, cache], {
    onLine(line) {
      if (!line.startsWith('{')) return
      if (++lines === stop) sleeps(child.pid)
      if (!kill || lines !== kill.lines) return
      setTimeout(() => child.kill(kill.what === 'program' ? 'SIGKILL' : 'SIGUSR2'), kill.ms)
    },
  })
  const { code, signal, stderr } = await child.ended
  return { finished: code === 0, signal, stderr }
}

/** Stops the engine's process for a while, as a person does who needs the machine. */
function sleeps(parent: number): void {
  const children = fs.readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  for (const pid of children) process.kill(pid, 'SIGSTOP')
  setTimeout(() => children.forEach((pid) => process.kill(pid, 'SIGCONT')), 1500)
}

/** What a night left: each checkpoint without the time at which it was written, and the curve of each that is done. */
function left(folder: string) {
  const project = openProject(folder, { readOnly: true })
  const runs = listRuns(project)
  const [jobs, checkpoints] = [listJobs(project.db), listCheckpoints(project)]
  project.close()
  const bits = (of: string) => {
    const { 'dashi.json': record, ...files } = filesOf(path.join(folder, of))
    const {
      created: _,
      dataHash: __,
      base: ___,
      ...rest
    } = JSON.parse(Buffer.from(record!, 'base64').toString()) as Record<string, unknown>
    return { ...files, record: JSON.stringify(rest) }
  }
  return {
    runs,
    open: jobs.filter((job) => !['done', 'failed', 'cancelled'].includes(job.status)),
    curves: Object.fromEntries(runs.filter((r) => r.status === 'done').map((r) => [r.settings['name'], r.metrics['loss']])),
    checkpoints: Object.fromEntries(checkpoints.map((c) => [c.name, bits(c.folder)])),
    files: fs.readdirSync(path.join(folder, 'checkpoints'), { recursive: true, encoding: 'utf8' }),
    folders: checkpoints.map((c) => path.basename(c.folder)).sort(),
  }
}

test(`killed ${KILLS} times, two trainings end as those that nobody killed`, { timeout: 300_000 + KILLS * 60_000 }, async () => {
  const rng = Rng.of(SEED, KILLS)
  const dir = temporaryFolder()
  const [undisturbed, disturbed] = [path.join(dir, 'a'), path.join(dir, 'b')]
  const cache = path.join(dir, 'cache')
  const whole = await shapesProject(undisturbed)
  fs.cpSync(undisturbed, disturbed, { recursive: true })
  const folder = path.join(disturbed, path.basename(whole))
  // An engine's process that is stopped for a while is not taken for one that has ended.
  expect(await run(whole, cache, undefined, process.platform === 'linux' ? 12 : undefined)).toMatchObject({ finished: true })
  const expected = left(whole)
  expect(expected.runs.map((r) => r.status)).toEqual(['done', 'done'])
  expect(Object.keys(expected.curves).sort()).toEqual(['one', 'two'])

  let kills = 0
  for (let starts = 0; kills < KILLS; starts++) {
    expect(starts, 'a training that makes no headway').toBeLessThan(5 * KILLS + 5)
    const what = rng.chance(0.6) ? 'program' : 'engine'
    const { finished, signal, stderr } = await run(folder, cache, { what, lines: 1 + rng.int(12), ms: rng.int(60) })
    if (what === 'program') expect(finished || signal === 'SIGKILL', stderr).toBe(true)
    kills++
    if (finished && what === 'program') break // it was over before
  }
  expect(await run(folder, cache)).toMatchObject({ finished: true })
  const found = left(folder)
  expect(found.open).toEqual([])
  expect(found.runs.filter((r) => r.status === 'running' || r.status === 'queued')).toEqual([])
  // One that had saved nothing when it was killed begins anew under a name of its own.
  const names = (name: unknown) => String(name).replace(/ \d+$/, '')
  expect(new Set(Object.keys(found.curves).map(names))).toEqual(new Set(['one', 'two']))
  for (const [name, curve] of Object.entries(found.curves)) expect(curve, name).toEqual(expected.curves[names(name)])
  for (const [name, bits] of Object.entries(found.checkpoints))
    expect(bits, name).toEqual(expected.checkpoints[name.replace(/ \d+(?=$| \()/, '')])
  // Nothing half-written, no state of a run that is over.
  expect(found.files.filter((file) => file.includes('.part') || /\.run(\/|$)/.test(file))).toEqual([])
  // Beside the checkpoints, only what the runs wrote down of their steps.
  expect(found.files.filter((file) => !file.includes(path.sep) && file !== '.runs').sort()).toEqual(found.folders)
})
