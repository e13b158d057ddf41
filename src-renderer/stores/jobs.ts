/** Long operations: what waits, what is at work, and what an earlier start of the program left behind. */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { JobEntry } from '#shared/contract/app.ts'
import { isOpen } from '#shared/model/queue.ts'
import { errorWords } from '../locales/error-words.ts'
import { call, remote } from '../rpc/index.ts'

export const useJobs = defineStore('jobs', () => {
  const jobs = shallowRef<JobEntry[]>([])
  const waiting = new Map<string, (job: JobEntry) => void>()
  /** Kinds of jobs whose failure is shown where they were begun. */
  const shownThere = new Set<string>()
  /** At work, or waiting for their turn. */
  const running = computed(() => jobs.value.filter(isOpen))
  /** Interrupted, and offered again. */
  const offered = computed(() => jobs.value.filter((j) => j.status === 'interrupted'))

  /** Hears of jobs that end while this window looks on; not of those that had ended before it came. */
  let tellEnd: (job: JobEntry) => void = () => undefined
  const onEnd = (listener: (job: JobEntry) => void) => (tellEnd = listener)

  /** An error is said in the window's language from here on. */
  const inWords = (job: JobEntry): JobEntry =>
    job.error === null ? job : { ...job, error: errorWords({ message: job.error, sentence: job.sentence ?? undefined }) }

  function take(job: JobEntry): void {
    const at = jobs.value.findIndex((j) => j.id === job.id)
    jobs.value = at < 0 ? [...jobs.value, job] : jobs.value.with(at, job)
    if (isOpen(job)) return
    waiting.get(job.id)?.(job)
    waiting.delete(job.id)
  }
  remote.on('jobs.changed', (told) => {
    const job = inWords(told)
    take(job)
    if (!isOpen(job)) tellEnd(job)
  })

  async function refresh(): Promise<void> {
    const found = await call('jobs.list')
    const there = new Set(found.map((j) => j.id))
    // What a start of the program before this one had at work, and this one does not know, has ended with it.
    jobs.value = jobs.value.filter((j) => there.has(j.id) || !(isOpen(j) || j.status === 'interrupted'))
    for (const job of found) take(inWords(job))
  }
  /** The job as it ended. */
  const ended = (id: string): Promise<JobEntry> =>
    new Promise((resolve) => {
      const known = jobs.value.find((j) => j.id === id)
      if (known && !isOpen(known)) resolve(known)
      else waiting.set(id, resolve)
    })
  const cancel = (id: string) => call('jobs.cancel', { id }).catch(() => undefined)
  const again = (id: string) => call('jobs.again', { id })
  const dismiss = (id: string) => call('jobs.dismiss', { id })
  return { jobs, running, offered, refresh, ended, cancel, again, dismiss, onEnd, shownThere }
})
