/** The queue in the terminal, on real trainings: the program that was at them is killed, and they go on where they were. */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, listRuns, openProject } from '../../../src-main/app/projects/index.ts'
import { savedLosses } from '../../../src-main/engine/jobs/kept.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'
import { type Running, start } from '../../helpers/programs.ts'
import { type Said, shapesProject, terminal } from './terminal.ts'

let dir: string
let folder: string
let run: (...argv: string[]) => Promise<Said>
let child: Running
beforeAll(async () => {
  dir = temporaryFolder()
  folder = await shapesProject(dir)
  run = await terminal(path.join(dir, 'cache'))
})
afterAll(() => child?.kill('SIGKILL'))

interface Listed {
  id: string
  kind: string
  lane: string
  status: string
  subject: string
  error: string | null
}
const jobs = async (verb: string, ...argv: string[]) => {
  const said = await run('jobs', verb, ...argv, '--project', folder, '--json')
  expect(said.code, said.stderr).toBe(0)
  return JSON.parse(said.stdout) as Listed[]
}
const statuses = (listed: readonly Listed[]) => Object.fromEntries(listed.map((j) => [j.subject, j.status]))
const checkpoint = (name: string) => path.join(folder, 'checkpoints', name)

test('trainings whose program is killed are resumed and carried out, one after the other', async () => {
  expect(await jobs('list')).toEqual([])
  expect((await run('jobs', 'list', '--project', folder)).stdout).toBe('The queue is empty.\n')
  let steps = 0
  let trained = () => {}
  const atWork = new Promise<void>((resolve) => (trained = resolve))
  child = await start('training', [folder, TINY_CLIP, path.join(dir, 'cache')], {
    onLine(line) {
      if (!line.startsWith('{')) return
      const { phase, done } = JSON.parse(line) as { phase: string | null; done: number }
      if (phase === 'training' && (steps = done) > 3) trained()
    },
  })
  await atWork
  // Another process that looks on sees it at work; it takes nothing for interrupted.
  expect(await jobs('list')).toMatchObject([
    { kind: 'train', lane: 'training', subject: 'one', status: 'running' },
    { kind: 'train', lane: 'training', subject: 'two', status: 'queued' },
  ])
  const refused = await run('jobs', 'run', '--project', folder)
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/^dashi: [^\n]*already open in another window[^\n]*\n$/)])
  child.kill('SIGKILL')
  await child.ended

  const left = await jobs('list')
  expect(statuses(left)).toEqual({ one: 'interrupted', two: 'queued' })
  const saved = savedLosses(checkpoint('one'))
  expect(saved.length).toBeGreaterThanOrEqual(Math.min(steps, 3))
  const after = await jobs('run', left[0]!.id)
  expect(statuses(after)).toEqual({ one: 'done', two: 'done' })
  const project = openProject(folder, { readOnly: true })
  const runs = listRuns(project)
  project.close()
  expect(runs.map((r) => [r.settings['name'], r.status])).toEqual([
    ['one', 'done'], // which went on where the first had come
    ['two', 'done'],
    ['one', 'failed'],
  ])
  const losses = runs[0]!.metrics['loss'] as number[]
  expect([losses.length, losses.slice(0, saved.length)]).toEqual([300, saved])
  for (const name of ['one', 'two']) expect(fs.existsSync(path.join(checkpoint(name), 'model.safetensors'))).toBe(true)
})

test('an interrupted job is dismissed once; one that is not offered is refused in one line', async () => {
  const other = path.join(dir, 'other')
  const project = createProject(other)
  project.db.run(
    `INSERT INTO job (id, kind, lane, status, subject, request, by_name, created) VALUES ('j', 'check', 'background', 'running', '', '{}', 'ann', 1)`,
  )
  project.close()
  const dismiss = () => run('jobs', 'dismiss', 'j', '--project', other, '--json')
  expect(statuses(JSON.parse((await dismiss()).stdout) as Listed[])).toEqual({ '': 'cancelled' })
  for (const argv of [
    ['dismiss', 'j'],
    ['dismiss', 'k'],
    ['run', 'j'],
  ]) {
    const { code, stderr } = await run('jobs', ...argv, '--project', other)
    expect([code, stderr]).toEqual([2, 'dashi: the job is not offered any more: it was resumed, dismissed or begun anew\n'])
  }
})

test('a queue of a newer version is refused in one line', async () => {
  const newer = path.join(dir, 'newer')
  const project = createProject(newer)
  project.db.exec('PRAGMA user_version = 1000')
  project.close()
  const { code, stderr } = await run('jobs', 'list', '--project', newer)
  expect([code, stderr]).toEqual([2, expect.stringMatching(/^dashi: [^\n]*was written by a newer Dashi[^\n]*\n$/)])
})
