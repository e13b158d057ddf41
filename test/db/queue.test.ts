/** What becomes of the queue when the program that held the project is gone, and another takes it over. */
import { describe, expect, test } from 'vitest'
import type { RunRecord } from '#shared/model/project.ts'
import type { JobRecord } from '#shared/model/queue.ts'
import * as queue from '../../src-main/db/queue.ts'
import * as runs from '../../src-main/db/runs.ts'
import { temporaryProject } from '../app/projects/fixture.ts'

const job = (id: string, more: Partial<JobRecord> = {}): JobRecord => ({
  id,
  kind: 'train',
  lane: 'training',
  status: 'running',
  subject: id,
  request: {},
  user: 'ann',
  runId: null,
  error: null,
  result: null,
  priority: 0,
  startAt: null,
  created: 10,
  started: null,
  finished: null,
  ...more,
})
const run = (id: string, more: Partial<RunRecord> = {}): RunRecord => ({
  id,
  kind: 'train',
  recipe: 'ft',
  settings: {},
  datasetHash: 'b'.repeat(64),
  seq: 1,
  status: 'running',
  metrics: {},
  folder: null,
  error: null,
  created: 10,
  finished: null,
  ...more,
})
const project = (jobs: JobRecord[], made: RunRecord[] = [], home: string | null = 'here') => {
  const { db } = temporaryProject()
  for (const r of made) runs.addRun(db, r)
  for (const j of jobs) queue.addJob(db, j, home)
  return db
}
const states = (db: ReturnType<typeof project>) => Object.fromEntries(queue.listJobs(db).map((j) => [j.id, j.status]))

describe('jobs', () => {
  test('that were running are interrupted, but not those of this process; those that ended stay', () => {
    const db = project([job('a'), job('b'), job('c', { status: 'queued' }), job('d', { status: 'done', finished: 5 })])
    queue.takeOverJobs(db, { own: ['b'] })
    expect(states(db)).toEqual({ a: 'interrupted', b: 'running', c: 'queued', d: 'done' })
    expect([queue.findJob(db, 'a')!.finished, queue.findJob(db, 'b')!.finished]).toEqual([expect.any(Number), null])
  })
  test('whose run was done when the program ended are done, and not made again', () => {
    const made = [run('done', { status: 'done', finished: 5 }), run('not')]
    const jobs = [job('a', { runId: 'done' }), job('b', { runId: 'not' }), job('c', { runId: 'done', status: 'interrupted' })]
    const db = project(jobs, made)
    queue.takeOverJobs(db)
    expect(states(db)).toEqual({ a: 'done', b: 'interrupted', c: 'interrupted' })
    expect(queue.findJob(db, 'a')!.finished).toEqual(expect.any(Number))
  })
  test('that were queued elsewhere are offered, those of this place go on', () => {
    const db = project([job('a', { status: 'queued' })])
    queue.addJob(db, job('b', { status: 'queued' }), 'there')
    queue.addJob(db, job('c', { status: 'queued' }), null)
    queue.takeOverJobs(db, { home: 'here' })
    expect(states(db)).toEqual({ a: 'queued', b: 'interrupted', c: 'interrupted' })
  })
})

describe('runs', () => {
  test('without a job get one, named as people named them, and have failed', () => {
    const made = [
      run('named', { settings: { name: 'my run', label: 'no' } }),
      run('soup', { kind: 'merge', recipe: null, settings: { label: 'my soup', name: 'no' } }),
      run('plain', { recipe: 'lp' }),
      run('bare', { recipe: null, status: 'queued' }),
      run('over', { status: 'done', finished: 5 }),
    ]
    const db = project([], made)
    queue.takeOverJobs(db)
    const jobs = queue.listJobs(db)
    expect(Object.fromEntries(jobs.map((j) => [j.id, j.subject]))).toEqual({
      'run:named': 'my run',
      'run:soup': 'my soup',
      'run:plain': 'lp',
      'run:bare': 'bare',
    })
    for (const j of jobs)
      expect(j).toMatchObject({ status: 'interrupted', lane: 'training', request: {}, user: '', runId: j.id.slice(4), created: 10 })
    for (const id of ['named', 'soup', 'plain', 'bare'])
      expect(runs.runById(db, id)).toMatchObject({
        status: 'failed',
        error: expect.stringContaining('interrupted') as string,
        finished: expect.any(Number) as number,
      })
    expect(runs.runById(db, 'over')).toMatchObject({ status: 'done', error: null, finished: 5 })
    queue.takeOverJobs(db)
    expect(queue.listJobs(db)).toHaveLength(4)
  })
  test('of a job that goes on go on; of one that was interrupted they have failed, and are offered once', () => {
    const db = project(
      [job('mine', { runId: 'a' }), job('lost', { runId: 'b' }), job('waits', { runId: 'c', status: 'queued' })],
      [run('a'), run('b'), run('c', { status: 'queued' })],
    )
    queue.takeOverJobs(db, { own: ['mine'], home: 'here' })
    expect(['a', 'b', 'c'].map((id) => runs.runById(db, id)!.status)).toEqual(['running', 'failed', 'queued'])
    expect(states(db)).toEqual({ mine: 'running', lost: 'interrupted', waits: 'queued' })
    expect([queue.interruptedJobOf(db, 'b'), queue.interruptedJobOf(db, 'a')]).toEqual(['lost', undefined])
  })
  test('that were started again in the same folder are not offered', () => {
    const made = [run('old', { folder: 'f' }), run('new', { folder: 'f' }), run('other', { folder: 'g' }), run('none')]
    const db = project(
      ['old', 'new', 'other', 'none'].map((id) => job(id, { runId: id })),
      made,
    )
    queue.takeOverJobs(db)
    expect(states(db)).toEqual({ old: 'cancelled', new: 'interrupted', other: 'interrupted', none: 'interrupted' })
  })
  test('follow their job: taken up, done, failed with its reason, cancelled without one', () => {
    const ends = [
      ['failed', 'no memory'],
      ['failed', null],
      ['interrupted', null],
      ['cancelled', 'ignored'],
      ['done', null],
    ] as const
    const after = ends.map(([status, error]) => {
      const db = project([job('j', { runId: 'r', status: 'queued' })], [run('r', { status: 'queued' })])
      expect(queue.claimJob(db, 'j', 'me')).toBe(true)
      expect(runs.runById(db, 'r')).toMatchObject({ status: 'running', error: null, finished: null })
      queue.endJob(db, 'j', { status, error })
      const { status: now, error: why, finished } = runs.runById(db, 'r')!
      return [now, why?.split(':')[0] ?? null, finished !== null]
    })
    expect(after).toEqual([
      ['failed', 'no memory', true],
      ['failed', 'interrupted', true],
      ['failed', 'interrupted', true],
      ['cancelled', null, true],
      ['running', null, false], // its own job writes what came of it
    ])
  })
})
