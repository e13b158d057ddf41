/** What computes on this machine, and the check of it that runs. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { DevicesFound } from '#shared/model/devices.ts'
import { isOpen } from '#shared/model/queue.ts'
import { errorWords } from '../locales/error-words.ts'
import { call } from '../rpc/index.ts'
import { useJobs } from './jobs.ts'

export const useDevices = defineStore('devices', () => {
  const jobs = useJobs()
  const found = shallowRef<DevicesFound | null>(null)
  /** Why nothing was found, or why the last check failed. */
  const problem = ref<string | null>(null)
  const job = computed(() => jobs.jobs.findLast((j) => j.kind === 'devices'))
  const running = computed(() => (job.value && isOpen(job.value) ? job.value : null))

  async function find(): Promise<void> {
    try {
      found.value = await call('devices.find')
      problem.value = null
    } catch (e) {
      problem.value = errorWords(e)
    }
  }
  async function check(bench: boolean): Promise<void> {
    problem.value = null
    try {
      await call('devices.check', { bench })
    } catch (e) {
      problem.value = errorWords(e)
    }
  }
  const cancel = () => (running.value ? jobs.cancel(running.value.id) : undefined)
  watch(
    () => job.value?.status,
    async (status) => {
      if (status === 'done') await find()
      else if (status === 'failed') problem.value = job.value!.error
    },
  )
  return { found, problem, running, find, check, cancel }
})
