/** The requested comparison of checkpoints: it may be running or queued, is shown when it is done, and survives a reload. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { anyComparison, type AnyComparison } from '#shared/contract/evaluation.ts'
import type { ComparedTask, RegionComparison } from '#shared/model/region-comparison.ts'
import { errorWords } from '../locales/error-words.ts'
import { inOrder } from '../metrics.ts'
import { recipes } from '../records.ts'
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
  const askedTask = ref<ComparedTask>('classify')
  const result = shallowRef<AnyComparison | null>(null)
  const stale = ref(false)
  const problem = ref<string | null>(null)
  const chosen = ref<Looked>({})
  const jobId = ref<string | null>(null)
  const job = computed(() => jobs.running.find((j) => j.id === jobId.value))
  /** Whether the result is no longer available and must be requested again. */
  const missing = ref(false)

  /** What the selected ones are compared at: as was chosen, or what they are made for. */
  const chosenTask = ref<ComparedTask | null>(null)
  const task = computed(() => chosenTask.value ?? taskOf(runs.compared))
  function taskOf(folders: readonly string[]): ComparedTask {
    const models = folders.flatMap((folder) => runs.models.find((m) => m.folder === folder) ?? [])
    if (models.length && models.every((m) => m.can.includes('detect'))) return 'detect'
    const trained = models.map((m) => recipes.value.find((r) => r.name === m.checkpoint?.kind)?.task)
    return trained.includes('segment') && models.every((m) => m.can.includes('segment')) ? 'segment' : 'classify'
  }
  const isAsked = (folders: readonly string[]) => folders.join('\n') === asked.value.join('\n') && task.value === askedTask.value

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

  /** Those of one task; of the other it is null. */
  const ofClasses = computed(() => (result.value?.task === 'classify' ? result.value : null))
  const ofOrder = computed(() => (result.value?.task === 'word-order' ? result.value : null))
  const ofRegions = computed(() => (result.value && !ofClasses.value && !ofOrder.value ? (result.value as RegionComparison) : null))

  let turn = 0
  async function follow(id: string): Promise<void> {
    const mine = ++turn
    jobId.value = id
    const ended = await jobs.ended(id)
    if (mine !== turn) return
    jobId.value = null
    if (ended.status === 'failed') problem.value = ended.error && errorWords(ended.error)
    if (ended.status === 'cancelled' && !result.value) asked.value = []
    if (ended.status === 'done') [result.value, stale.value] = [anyComparison.parse(ended.result), false]
  }
  function begin(folders: readonly string[]): void {
    turn++
    ;[problem.value, jobId.value, missing.value] = [null, null, false]
    if (!isAsked(folders)) [result.value, stale.value] = [null, false]
    ;[asked.value, askedTask.value] = [[...folders], task.value]
  }
  /** Compares these checkpoints, after any comparisons already queued. */
  async function ask(folders: readonly string[], at?: ComparedTask): Promise<void> {
    if (folders.length < 2) return
    if (at || folders.join('\n') !== runs.compared.join('\n')) chosenTask.value = at ?? null
    runs.compared = [...folders]
    if (job.value && !isAsked(folders)) void jobs.cancel(job.value.id)
    begin(folders)
    chosen.value = {}
    try {
      const { jobId: id } = await call('evaluation.compare', { task: task.value, checkpoints: [...folders] })
      await follow(id)
    } catch (e) {
      problem.value = errorWords(e)
    }
  }
  const askAgain = () => ask(asked.value, askedTask.value)
  /** Shows the result of comparing these checkpoints, or waits for it; starts nothing. */
  async function look(folders: readonly string[]): Promise<void> {
    if (folders.length < 1 || (isAsked(folders) && (result.value || jobId.value))) return
    begin(folders)
    const mine = turn
    const found = await call('evaluation.comparison', { task: task.value, checkpoints: [...folders] }).catch(() => null)
    if (mine !== turn) return
    if (found?.kept) [result.value, stale.value] = [found.kept.result, found.kept.stale]
    if (found?.jobId) await follow(found.jobId)
    else if (!found?.kept) missing.value = true
  }
  /** One that was made earlier. */
  async function show(folders: readonly string[], at: ComparedTask): Promise<void> {
    ;[chosenTask.value, runs.compared, chosen.value] = [at, [...folders], {}]
    await look(folders)
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
      chosenTask.value = null
    },
  )

  return {
    asked,
    task,
    chosenTask,
    taskOf,
    isAsked,
    result,
    ofClasses,
    ofOrder,
    ofRegions,
    stale,
    problem,
    missing,
    job,
    chosen,
    names,
    x,
    y,
    split,
    reference,
    ask,
    askAgain,
    look,
    show,
    forget,
    choose,
  }
})
