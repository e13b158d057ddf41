/** Runs with their curves, the available models, and which of them are selected for comparison and merging. */
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef, watch } from 'vue'
import type { ModelEntry } from '#shared/contract/models.ts'
import type { RunEntry, RunProgress } from '#shared/contract/training.ts'
import type { RunNote } from '#shared/model/run-note.ts'
import { errorWords } from '../locales/error-words.ts'
import { call, remote } from '../rpc/index.ts'
import { curveOf, extendedBy, followedBy, type RunCurve } from '../run-curve.ts'
import { useProject } from './project.ts'
import { useSession } from './session.ts'
import { useToasts } from './toasts.ts'

export const isActive = (run: { status: string }) => run.status === 'running' || run.status === 'queued'

export const useRuns = defineStore('runs', () => {
  const [project, session, toasts] = [useProject(), useSession(), useToasts()]
  const runs = shallowRef<RunEntry[]>([])
  const models = shallowRef<ModelEntry[]>([])
  /** Curves by run, including the latest progress events. */
  const curves = shallowReactive(new Map<string, RunCurve>())
  const latest = shallowReactive(new Map<string, RunProgress>())
  const running = computed(() => runs.value.filter(isActive))
  /** Folders of the models selected for comparison, for merging, and for proposals on the open image. */
  const compared = ref<string[]>([])
  const ingredients = ref<string[]>([])
  const asked = ref<string | null>(null)
  /** The selected training run and soup, if any, and the runs whose curves are overlaid. */
  const shown = ref<string | null>(null)
  const soup = ref<string | null>(null)
  const overlaid = ref<string[]>([])
  /** Folders of selected models that no longer exist. */
  const gone = ref<string[]>([])
  /** Loaded at least once: only then does a missing entry mean that it does not exist. */
  const known = ref({ runs: false, models: false })

  async function refresh(): Promise<void> {
    const key = project.key
    const found = await call('runs.list').catch(() => null)
    if (!found || key !== project.key) return
    runs.value = found
    known.value = { ...known.value, runs: true }
    for (const { id, progress } of found) if (progress && !latest.has(id)) latest.set(id, progress)
  }
  async function refreshModels(): Promise<void> {
    const key = project.key
    const found = await call('models.list').catch(() => null)
    if (!found || key !== project.key) return
    models.value = found
    known.value = { ...known.value, models: true }
    const there = new Set(found.map((m) => m.folder))
    gone.value = [...new Set([...gone.value, ...compared.value, ...ingredients.value])].filter((f) => !there.has(f))
    if (!compared.value.every((f) => there.has(f))) compared.value = compared.value.filter((f) => there.has(f))
    if (!ingredients.value.every((f) => there.has(f))) ingredients.value = ingredients.value.filter((f) => there.has(f))
  }
  async function loadCurve(runId: string): Promise<void> {
    const found = await call('runs.series', { runId }).catch(() => null)
    if (found) curves.set(runId, followedBy(curveOf(found), curves.get(runId)))
  }
  remote.on('run.progress', (p) => {
    const before = latest.get(p.runId)
    latest.set(p.runId, p)
    if (p.loss != null) {
      const known = curves.get(p.runId)
      curves.set(p.runId, extendedBy(known, p))
      if (!known?.step.length && p.step > 1) void loadCurve(p.runId) // the run began before this window opened, or resumes an earlier one
    }
    if (!before) void refresh()
  })
  remote.on('run.finished', ({ runId, status }) => {
    // Failures are reported with the job.
    if (status === 'done') toasts.done('toast.runDone', { name: runs.value.find((r) => r.id === runId)?.name ?? '' })
    // The progress bar stays full until the list has the final status.
    void Promise.all([refresh().finally(() => latest.delete(runId)), refreshModels(), loadCurve(runId)])
  })
  remote.on('runs.changed', () => void refresh())
  watch(
    () => session.settings.modelFolders.join('\n'),
    () => void (project.opened && refreshModels()),
  )
  watch(
    () => project.key,
    () => {
      curves.clear()
      latest.clear()
      ;[runs.value, models.value, compared.value, ingredients.value, asked.value] = [[], [], [], [], null]
      ;[shown.value, soup.value, overlaid.value, gone.value, known.value] = [null, null, [], [], { runs: false, models: false }]
    },
  )
  watch(
    () => remote.connection.since,
    () => {
      if (remote.connection.state !== 'open' || !project.opened) return
      latest.clear() // running runs ended with the program, or will report again
      void Promise.all([refresh(), refreshModels()])
    },
  )

  const cancel = (runId: string) => call('training.cancel', { runId }).catch((e: unknown) => toasts.error(errorWords(e)))
  /** Changes what people say about a run. */
  const note = (runId: string, change: Partial<RunNote>) =>
    call('runs.note', { runId, note: change })
      .then(refresh)
      .catch((e: unknown) => toasts.error(errorWords(e)))
  /** Runs it again with the same settings; returns the new run's id. */
  async function again(runId: string): Promise<string | null> {
    try {
      const started = await call('training.again', { runId })
      await refresh()
      return started.runId
    } catch (e) {
      toasts.error(errorWords(e))
      return null
    }
  }
  return {
    runs,
    models,
    curves,
    latest,
    running,
    compared,
    ingredients,
    asked,
    shown,
    soup,
    overlaid,
    gone,
    known,
    refresh,
    refreshModels,
    loadCurve,
    cancel,
    note,
    again,
  }
})
