import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import type { JobEntry } from '../../src-shared/contract/app.ts'
import { useJobs } from '../../src-renderer/stores/jobs.ts'

const { listeners, listed } = vi.hoisted(() => ({ listeners: [] as ((job: JobEntry) => void)[], listed: [] as JobEntry[] }))
vi.mock('../../src-renderer/rpc/index.ts', () => ({
  call: async () => listed,
  remote: { on: (_: string, listener: (job: JobEntry) => void) => listeners.push(listener) },
}))

const job = (id: string, status: JobEntry['status']): JobEntry => ({
  id,
  kind: 'train',
  subject: '',
  status,
  lane: 'training',
  project: null,
  runId: null,
  phase: null,
  part: null,
  imagesPerSecond: null,
  offers: null,
  done: 0,
  total: null,
  share: null,
  secondsLeft: null,
  error: null,
  result: null,
})
beforeEach(() => setActivePinia(createPinia()))

it('tells of jobs that end while the window looks on, not of those that had ended before it came', async () => {
  const jobs = useJobs()
  const told: string[] = []
  jobs.onEnd((j) => told.push(j.id))
  listed.push(job('old', 'failed'), job('now', 'running'))
  await jobs.refresh()
  expect([told, jobs.running.map((j) => j.id)]).toEqual([[], ['now']])
  for (const listener of listeners) listener(job('now', 'failed'))
  expect([told, jobs.running]).toEqual([['now'], []])
  await expect(jobs.ended('old')).resolves.toMatchObject({ status: 'failed' })
})
