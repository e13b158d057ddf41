import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import type { JobEntry } from '../../src-shared/contract/app.ts'
import { i18n } from '../../src-renderer/locales/index.ts'
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
  priority: 0,
  startAt: null,
  waits: null,
  bytesPerSecond: null,
  offers: null,
  done: 0,
  total: null,
  share: null,
  secondsLeft: null,
  error: null,
  sentence: null,
  result: null,
})
beforeEach(() => setActivePinia(createPinia()))

it('reports jobs that end while the window is open, not those that ended before', async () => {
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

it('reports why a job failed in the language of the window', () => {
  const jobs = useJobs()
  const failed: JobEntry = { ...job('a', 'failed'), error: 'no project is open', sentence: { code: 'project.none-open', params: {} } }
  const told: (string | null)[] = []
  jobs.onEnd((j) => told.push(j.error))
  for (const language of ['en', 'ja']) {
    i18n.global.locale.value = language
    listeners.at(-1)!(failed)
  }
  i18n.global.locale.value = 'en'
  expect(told).toEqual(['no project is open', 'プロジェクトが開かれていません'])
})

it('offers interrupted jobs, and forgets those of an earlier session of the program', async () => {
  const jobs = useJobs()
  listed.splice(0, listed.length, job('cut', 'interrupted'), job('next', 'queued'))
  await jobs.refresh()
  expect([jobs.offered.map((j) => j.id), jobs.running.map((j) => j.id)]).toEqual([['cut'], ['next']])
  const ended = jobs.ended('cut')
  await expect(ended).resolves.toMatchObject({ status: 'interrupted' }) // whoever waited for it need wait no longer
  listed.splice(0, listed.length)
  await jobs.refresh()
  expect(jobs.jobs).toEqual([])
})
