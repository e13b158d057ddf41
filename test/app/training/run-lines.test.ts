/** A run's log, line by line, and what the engine takes of the machine meanwhile. */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JobProgress } from '#shared/model/job.ts'
import { LineLog, readLines } from '../../../src-main/app/training/run-lines.ts'
import { gpuOf, SystemUses } from '../../../src-main/app/training/system-use.ts'

let folder: string
let now = 0
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dashi-lines-'))
  now = 1000
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const step = (done: number, more: Partial<JobProgress> = {}): JobProgress => ({ phase: 'training', done, total: 9, loss: 0.5, ...more })
const kinds = () => readLines(folder, 0).lines.map((l) => l.kind)

describe('the log of a run', () => {
  test('has a line for each phase, epoch and pause; of the steps one every five seconds, and the last', () => {
    const log = new LineLog(folder, () => now)
    log.add({ phase: 'checking', done: 1, total: 20 })
    log.add({ phase: 'checking', done: 20, total: 20 })
    for (let i = 1; i <= 9; i++, now += 1000) log.add(step(i, i === 4 ? { judged: { epoch: 1, metric: 'accuracy', value: 0.25 } } : {}))
    const { lines } = readLines(folder, 0)
    expect(lines.map((l) => (l.kind === 'step' ? `step ${l.step}` : l.kind))).toEqual([
      'phase',
      'phase',
      'step 1',
      'epoch',
      'step 6',
      'step 9',
    ])
    expect(lines[3]).toEqual({ at: 4000, kind: 'epoch', epoch: 1, metric: 'accuracy', value: 0.25 })
  })
  test('a pause is one line, however often it is told, and so is its end', () => {
    const log = new LineLog(folder, () => now)
    const waits = { for: 'room' as const, path: '/x' }
    for (const w of [undefined, waits, waits, undefined, undefined])
      log.add({ phase: 'evaluating', done: 1, total: 9, ...(w && { waits: w }) })
    expect(kinds()).toEqual(['phase', 'waits', 'goes-on'])
  })
  test('a loss that is no number is not written', () => {
    const log = new LineLog(folder, () => now)
    log.add(step(1, { loss: NaN }))
    expect(kinds()).toEqual(['phase'])
  })
  test('is read on from where it was left; half a line is left for later, a line of another program out', () => {
    const log = new LineLog(folder, () => now)
    log.write({ kind: 'goes-on' })
    const first = readLines(folder, 0)
    expect(first).toMatchObject({ from: 0, next: 1 })
    appendFileSync(join(folder, 'log.jsonl'), 'what is this\n')
    log.write({ kind: 'ended', status: 'done', error: null })
    appendFileSync(join(folder, 'log.jsonl'), '{"at": 1, "kind"')
    expect(readLines(folder, first.next)).toEqual({ lines: [{ at: 1000, kind: 'ended', status: 'done', error: null }], from: 1, next: 3 })
    expect(readLines(folder, 99)).toMatchObject({ lines: [], next: 3 })
  })
  test('a run without one has no lines', () => expect(readLines(join(folder, 'none'), 0)).toEqual({ lines: [], from: 0, next: 0 }))
})

describe('what the engine takes of the machine', () => {
  const none = () => Promise.reject(new Error('ENOENT'))
  test('CPU time between two samples is cores kept busy; those that ask at once share a sample', async () => {
    let cpu = 5_000_000
    const uses = new SystemUses(
      () => Promise.resolve({ cpu, memory: 77 }),
      none,
      () => now,
    )
    const [a, b] = await Promise.all([uses.sample(folder), uses.sample(folder)])
    expect([a.cpu, a.memory.used, b]).toEqual([null, 77, a])
    ;[now, cpu] = [now + 2000, cpu + 3_000_000]
    const next = await uses.sample(folder)
    expect(next.cpu).toBeCloseTo(1.5)
    expect(next.disk.free).toBeGreaterThan(0)
  })
  test('without a process, or with a new one, nothing is known of its CPU time', async () => {
    const told = [{ cpu: 9e6, memory: 1 }, null, { cpu: 8e6, memory: 1 }, { cpu: 1e6, memory: 1 }]
    const uses = new SystemUses(
      () => Promise.resolve(told.shift()!),
      none,
      () => (now += 2000),
    )
    for (let i = 0; i < 4; i++) expect((await uses.sample(folder)).cpu).toBeNull()
  })
  test('a GPU is asked now and then; where there is none, once', async () => {
    let asked = 0
    const gpu = { name: 'H100', busy: 0.5, used: 1, total: 2 }
    const there = new SystemUses(
      () => Promise.resolve(null),
      () => (asked++, Promise.resolve(gpu)),
      () => now,
    )
    for (let i = 0; i < 5; i++, now += 1000) expect((await there.sample(folder)).gpu).toEqual(gpu)
    expect(asked).toBe(2)
    asked = 0
    const gone = new SystemUses(
      () => Promise.resolve(null),
      () => (asked++, none()),
      () => (now += 10_000),
    )
    for (let i = 0; i < 3; i++) expect((await gone.sample(folder)).gpu).toBeNull()
    expect(asked).toBe(1)
  })
  test('a line of nvidia-smi', () => {
    expect(gpuOf('NVIDIA H100 80GB HBM3, 37, 1024, 81559\nNVIDIA H100 80GB HBM3, 0, 0, 81559\n')).toEqual({
      ...{ name: 'NVIDIA H100 80GB HBM3', busy: 0.37 },
      ...{ used: 1024 * 2 ** 20, total: 81559 * 2 ** 20 },
    })
    expect(gpuOf('Tesla, [N/A], 5, 10')).toMatchObject({ busy: null, used: 5 * 2 ** 20 })
    expect([gpuOf(''), gpuOf('No devices were found')]).toEqual([null, null])
  })
})
