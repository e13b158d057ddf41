/** Jobs that wait for their time, and those that are put before others, with a clock that the test turns. */
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { nextTime } from '#shared/model/clock.ts'
import { createProject } from '../../../src-main/app/projects/index.ts'
import { temporaryFolder } from '../projects/fixture.ts'
import { program, Stage } from './kinds.ts'

let folder: string
let stage: Stage
beforeEach(() => {
  folder = join(temporaryFolder(), 'p')
  createProject(folder, { user: 'ann' }).close()
  stage = new Stage()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: new Date(2031, 0, 31, 18, 0) })
})
afterEach(() => void vi.useRealTimers())

const tonight = new Date(2031, 0, 31, 22, 0).getTime()
const hours = (n: number) => n * 3600_000
const queued = (p: ReturnType<typeof program>, name: string, startAt?: number) =>
  p.queue.add('training', { startAt, request: { name }, subject: name, project: { folder, user: 'ann' } }).jobId
const settled = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

test('a job waits for its time, and others do not wait for it', async () => {
  const p = program(folder, stage)
  queued(p, 'tonight', tonight)
  queued(p, 'now')
  expect(stage.begun).toEqual(['now'])
  stage.done('now')
  await settled()
  expect(p.queue.list().map((j) => [j.subject, j.status, j.startAt])).toEqual([
    ['tonight', 'queued', tonight],
    ['now', 'done', null],
  ])
  let idle = false
  void p.queue.idle().then(() => (idle = true))
  await vi.advanceTimersByTimeAsync(hours(4) - 1000)
  expect([stage.begun, idle]).toEqual([['now'], false])
  await vi.advanceTimersByTimeAsync(1000)
  expect(stage.begun).toEqual(['now', 'tonight'])
  stage.done('tonight')
  await settled()
  expect(idle).toBe(true)
  await p.quit()
})

test('a clock that is set, or a machine that slept, is noticed within seconds', async () => {
  const p = program(folder, stage)
  queued(p, 'tonight', tonight)
  vi.setSystemTime(tonight + hours(1)) // no timer has run meanwhile
  await vi.advanceTimersByTimeAsync(15_000)
  expect(stage.begun).toEqual(['tonight'])
  await p.quit()
})

test.each(['quit', 'kill'] as const)(
  'after the program has ended by %s, it waits still; and begins at once where its time has passed',
  async (end) => {
    const before = program(folder, stage)
    queued(before, 'tonight', tonight)
    await before[end]()
    const second = program(folder, new Stage())
    expect(second.queue.list()).toMatchObject([{ subject: 'tonight', status: 'queued', startAt: tonight }])
    await second.quit()
    vi.setSystemTime(tonight + hours(2))
    const later = new Stage()
    const third = program(folder, later)
    expect(later.begun).toEqual(['tonight'])
    await third.quit()
  },
)

test('of waiting jobs the one of the highest priority starts first, the others in the order in which they came', async () => {
  const p = program(folder, stage)
  const [, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => queued(p, name))
  p.queue.arrange(c!, { priority: 1 })
  p.queue.arrange(d!, { priority: -1 })
  stage.done('a')
  await settled()
  stage.done('c')
  await settled()
  expect(stage.begun).toEqual(['a', 'c', 'b'])
  expect(() => p.queue.arrange(b!, { priority: 2 })).toThrow('the job has begun')
  await p.kill()
  const again = program(folder, new Stage())
  expect(again.queue.list().find((j) => j.subject === 'd')).toMatchObject({ priority: -1 })
  await again.quit()
})

test('its time can be changed, and taken from it', async () => {
  const p = program(folder, stage)
  const a = queued(p, 'a', tonight)
  p.queue.arrange(a, { startAt: tonight + hours(1) })
  await vi.advanceTimersByTimeAsync(hours(4.5))
  expect(stage.begun).toEqual([])
  p.queue.arrange(a, { startAt: null })
  expect(stage.begun).toEqual(['a'])
  await p.quit()
})

test('a time of day is the next one; a date with a time is that one; anything else is none', () => {
  const now = new Date(2031, 0, 31, 18, 0).getTime()
  const of = (...[d, h, m]: [number, number, number]) => new Date(2031, 0, d, h, m).getTime()
  expect(nextTime('22:00', now)).toBe(of(31, 22, 0))
  expect(nextTime(' 6:05', now)).toBe(of(32, 6, 5))
  expect(nextTime('18:00', now)).toBe(of(32, 18, 0))
  expect(nextTime('2031-01-05 07:30', now)).toBe(of(5, 7, 30))
  for (const wrong of ['24:00', '7', '7:5', '12:60', 'tonight', '', '2031-13-05T07:30']) expect(nextTime(wrong, now), wrong).toBeNull()
})
