/** Models on this machine, and downloads from the hub. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { HubPlan, Shelf } from '#shared/model/hub.ts'
import { isOpen } from '#shared/model/queue.ts'
import { errorWords } from '../locales/error-words.ts'
import { call, remote } from '../rpc/index.ts'
import { useJobs } from './jobs.ts'
import { useProject } from './project.ts'
import { useRuns } from './runs.ts'
import { useToasts } from './toasts.ts'

export const useShelf = defineStore('shelf', () => {
  const [jobs, project, toasts, runs] = [useJobs(), useProject(), useToasts(), useRuns()]
  const shelf = shallowRef<Shelf | null>(null)
  /** The folder of the model whose card is shown. */
  const shown = ref<string | null>(null)
  const plan = shallowRef<HubPlan | null>(null)
  /** The name whose plan is being asked for. */
  const asking = ref<string | null>(null)
  const problem = ref<string | null>(null)
  const downloads = computed(() => jobs.running.filter((j) => j.kind === 'download'))
  const conversions = computed(() => jobs.running.filter((j) => j.kind === 'convert'))

  async function refresh(): Promise<void> {
    const found = await call('models.shelf').catch((e: unknown) => void (problem.value = errorWords(e)))
    if (found) shelf.value = found
  }
  let turn = 0
  async function look(name: string, revision = ''): Promise<void> {
    const mine = ++turn
    ;[asking.value, plan.value, problem.value] = [name, null, null]
    try {
      const found = await call('models.plan', { name, ...(revision && { revision }) })
      if (mine === turn) plan.value = found
    } catch (e) {
      if (mine === turn) problem.value = errorWords(e)
    } finally {
      if (mine === turn) asking.value = null
    }
  }
  function dismiss(): void {
    turn++
    ;[asking.value, plan.value, problem.value] = [null, null, null]
  }
  /** Begins what the plan says, which is agreeing to its licence. */
  async function download(): Promise<void> {
    const { name, commit, licence } = plan.value!
    try {
      await call('models.download', { name, commit, licence })
      dismiss()
    } catch (e) {
      problem.value = errorWords(e)
    }
  }
  remote.on('jobs.changed', (job) => {
    if ((job.kind !== 'download' && job.kind !== 'convert') || isOpen(job)) return
    if (job.status === 'done') toasts.done(job.kind === 'convert' ? 'shelf.converted' : 'shelf.done', { name: job.subject })
    if (shelf.value) void refresh()
    if (project.opened) void runs.refreshModels()
  })
  watch(
    () => project.key,
    () => {
      shown.value = null
      dismiss()
    },
  )
  return { shelf, shown, plan, asking, problem, downloads, conversions, refresh, look, dismiss, download }
})
