/** The prompt lab: sets of prompts for one label, compared on the labelled images as they are edited. */
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef, watch } from 'vue'
import { labMetrics, labResult, MOST_ROWS, type LabResult, type LabTask } from '#shared/model/prompt-lab.ts'
import { promptsOf } from '#shared/model/prompts.ts'
import { errorWords } from '../locales/error-words.ts'
import { call, remote } from '../rpc/index.ts'
import { firstRows, keyOf, tasksOf, type LabRow } from '../prompt-sets.ts'
import { debounced } from '../timing.ts'
import { useJobs } from './jobs.ts'
import { useProject } from './project.ts'
import { useRuns } from './runs.ts'

export type Scores = LabResult['rows'][number]['scores']

export const usePromptLab = defineStore('prompt-lab', () => {
  const [project, jobs, runs] = [useProject(), useJobs(), useRuns()]
  const labelId = ref<number | null>(null)
  const rows = ref<LabRow[]>([])
  const others = ref(true)
  const chosenModel = ref<string | null>(null)
  const chosenTask = ref<LabTask | null>(null)
  let keys = 0

  const label = computed(() => (labelId.value === null ? undefined : project.labelById.get(labelId.value)))
  const models = computed(() => runs.models.filter((m) => tasksOf(m).length))
  const model = computed(() => models.value.find((m) => m.folder === chosenModel.value) ?? models.value[0])
  const offered = computed(() => (model.value ? tasksOf(model.value) : []))
  const task = computed<LabTask | null>(() => {
    if (chosenTask.value && offered.value.includes(chosenTask.value)) return chosenTask.value
    const ofImages = label.value && label.value.images > label.value.regions
    return (ofImages ? offered.value.find((t) => t === 'classify') : undefined) ?? offered.value[0] ?? null
  })
  const metrics = computed(() => (task.value ? labMetrics[task.value] : []))

  /** The latest result, with the rows that it was asked for. */
  const result = shallowRef<{ found: LabResult; rows: string[]; of: string } | null>(null)
  /** Scores by row; those of rows that have not been measured again stay until they are. */
  const scores = shallowReactive(new Map<string, Scores>())
  const problem = ref('')
  const jobId = ref<string | null>(null)
  const job = computed(() => jobs.running.find((j) => j.id === jobId.value))
  /** Begun once: from then on, every change is measured. */
  const live = ref(false)

  const add = (row: Omit<LabRow, 'key'>) => {
    if (rows.value.length < MOST_ROWS) rows.value.push({ ...row, key: keys++ })
  }
  const remove = (key: number) => (rows.value = rows.value.filter((row) => row.key !== key))

  /** What a measurement depends on, besides the rows. */
  const basis = computed(() => JSON.stringify([project.key, labelId.value, model.value?.folder, task.value, others.value]))
  function choose(id: number | null): void {
    if (id === labelId.value) return
    labelId.value = id
    rows.value = []
    live.value = false
    if (label.value) firstRows(label.value).forEach(add)
  }
  watch(basis, () => {
    scores.clear()
    result.value = null
    problem.value = ''
  })
  watch(
    () => project.key,
    () => choose(null),
  )

  let asked = 0
  async function compare(): Promise<void> {
    if (labelId.value === null || !model.value || !task.value || !rows.value.length) return
    const mine = ++asked
    live.value = true
    problem.value = ''
    if (job.value) await jobs.cancel(job.value.id)
    const [of, wanted] = [basis.value, rows.value.map((row) => promptsOf(row))]
    try {
      const begun = await call('prompts.compare', {
        labelId: labelId.value,
        model: model.value.folder,
        task: task.value,
        rows: wanted,
        others: others.value,
      })
      if (mine !== asked) return void jobs.cancel(begun.jobId)
      jobId.value = begun.jobId
      const ended = await jobs.ended(begun.jobId)
      if (mine !== asked || of !== basis.value) return
      if (ended.status === 'failed') problem.value = ended.error ?? ''
      if (ended.status !== 'done') return
      const found = labResult.parse(ended.result)
      result.value = { found, rows: wanted.map((prompts) => JSON.stringify(prompts)), of }
      found.rows.forEach((row, i) => scores.set(result.value!.rows[i]!, row.scores))
    } catch (e) {
      if (mine === asked) problem.value = errorWords(e)
    }
  }
  const cancel = () => {
    asked++
    live.value = false
    if (job.value) void jobs.cancel(job.value.id)
  }
  const later = debounced(() => void (live.value && shown.value && compare()), 500)
  /** Whether the lab is on screen: nothing is measured for nobody. */
  const shown = ref(false)
  watch([basis, () => JSON.stringify(rows.value.map(keyOf))], later)
  remote.on('annotations.changed', later)

  /** The row with the highest main metric, if it is alone with it. */
  const best = computed(() => {
    const main = metrics.value[0]
    const ranked = rows.value
      .map((row) => ({ row, score: (main && scores.get(keyOf(row))?.[main]) ?? -1 }))
      .filter((r) => r.score >= 0)
      .sort((a, b) => b.score - a.score)
    return ranked.length > 1 && ranked[0]!.score > ranked[1]!.score ? ranked[0]!.row.key : null
  })

  return {
    labelId,
    label,
    rows,
    others,
    chosenModel,
    chosenTask,
    models,
    model,
    offered,
    task,
    metrics,
    result,
    scores,
    problem,
    job,
    live,
    shown,
    best,
    add,
    remove,
    choose,
    compare,
    cancel,
  }
})
