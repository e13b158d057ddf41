/** The plan of the training that the form describes. */
import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import type { TrainingAsked } from '#shared/contract/training.ts'
import type { TrainingPlan } from '#shared/model/plan.ts'
import { errorWords } from '../locales/error-words.ts'
import { call, remote } from '../rpc/index.ts'
import { useProject } from './project.ts'

/** Milliseconds without a change of the form before it is planned. */
const SETTLED = 350

export const usePlan = defineStore('plan', () => {
  const project = useProject()
  const plan = shallowRef<TrainingPlan | null>(null)
  const problem = ref<string | null>(null)
  /** The job that measures a few steps. */
  const measuring = ref<string | null>(null)
  let asked: TrainingAsked | null = null
  let wanted = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function refresh(): Promise<void> {
    const of = ++wanted
    if (!asked || !project.opened) return
    try {
      const found = await call('training.plan', asked)
      if (of === wanted) [plan.value, problem.value] = [found, null]
    } catch (e) {
      if (of === wanted) [plan.value, problem.value] = [null, errorWords(e)]
    }
  }
  function later(): void {
    clearTimeout(timer)
    timer = setTimeout(() => void refresh(), SETTLED)
  }
  function ask(request: TrainingAsked | null): void {
    asked = request
    if (request) later()
    else clearTimeout(timer)
  }
  async function measure(): Promise<void> {
    if (!asked) return
    try {
      measuring.value = (await call('training.rehearse', asked)).jobId
    } catch (e) {
      problem.value = errorWords(e)
    }
  }
  remote.on('jobs.changed', ({ id, status }) => {
    if (id === measuring.value && status !== 'queued' && status !== 'running') measuring.value = null
  })
  remote.on('plan.changed', later)
  watch(
    () => project.opened?.info,
    () => asked && later(),
  )
  watch(
    () => project.key,
    () => ([plan.value, problem.value, measuring.value] = [null, null, null]),
  )
  return { plan, problem, measuring, ask, measure, refresh }
})
