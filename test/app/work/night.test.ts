/**
 * A night of two trainings and a sweep, with the program or the engine's process killed again and again: in the morning all are what
 * they would have been. `npm run kills` does it fifty times, as many nights as that takes; DASHI_KILLS says how often, DASHI_SEED when.
 */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { listCheckpoints, listRuns, openProject } from '../../../src-main/app/projects/index.ts'
import { listJobs } from '../../../src-main/db/queue.ts'
import { sweepTables } from '../../../src-shared/model/sweep-table.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { filesOf, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'
import { type Running, start } from '../../helpers/programs.ts'
import { shapesProject } from '../cli/terminal.ts'

const KILLS = Number(process.env['DASHI_KILLS'] ?? 3)
const SEED = Number(process.env['DASHI_SEED'] ?? 1)

interface Trouble {
  /** What is killed, after so many lines and so many ms. */
  readonly kills?: readonly { readonly what: 'program' | 'engine'; readonly lines: number; readonly ms: number }[]
  /** After so many lines, the images' folder is gone for a while. */
  readonly vanish?: number
  /** After so many lines, the engine's process is stopped for a while. */
  readonly stop?: number
}

/** A start of the program. @returns also how many kills came before its end */
async function run(folder: string, cache: string, { kills = [], vanish, stop }: Trouble = {}) {
  let lines = 0
  let killed = 0
  let over = false
  const child: Running = await start('night', [folder, TINY_CLIP, cache], {
    onLine(line) {
      if (!line.startsWith('{')) return
      if (++lines === stop) sleeps(child.pid)
      if (lines === vanish) vanishes(path.join(path.dirname(folder), 'pictures'))
      for (const { what, ms } of kills.filter((kill) => kill.lines === lines))
        setTimeout(() => {
          if (over) return
          killed++
          child.kill(what === 'program' ? 'SIGKILL' : 'SIGUSR2')
        }, ms)
    },
  })
  const { code, signal, stderr } = await child.ended
  over = true
  return { finished: code === 0, signal, stderr, killed }
}

/** Stops the engine's process for a while, as a person does who needs the machine. */
function sleeps(parent: number): void {
  const children = fs.readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  for (const pid of children) process.kill(pid, 'SIGSTOP')
  setTimeout(() => children.forEach((pid) => process.kill(pid, 'SIGCONT')), 1500)
}

/** As a disk does that is unplugged, and plugged in again. */
function vanishes(pictures: string): void {
  if (!fs.existsSync(pictures)) return // since the start before
  fs.renameSync(pictures, `${pictures} unplugged`)
  setTimeout(() => fs.renameSync(`${pictures} unplugged`, pictures), 700)
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
      sweep: ____, // its id is random
      ...rest
    } = JSON.parse(Buffer.from(record!, 'base64').toString()) as Record<string, unknown>
    return { ...files, record: JSON.stringify(rest) }
  }
  return {
    runs,
    sweeps: sweepTables(runs).map(({ rows }) =>
      rows.map(({ rung, point, scores, runs: of }) => ({ rung, point, val: scores['val']?.mean, status: of.map((r) => r.status) })),
    ),
    open: jobs.filter((job) => !['done', 'failed', 'cancelled'].includes(job.status)),
    curves: Object.fromEntries(runs.filter((r) => r.status === 'done').map((r) => [r.settings['name'], r.metrics['loss']])),
    checkpoints: Object.fromEntries(checkpoints.map((c) => [c.name, bits(c.folder)])),
    files: fs.readdirSync(path.join(folder, 'checkpoints'), { recursive: true, encoding: 'utf8' }),
    folders: checkpoints.map((c) => path.basename(c.folder)).sort(),
  }
}

const SWEEP = [4, 2, 1].flatMap((runs, rung) =>
  Array.from(
    { length: runs },
    (_, i) => `ft sweep rung ${rung + 1} ${rung ? `place ${i + 1}` : `lr=${['0.001', '0.003', '3e-4', '1e-4'][i]}`}`,
  ),
)
/** One that had saved nothing when it was killed begins anew under a name of its own. */
const unnumbered = (name: unknown) => String(name).replace(/(?<!place)( \d+)+(?=$| \()/, '')

test(
  `killed ${KILLS} times, two trainings and a sweep end as those that nobody killed`,
  { timeout: 300_000 + KILLS * 60_000 },
  async () => {
    const rng = Rng.of(SEED, KILLS)
    const dir = temporaryFolder()
    const cache = path.join(dir, 'cache')
    const whole = await shapesProject(path.join(dir, 'undisturbed'))
    const fresh = path.join(dir, 'fresh')
    fs.cpSync(path.dirname(whole), fresh, { recursive: true })
    // An engine's process that is stopped for a while is not taken for one that has ended.
    expect(await run(whole, cache, process.platform === 'linux' ? { stop: 12 } : {})).toMatchObject({ finished: true })
    const expected = left(whole)
    expect(new Set(expected.runs.map((r) => r.status))).toEqual(new Set(['done']))
    expect(Object.keys(expected.curves).sort()).toEqual([...SWEEP, 'one', 'two'].sort())

    let kills = 0
    for (let night = 1; kills < KILLS; night++) {
      const place = path.join(dir, `night ${night}`)
      fs.cpSync(fresh, place, { recursive: true })
      const folder = path.join(place, path.basename(whole))
      for (let starts = 0, over = false; kills < KILLS && !over; starts++) {
        expect(starts, 'a training that makes no headway').toBeLessThan(5 * KILLS + 5)
        const vanish = rng.chance(0.3) ? 1 + rng.int(6) : undefined
        const engine = rng.chance(0.5) ? [{ what: 'engine' as const, lines: 1 + rng.int(12), ms: rng.int(60) }] : []
        const program = { what: 'program' as const, lines: 1 + rng.int(20), ms: rng.int(60) }
        const { finished, signal, stderr, killed } = await run(folder, cache, { kills: [...engine, program], vanish })
        expect(finished || signal === 'SIGKILL', stderr).toBe(true)
        kills += killed
        over = finished
      }
      expect(await run(folder, cache)).toMatchObject({ finished: true })
      const found = left(folder)
      expect(found.open).toEqual([])
      expect(found.runs.filter((r) => r.status === 'running' || r.status === 'queued')).toEqual([])
      expect(found.sweeps).toEqual(expected.sweeps)
      expect(new Set(Object.keys(found.curves).map(unnumbered))).toEqual(new Set([...SWEEP, 'one', 'two']))
      for (const [name, curve] of Object.entries(found.curves)) expect(curve, name).toEqual(expected.curves[unnumbered(name)])
      for (const [name, bits] of Object.entries(found.checkpoints)) expect(bits, name).toEqual(expected.checkpoints[unnumbered(name)])
      // Nothing is trained twice.
      expect(Object.keys(found.curves)).toHaveLength(SWEEP.length + 2)
      // Nothing half-written, no state of a run that is over.
      expect(found.files.filter((file) => file.includes('.part') || /\.run(\/|$)/.test(file))).toEqual([])
      // Beside the checkpoints, only what the runs wrote down of their steps.
      expect(found.files.filter((file) => !file.includes(path.sep) && file !== '.runs').sort()).toEqual(found.folders)
      const ids = found.runs.map((r) => r.id)
      expect(fs.readdirSync(path.join(folder, 'checkpoints', '.runs')).filter((name) => !ids.some((id) => name.startsWith(id)))).toEqual([])
    }
    console.log(`${kills} kills`)
  },
)
