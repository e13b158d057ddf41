/** The requested comparison of checkpoints: it may be running or queued, is shown when it is done, and survives a reload. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { comparison, type Comparison } from '#shared/contract/evaluation.ts'
import { errorWords } from '../locales/error-words.ts'
import { inOrder } from '../metrics.ts'
import { call } from '../rpc/index.ts'
import { useJobs } from './jobs.ts'
import { useProject } from './project.ts'
import { useRuns } from './runs.ts'

/** Display options; those that are unset follow from the result. */
interface Looked {
  x?: string
  y?: string
  split?: string
  /** Index of the row that the others are compared with. */
  reference?: number
}

export const useComparison = defineStore('comparison', () => {
  const [jobs, runs, project] = [useJobs(), useRuns(), useProject()]
  /** Folders, in the order of the rows. */
  const asked = ref<string[]>([])
  const result = shallowRef<Comparison | null>(null)
  const stale = ref(false)
  const problem = ref<string | null>(null)
  const chosen = ref<Looked>({})
  const jobId = ref<string | null>(null)
  const job = computed(() => jobs.running.find((j) => j.id === jobId.value))
  /** Whether the result is no longer available and must be requested again. */
  const missing = ref(false)

  const names = computed(() => inOrder(result.value?.splits ?? []))
  const among = (name: string | undefined, otherwise: string) => (name !== undefined && names.value.includes(name) ? name : otherwise)
  const x = computed(() => among(chosen.value.x, names.value[0] ?? ''))
  const y = computed(() => among(chosen.value.y, names.value.includes('ood') ? 'ood' : (names.value[1] ?? names.value[0] ?? '')))
  const split = computed(() => among(chosen.value.split, names.value[0] ?? ''))
  const reference = computed(() => {
    const there = result.value?.rows[chosen.value.reference ?? -1] !== undefined
    return there ? chosen.value.reference! : baseOf(asked.value)
  })
  /** The row of the base model: the one that most of the others started from, else the one that was never trained. */
  function baseOf(folders: readonly string[]): number {
    const models = folders.map((folder) => runs.models.find((m) => m.folder === folder))
    const bases = models.map((m) => runs.runs.find((r) => r.id === m?.checkpoint?.runId)?.base ?? null)
    const children = models.map((m) => (m ? bases.filter((b) => b === m.name).length : 0))
    const best = children.indexOf(Math.max(0, ...children))
    if (children[best]) return best
    return Math.max(
      0,
      models.findIndex((m) => m && (m.checkpoint ? m.checkpoint.kind === 'zero-shot' : !m.outside)),
    )
  }

  let turn = 0
  async function follow(id: string): Promise<void> {
    const mine = ++turn
    jobId.value = id
    const ended = await jobs.ended(id)
    if (mine !== turn) return
    jobId.value = null
    if (ended.status === 'failed') problem.value = ended.error && errorWords(ended.error)
    if (ended.status === 'cancelled' && !result.value) asked.value = []
    if (ended.status === 'done') [result.value, stale.value] = [comparison.parse(ended.result), false]
  }
  function begin(folders: readonly string[]): void {
    turn++
    ;[problem.value, jobId.value, missing.value] = [null, null, false]
    if (folders.join('\n') !== asked.value.join('\n')) [result.value, stale.value] = [null, false]
    asked.value = [...folders]
  }
  /** Compares these checkpoints, after any comparisons already queued. */
  async function ask(folders: readonly string[]): Promise<void> {
    if (folders.length < 2) return
    if (job.value && folders.join('\n') !== asked.value.join('\n')) void jobs.cancel(job.value.id)
    runs.compared = [...folders]
    begin(folders)
    chosen.value = {}
    try {
      const { jobId: id } = await call('evaluation.compare', { checkpoints: [...folders] })
      await follow(id)
    } catch (e) {
      problem.value = errorWords(e)
    }
  }
  /** Shows the result of comparing these checkpoints, or waits for it; starts nothing. */
  async function look(folders: readonly string[]): Promise<void> {
    if (folders.length < 1 || (folders.join('\n') === asked.value.join('\n') && (result.value || jobId.value))) return
    begin(folders)
    const mine = turn
    const found = await call('evaluation.comparison', { checkpoints: [...folders] }).catch(() => null)
    if (mine !== turn) return
    if (found?.kept) [result.value, stale.value] = [found.kept.result, found.kept.stale]
    if (found?.jobId) await follow(found.jobId)
    else if (!found?.kept) missing.value = true
  }
  function forget(): void {
    turn++
    ;[asked.value, result.value, problem.value, jobId.value, missing.value] = [[], null, null, null, false]
  }
  const choose = (how: Looked) => (chosen.value = how)
  watch(
    () => project.key,
    () => {
      forget()
      chosen.value = {}
    },
  )

  return { asked, result, stale, problem, missing, job, chosen, names, x, y, split, reference, ask, look, forget, choose }
})
