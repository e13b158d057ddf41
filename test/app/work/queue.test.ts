/** The queue of a project: lanes, cancelling, and what becomes of it when the program ends and is started again. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { dataError } from '#shared/errors.ts'
import { createProject, getRun, listRuns, openProject, startRun } from '../../../src-main/app/projects/index.ts'
import { listJobs } from '../../../src-main/db/queue.ts'
import { migrations } from '../../../src-main/db/schema.ts'
import { asOfVersion } from '../../helpers/earlier.ts'
import { temporaryFolder } from '../projects/fixture.ts'
import type { JobPlace } from '../../../src-main/app/work/kind.ts'
import { program, Stage } from './kinds.ts'

let folder: string
let stage: Stage
beforeEach(() => {
  folder = join(temporaryFolder(), 'p')
  createProject(folder, { user: 'ann' }).close()
  stage = new Stage()
})
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('lanes', () => {
  test('carry out one training at a time, in the order in which they came', async () => {
    const p = program(folder, stage)
    for (const name of ['a', 'b', 'c']) p.add('training', name)
    expect(p.statuses()).toEqual({ a: 'running', b: 'queued', c: 'queued' })
    stage.done('a')
    await settled()
    stage.fail('b', dataError('x.png', 'is damaged')) // which lets the next one in all the same
    await settled()
    expect(stage.begun).toEqual(['a', 'b', 'c'])
    expect(p.queue.list()[1]).toMatchObject({ status: 'failed', error: 'x.png: is damaged' })
    await p.quit()
  })

  test('do not wait for each other: an interactive job passes a training', async () => {
    const p = program(folder, stage)
    p.add('training', 'tune')
    p.add('training', 'next')
    p.add('interactive', 'search')
    p.add('background', 'scan')
    expect(stage.begun).toEqual(['tune', 'search', 'scan'])
    stage.done('search')
    await settled()
    expect(p.statuses()).toEqual({ tune: 'running', next: 'queued', search: 'done', scan: 'running' })
    await p.quit()
  })

  test('are those of the process: trainings of two projects wait for each other', async () => {
    const other = join(temporaryFolder(), 'q')
    createProject(other, { user: 'ann' }).close()
    const p = program(folder, stage)
    p.pool.take(other)
    p.add('training', 'mine')
    p.queue.add('training', { request: { name: 'theirs' }, subject: 'theirs', project: { folder: other, user: null } })
    expect(p.statuses()).toEqual({ mine: 'running', theirs: 'queued' })
    await p.quit()
  })
})

describe('several jobs at once', () => {
  test('are all queued, or none: not if one of them cannot be entered', async () => {
    const p = program(folder, stage)
    const asked = (name: string, problem?: string) => ({
      request: { name },
      register: () => {
        if (problem) throw dataError(name, problem)
        return { runId: startRun(p.held.project, { kind: 'train', status: 'queued' }).id, subject: name }
      },
      project: { folder, user: null },
    })
    expect(() => p.queue.addAll('training', [asked('a'), asked('b', 'is damaged')])).toThrow('b: is damaged')
    expect([p.statuses(), listJobs(p.held.project.db), listRuns(p.held.project)]).toEqual([{}, [], []])
    expect(
      p.queue
        .addAll(
          'training',
          ['c', 'd'].map((name) => asked(name)),
        )
        .map((j) => j.runId),
    ).toEqual(
      listRuns(p.held.project)
        .map((r) => r.id)
        .reverse(),
    )
    expect(p.statuses()).toEqual({ c: 'running', d: 'queued' })
    await p.quit()
  })
})

test('a job that waits for something lets those behind it pass, and is next when that is there', async () => {
  let there = false
  const kinds = new Map([...stage.kinds].map(([id, kind]) => [id, { ...kind, waits: ({ runId }: JobPlace) => runId !== null && !there }]))
  const p = program(folder, { kinds })
  const register = () => ({ runId: startRun(p.held.project, { kind: 'train', status: 'queued' }).id, subject: 'waits' })
  p.queue.add('training', { request: { name: 'waits' }, register, project: { folder, user: null } })
  for (const name of ['a', 'b']) p.add('training', name)
  expect(p.statuses()).toEqual({ waits: 'queued', a: 'running', b: 'queued' })
  there = true
  stage.done('a')
  await settled()
  expect(stage.begun).toEqual(['a', 'waits'])
  await p.quit()
})

describe('cancelling', () => {
  test('removes a waiting job at once: it never begins', async () => {
    const p = program(folder, stage)
    p.add('training', 'a')
    const b = p.add('training', 'b')
    p.queue.cancel(b)
    expect(p.statuses()).toEqual({ a: 'running', b: 'cancelled' })
    expect(() => p.queue.cancel(b)).toThrow('the job has ended already')
    stage.done('a')
    await settled()
    expect(stage.begun).toEqual(['a'])
    await p.quit()
  })

  test('ends the run of a job with it', async () => {
    const p = program(folder, stage)
    p.add('training', 'first')
    const register = () => ({ runId: startRun(p.held.project, { kind: 'train', recipe: 'ft', status: 'queued' }).id, subject: 'run' })
    const { jobId, runId } = p.queue.add('training', { request: { name: 'run' }, register, project: { folder, user: null } })
    expect(getRun(p.held.project, runId!).status).toBe('queued')
    p.queue.cancel(jobId)
    expect(getRun(p.held.project, runId!)).toMatchObject({ status: 'cancelled', finished: expect.any(Number) as number })
    await p.quit()
  })
})

describe.each(['quit', 'kill'] as const)('after the program has ended by %s', (end) => {
  test('waiting jobs start by themselves, and interrupted ones are offered again', async () => {
    const before = program(folder, stage)
    for (const name of ['a', 'b', 'c']) before.add('training', name)
    await before[end]()
    const later = new Stage()
    const p = program(folder, later)
    expect(p.statuses()).toEqual({ a: 'interrupted', b: 'running', c: 'queued' })
    expect(later.begun).toEqual(['b'])
    expect(p.queue.list().find((j) => j.subject === 'a')).toMatchObject({ offers: 'again', lane: 'training', error: null })
    later.done('b')
    await settled()
    expect(later.begun).toEqual(['b', 'c'])
    await p.quit()
  })

  test('an interrupted one runs again when it is asked for, once', async () => {
    const before = program(folder, stage)
    const id = before.add('training', 'a')
    await before[end]()
    const later = new Stage()
    const p = program(folder, later)
    expect(later.begun).toEqual([])
    p.queue.again(id)
    expect(() => p.queue.again(id)).toThrow('not offered any more')
    expect(later.begun).toEqual(['a'])
    later.done('a')
    await settled()
    await p.quit()
    expect(program(folder, new Stage()).statuses()).toEqual({})
  })

  test('one that goes on elsewhere is followed again without being asked', async () => {
    const before = program(folder, stage)
    for (const name of ['a', 'b']) before.add('cluster', name)
    expect(before.statuses()).toEqual({ a: 'running', b: 'running' }) // they do not wait for each other
    await before[end]()
    const p = program(folder, new Stage())
    expect(p.statuses()).toEqual({ a: 'running', b: 'running' })
    await p.quit()
  })

  test('one that was dismissed is never offered again', async () => {
    const before = program(folder, stage)
    const id = before.add('background', 'a')
    await before[end]()
    const p = program(folder, new Stage())
    p.queue.dismiss(id)
    expect(() => p.queue.again(id)).toThrow('not offered any more')
    await p.quit()
    const again = program(folder, new Stage())
    expect([again.statuses(), listJobs(again.held.project.db).map((j) => j.status)]).toEqual([{}, ['cancelled']])
    await again.quit()
  })
})

test('what was queued elsewhere is offered, not carried out: a copy of the folder, or another machine', async () => {
  const before = program(folder, stage)
  before.add('training', 'a')
  before.add('training', 'b')
  await before.quit()
  const copy = join(temporaryFolder(), 'copy')
  cpSync(folder, copy, { recursive: true })
  const later = new Stage()
  const [copied, moved] = [program(copy, later), program(folder, later, 'another machine')]
  for (const p of [copied, moved]) {
    expect(p.statuses()).toEqual({ a: 'interrupted', b: 'interrupted' })
    await p.quit()
  }
  expect(later.begun).toEqual([])
})

describe('a queue of another version is answered in one line', () => {
  const jobs = async (change: string) => {
    const before = program(folder, stage)
    before.add('training', 'first')
    const id = before.add('training', 'a')
    await before.quit()
    const project = openProject(folder)
    project.db.run(change, id)
    project.close()
    const p = program(folder, new Stage())
    const found = p.queue.list().find((j) => j.id === id)!
    return { p, id, found }
  }

  test.each([
    ['a kind', `UPDATE job SET kind = 'distil' WHERE id = ?`, 'kind: distil is unknown'],
    ['a lane', `UPDATE job SET lane = 'fast' WHERE id = ?`, 'lane: '],
    ['a status', `UPDATE job SET status = 'paused' WHERE id = ?`, 'status: '],
    ['a request that is no JSON', `UPDATE job SET request = '{' WHERE id = ?`, 'request: '],
  ])('%s that is not known here', async (_, change, problem) => {
    const { p, id, found } = await jobs(change)
    expect(found).toMatchObject({ status: 'interrupted', offers: null })
    expect(found.error).toMatch(/^it was queued by another version of Dashi, which this one cannot run \([^\n]+\)$/)
    expect(found.error).toContain(problem)
    expect(() => p.queue.again(id)).toThrow(found.error!)
    p.queue.dismiss(id)
    await p.quit()
    expect(
      program(folder, new Stage())
        .queue.list()
        .some((j) => j.id === id),
    ).toBe(false)
  })

  test('an invalid request fails, naming the field', async () => {
    const { p, id } = await jobs(`UPDATE job SET request = '{"name":7}' WHERE id = ?`)
    await settled()
    const { status, error } = p.queue.list().find((j) => j.id === id)!
    expect([status, error]).toEqual(['failed', expect.stringMatching(/^training: request\.name: [^\n]+$/)])
    await p.quit()
  })
})

test('a project of the version before gets a queue; what was at work there is offered', async () => {
  const project = openProject(folder)
  startRun(project, { kind: 'train', recipe: 'ft', folder: 'checkpoints/old', settings: { name: 'old' } })
  startRun(project, { kind: 'train', recipe: 'ft', folder: 'checkpoints/ended', status: 'done' })
  project.close()
  asOfVersion(join(folder, 'project.db'), 7)
  const kinds = new Map([...stage.kinds].map(([, kind]) => ['train', { ...kind, id: 'train' }]))
  const p = program(folder, { kinds })
  expect(p.held.project.db.value('PRAGMA user_version')).toBe(migrations.at(-1)!.version)
  expect(p.queue.list()).toMatchObject([{ kind: 'train', lane: 'training', subject: 'old', status: 'interrupted' }])
  const { runId } = p.queue.list()[0]!
  expect(getRun(p.held.project, runId!)).toMatchObject({ status: 'failed', error: expect.stringMatching(/^interrupted/) as string })
  await p.quit()
})

test('the ended ones that are kept are the latest', async () => {
  const p = program(folder, stage)
  for (let i = 0; i < 60; i++) {
    p.add('training', `${i}`)
    stage.done(`${i}`)
    await settled()
  }
  const left = [p.queue.list(), listJobs(p.held.project.db)].map((jobs) => jobs.map((j) => j.subject))
  expect(left).toEqual([0, 1].map(() => Array.from({ length: 50 }, (_, i) => `${i + 10}`)))
  await p.quit()
})
