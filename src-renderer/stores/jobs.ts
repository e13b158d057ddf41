/** Long operations: queued, running, and left over from an earlier session of the program. */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { JobEntry } from '#shared/contract/app.ts'
import { isOpen } from '#shared/model/queue.ts'
import { errorWords } from '../locales/error-words.ts'
import { call, remote } from '../rpc/index.ts'

export const useJobs = defineStore('jobs', () => {
  const jobs = shallowRef<JobEntry[]>([])
  const waiting = new Map<string, (job: JobEntry) => void>()
  /** Kinds of jobs whose failures are shown where they were started. */
  const shownThere = new Set<string>()
  /** Running or queued. */
  const running = computed(() => jobs.value.filter(isOpen))
  /** Interrupted, and offered to be resumed. */
  const offered = computed(() => jobs.value.filter((j) => j.status === 'interrupted'))

  /** Called for jobs that end while this window is open, not for those that ended before. */
  let tellEnd: (job: JobEntry) => void = () => undefined
  const onEnd = (listener: (job: JobEntry) => void) => (tellEnd = listener)

  /** Translates the job's error to the window's language. */
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
    // Jobs that an earlier session of the program was running, and that this one does not know, ended with it.
    jobs.value = jobs.value.filter((j) => there.has(j.id) || !(isOpen(j) || j.status === 'interrupted'))
    for (const job of found) take(inWords(job))
  }
  /** Resolves with the job once it has ended. */
  const ended = (id: string): Promise<JobEntry> =>
    new Promise((resolve) => {
      const known = jobs.value.find((j) => j.id === id)
      if (known && !isOpen(known)) resolve(known)
      else waiting.set(id, resolve)
    })
  const cancel = (id: string) => call('jobs.cancel', { id }).catch(() => undefined)
  const arrange = (id: string, when: { priority?: number; startAt?: number | null }) => call('jobs.arrange', { id, ...when })
  const again = (id: string) => call('jobs.again', { id })
  const dismiss = (id: string) => call('jobs.dismiss', { id })
  return { jobs, running, offered, refresh, ended, cancel, arrange, again, dismiss, onEnd, shownThere }
})
