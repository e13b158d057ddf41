/** Runs with their curves, and the models that there are. */
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, watch } from 'vue'
import type { ModelEntry, RunProgress } from '#shared/contract/rooms.ts'
import type { RunRecord } from '#shared/model/project.ts'
import { call, remote } from '../rpc/index.ts'
import { useProject } from './project.ts'
import { useToasts } from './toasts.ts'

export const useRuns = defineStore('runs', () => {
  const [project, toasts] = [useProject(), useToasts()]
  const runs = ref<RunRecord[]>([])
  const models = ref<ModelEntry[]>([])
  /** Run → what it told so far. */
  const curves = shallowReactive(new Map<string, RunProgress[]>())
  const latest = shallowReactive(new Map<string, RunProgress>())
  const running = computed(() => runs.value.filter((r) => r.status === 'running' || r.status === 'queued'))

  const refresh = async () => void (runs.value = await call('runs.list').catch(() => []))
  const refreshModels = async () => void (models.value = await call('models.list').catch(() => []))
  async function loadCurve(runId: string): Promise<void> {
    const known = await call('runs.curve', { runId }).catch(() => [])
    const newer = (curves.get(runId) ?? []).filter((p) => p.step > (known.at(-1)?.step ?? -1))
    curves.set(runId, [...known, ...newer])
  }
  remote.on('run.progress', (p) => {
    latest.set(p.runId, p)
    if (p.loss != null) curves.set(p.runId, [...(curves.get(p.runId) ?? []), p])
    if (!runs.value.some((r) => r.id === p.runId)) void refresh()
  })
  remote.on('run.finished', ({ runId, status, error }) => {
    latest.delete(runId)
    if (status === 'failed') toasts.show({ kind: 'error', key: 'toast.runFailed', values: { error: error ?? '' } })
    if (status === 'done') toasts.done('toast.runDone')
    void refresh()
    void refreshModels()
  })
  watch(() => project.key, () => {
    curves.clear()
    latest.clear()
    ;[runs.value, models.value] = [[], []]
  })
  return { runs, models, curves, latest, running, refresh, refreshModels, loadCurve }
})
