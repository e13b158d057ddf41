/** Curation: the open tool, the results so far and the jobs in progress. */
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import type { JobEntry } from '#shared/contract/app.ts'
import type { Output } from '#shared/contract.ts'
import type { SimilarQuery } from '#shared/model/curation.ts'
import { baseName } from '../format.ts'
import { errorWords } from '../locales/error-words.ts'
import { i18n } from '../locales/index.ts'
import { call, remote } from '../rpc/index.ts'
import { debounced } from '../timing.ts'
import type { colourings, mapMethods, Tool } from '../routing/address.ts'
import { useGallery } from './gallery.ts'
import { useJobs } from './jobs.ts'
import { useProject } from './project.ts'
import { useRuns } from './runs.ts'
import { useToasts } from './toasts.ts'

export { tools, type Tool } from '../routing/address.ts'
/** The kind of job, by which every window notices its end. */
export type Work = 'duplicates' | 'split' | 'captions' | 'doubts' | 'index' | 'map'
export type Status = Output<'curation.status'>
const works: readonly string[] = ['duplicates', 'split', 'captions', 'doubts', 'index', 'map'] satisfies Work[]

export const useCuration = defineStore('curation', () => {
  const [project, jobs, toasts, gallery, runs] = [useProject(), useJobs(), useToasts(), useGallery(), useRuns()]
  const tool = ref<Tool | null>(null)
  const status = shallowRef<Status | null>(null)
  /** Folder of the checkpoint whose embeddings are used; undefined for the built-in model. */
  const model = ref<string | undefined>(undefined)
  /** The projection of the map, and what its colours mean. */
  const map = reactive<{ method: (typeof mapMethods)[number]; colour: (typeof colourings)[number] }>({ method: 'umap', colour: 'label' })
  /** Incremented with every change of images, annotations or results, so that what is shown is requested again. */
  const version = ref(0)
  const chosenModel = computed(() => (model.value === undefined ? {} : { model: model.value }))

  async function refresh(): Promise<void> {
    if (!project.opened || tool.value === null) return
    const key = project.key
    const found = await call('curation.status').catch(() => null)
    if (found === null || key !== project.key) return
    status.value = found
    version.value++
  }
  const later = debounced(() => void refresh(), 250)
  remote.on('annotations.changed', later)
  remote.on('project.changed', later)
  remote.on('jobs.changed', (job) => works.includes(job.kind) && job.status === 'done' && void refresh())
  watch(
    () => project.key,
    () => {
      ;[status.value, model.value, query.value] = [null, undefined, null]
      later()
    },
  )
  watch(tool, (now, before) => {
    if (now && !before) void Promise.all([refresh(), runs.refreshModels()])
  })

  const toggle = (which: Tool) => (tool.value = tool.value === which ? null : which)
  const jobOf = (work: Work): JobEntry | undefined => jobs.running.find((j) => j.kind === work)
  /** The job after it ended, null if it could not start. Failures are reported like those of any job. */
  async function run(begin: () => Promise<{ jobId: string }>): Promise<JobEntry | null> {
    try {
      return await jobs.ended((await begin()).jobId)
    } catch (e) {
      toasts.error(errorWords(e))
      return null
    }
  }

  /** The latest search, which may be waiting for the index. */
  const query = shallowRef<{ query: SimilarQuery; title: string } | null>(null)
  const missing = ref(false)
  const range = ref<{ best: number; worst: number; stale: boolean } | null>(null)
  let asked = 0
  /** Shows the images most similar to an image or a text, best first. */
  async function search(what: SimilarQuery, title: string): Promise<void> {
    const mine = ++asked
    query.value = { query: what, title }
    tool.value = 'similar'
    try {
      const answer = await call('curation.similar', { query: what, limit: 100, ...chosenModel.value })
      if (mine !== asked) return
      missing.value = answer.status === 'missing'
      range.value = null
      if (answer.status === 'missing' || !answer.images.length) return
      const ids = answer.images.map((i) => i.mediaId)
      gallery.show({ title, ids: what.kind === 'image' ? [what.mediaId, ...ids] : ids })
      range.value = { best: answer.images[0]!.similarity, worst: answer.images.at(-1)!.similarity, stale: answer.stale }
    } catch (e) {
      if (mine === asked) toasts.error(errorWords(e))
    }
  }
  const titleOf = (words: string) => `“${words}”`
  async function searchLike(mediaId: number): Promise<void> {
    const row = gallery.rows.get(mediaId) ?? (await call('media.rows', { ids: [mediaId] }).catch(() => []))[0]
    await search({ kind: 'image', mediaId }, i18n.global.t('curate.similar.like', { name: row ? baseName(row.path) : mediaId }))
  }
  async function makeIndex(): Promise<void> {
    const job = await run(() => call('curation.make-index', chosenModel.value))
    if (job?.status === 'done' && query.value) await search(query.value.query, query.value.title)
  }

  return {
    tool,
    status,
    model,
    map,
    titleOf,
    chosenModel,
    version,
    query,
    missing,
    range,
    refresh,
    toggle,
    jobOf,
    run,
    search,
    searchLike,
    makeIndex,
  }
})
