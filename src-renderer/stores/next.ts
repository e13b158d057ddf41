/** What to label next: the choice of how, the queue's way into the Label view, and training on what was labelled. */
import { defineStore } from 'pinia'
import { computed, nextTick, reactive, ref, shallowRef, watch } from 'vue'
import type { LabelsPoint, NextSummary, StrategyEntry } from '#shared/model/next.ts'
import type { MediaFilter } from '#shared/model/project.ts'
import { errorWords } from '../locales/error-words.ts'
import { i18n } from '../locales/index.ts'
import { call, remote } from '../rpc/index.ts'
import { loadStrategies } from '../records.ts'
import { useClassify } from './classify.ts'
import { useGallery } from './gallery.ts'
import { useJobs } from './jobs.ts'
import { useOpenImage } from './open-image.ts'
import { useProject } from './project.ts'
import { useRuns } from './runs.ts'
import { useShell } from './shell.ts'
import { useToasts } from './toasts.ts'

/** The images to choose from. */
export const nextFilters = ['unlabelled', 'heldOut', 'all'] as const
const filters: Record<(typeof nextFilters)[number], MediaFilter> = {
  unlabelled: { unlabelled: true },
  heldOut: { split: 'heldOut' },
  all: {},
}

export const useNext = defineStore('next', () => {
  const [project, jobs, gallery, openImage, classify] = [useProject(), useJobs(), useGallery(), useOpenImage(), useClassify()]
  const [runs, shell, toasts] = [useRuns(), useShell(), useToasts()]
  const strategies = shallowRef<readonly StrategyEntry[]>([])
  const chosen = reactive({
    /** Folder of the checkpoint that chooses, and of the one to compare it with. */
    model: null as string | null,
    other: null as string | null,
    strategy: 'mix',
    diversity: 0.5,
    filter: 'unlabelled' as (typeof nextFilters)[number],
    count: 50 as number | string | null,
  })
  const strategy = computed(() => strategies.value.find((s) => s.name === chosen.strategy))
  watch(strategy, (now) => {
    if (now?.needs === 'labels' && chosen.filter === 'unlabelled') chosen.filter = 'all'
  })
  const problem = ref<string | null>(null)
  /** The job that this window waits for. */
  const awaited = ref<string | null>(null)
  const job = computed(() => jobs.running.find((j) => j.id === awaited.value))

  /** Whether what can be chosen, and how many images have no label, are still being asked for. */
  const looking = ref(false)

  /** Opens the dialog. @param model of a run, or of a row of a comparison */
  async function ask(model: string | null, other: string | null = null): Promise<void> {
    Object.assign(chosen, { model, other })
    if (other !== null) chosen.strategy = 'checkpoints'
    else if (chosen.strategy === 'checkpoints') chosen.strategy = 'mix'
    problem.value = null
    looking.value = true
    shell.open('next')
    try {
      // The counts that are shown lag behind the last label given.
      const [found] = await Promise.all([loadStrategies(), project.refresh()])
      strategies.value = found
      // Where every image has a label, what it gets wrong is among those.
      if (other === null && chosen.filter === 'unlabelled' && project.facets?.unlabelled === 0)
        Object.assign(chosen, { filter: 'all', strategy: 'disagreement' })
    } catch (e) {
      problem.value = errorWords(e)
    } finally {
      looking.value = false
    }
  }

  /** Makes the queue and opens its first image; closing the dialog meanwhile leaves the job running, and the queue unopened. */
  async function start(): Promise<void> {
    const key = project.key
    problem.value = null
    try {
      const { strategy: how, model, other, diversity, filter, count } = chosen
      const { jobId } = await call('next.make', {
        strategy: how,
        diversity,
        filter: filters[filter],
        count: Number(count),
        ...(model !== null && { model }),
        ...(how === 'checkpoints' && other !== null && { other }),
      })
      awaited.value = jobId
      jobs.shownThere.add('next')
      const ended = await jobs.ended(jobId)
      if (ended.status === 'failed') problem.value = ended.error
      if (ended.status !== 'done' || key !== project.key) return
      const summary = ended.result as unknown as NextSummary
      if (shell.dialog !== 'next') return toasts.done('next.ready', { n: summary.queued }, { key: 'next.open', run: () => void open() })
      await open()
    } catch (e) {
      problem.value = errorWords(e)
    } finally {
      awaited.value = null
      jobs.shownThere.delete('next')
    }
  }

  /** Opens the latest queue in the Label view. */
  async function open(): Promise<void> {
    const queue = await call('next.queue')
    if (!queue?.images.length) return toasts.say('next.none')
    const named = strategies.value.find((s) => s.name === queue.summary.strategy)
    const title = i18n.global.t('next.found', { strategy: named ? i18n.global.t(`next.strategies.${named.name}`) : queue.summary.strategy })
    shell.close()
    gallery.show({ title, ids: queue.images.map((i) => i.mediaId) })
    await nextTick() // by now, they have been requested
    await gallery.settled()
    if (queue.summary.model && runs.models.some((m) => m.folder === queue.summary.model)) classify.chooseModel(queue.summary.model)
    await openImage.open(queue.images[0]!.mediaId)
    if (!classify.active) classify.toggle()
  }

  /** The run whose settings are used again: the one whose checkpoint chose last, else the latest that is done. */
  const repeated = computed(() => {
    const done = runs.runs.filter((r) => r.kind === 'train' && r.status === 'done')
    return done.find((r) => r.model !== null && r.model === chosen.model) ?? done[0] ?? null
  })
  async function retrain(): Promise<void> {
    if (!repeated.value) await runs.refresh()
    if (!repeated.value) return toasts.say('next.noRun')
    try {
      const { runId, joined, snapshot } = await call('next.retrain', { runId: repeated.value.id })
      await runs.refresh()
      runs.shown = runId
      toasts.done('next.retraining', { name: snapshot, n: joined }, { key: 'actions.go-train', run: () => (shell.room = 'train') })
    } catch (e) {
      toasts.error(errorWords(e))
    }
  }

  /** Accuracy against labels, one point a training. */
  const curve = shallowRef<readonly LabelsPoint[]>([])
  async function refreshCurve(): Promise<void> {
    const key = project.key
    const found = await call('next.labels-curve').catch(() => null)
    if (found && key === project.key) curve.value = found
  }
  remote.on('run.finished', ({ status }) => void (status === 'done' && refreshCurve()))
  watch(
    () => project.key,
    () => {
      curve.value = []
      Object.assign(chosen, { model: null, other: null })
    },
  )
  return { strategies, strategy, chosen, problem, job, looking, ask, start, open, repeated, retrain, curve, refreshCurve }
})
