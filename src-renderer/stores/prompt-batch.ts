/** What the prompt bar asks for, on many images in the background. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { Input } from '#shared/contract.ts'
import { proposeReport, type ProposeReport } from '#shared/model/propose.ts'
import { call, outbox } from '../rpc/index.ts'
import { useGallery } from './gallery.ts'
import { useGhosts } from './ghosts.ts'
import { useJobs } from './jobs.ts'
import { useOpenImage } from './open-image.ts'
import { useProject } from './project.ts'
import { usePrompt } from './prompt.ts'

/** The selected images, or all that are shown. */
export type Where = 'selection' | 'shown'
/** An area that overlaps a region of its label by more (IoU) is no proposal. */
const known = 0.5

export const usePromptBatch = defineStore('prompt-batch', () => {
  const [gallery, ghosts, jobs, openImage, project, prompt] = [
    useGallery(),
    useGhosts(),
    useJobs(),
    useOpenImage(),
    useProject(),
    usePrompt(),
  ]
  const jobId = ref<string | null>(null)
  const job = computed(() => jobs.jobs.find((j) => j.id === jobId.value) ?? null)
  const report = shallowRef<ProposeReport | null>(null)
  const count = (where: Where) => (where === 'selection' ? gallery.selection.size : gallery.ids.length)

  function imagesOf(where: Where): Pick<Input<'preview.propose'>, 'mediaIds' | 'filter'> {
    if (where === 'selection') return { mediaIds: [...gallery.selection] }
    return gallery.found ? { mediaIds: [...gallery.ids] } : { filter: gallery.filter }
  }
  /** Puts the job into the queue and resolves with its report once it has ended; null if there is none. */
  async function start(where: Where): Promise<ProposeReport | null> {
    const { asked } = prompt
    if (!asked || !count(where)) return null
    const { threshold, overlap } = ghosts.sieve
    const { example, words } = asked
    report.value = null
    await outbox.empty() // what was accepted here is no proposal
    const started = await call('preview.propose', {
      task: asked.task,
      model: asked.model,
      ...(example ? { example: { mediaId: example.mediaId, region: example.box } } : words.length ? { words: [...words] } : {}),
      ...(example?.name ? { label: example.name } : {}),
      ...imagesOf(where),
      settings: asked.task === 'segment' ? {} : { threshold, overlap },
      known,
    })
    jobId.value = started.jobId
    const ended = await jobs.ended(started.jobId)
    if (jobId.value !== started.jobId) return null
    const said = ended.status === 'done' ? proposeReport.safeParse(ended.result) : null
    report.value = said?.data ?? null
    if (report.value?.proposals) await openImage.refetch()
    return report.value
  }
  watch(
    () => project.key,
    () => ([jobId.value, report.value] = [null, null]),
  )
  return { job, report, count, start }
})
