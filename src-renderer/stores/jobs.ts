/** Long operations, in the status bar. */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { Job } from '#shared/contract/app.ts'
import { call, remote } from '../rpc/index.ts'

export const useJobs = defineStore('jobs', () => {
  const jobs = shallowRef<Job[]>([])
  const waiting = new Map<string, (job: Job) => void>()
  /** Kinds of jobs whose failure is shown where they were begun. */
  const shownThere = new Set<string>()
  const running = computed(() => jobs.value.filter((j) => j.status === 'running'))

  /** Hears of jobs that end while this window looks on; not of those that had ended before it came. */
  let tellEnd: (job: Job) => void = () => undefined
  const onEnd = (listener: (job: Job) => void) => (tellEnd = listener)

  function take(job: Job): void {
    const at = jobs.value.findIndex((j) => j.id === job.id)
    jobs.value = at < 0 ? [...jobs.value, job] : jobs.value.with(at, job)
    if (job.status === 'running') return
    waiting.get(job.id)?.(job)
    waiting.delete(job.id)
  }
  remote.on('jobs.changed', (job) => {
    take(job)
    if (job.status !== 'running') tellEnd(job)
  })

  async function refresh(): Promise<void> {
    for (const job of await call('jobs.list')) take(job)
  }
  /** The job as it ended. */
  const ended = (id: string): Promise<Job> =>
    new Promise((resolve) => {
      const known = jobs.value.find((j) => j.id === id)
      if (known && known.status !== 'running') resolve(known)
      else waiting.set(id, resolve)
    })
  const cancel = (id: string) => call('jobs.cancel', { id }).catch(() => undefined)
  return { jobs, running, refresh, ended, cancel, onEnd, shownThere }
})
