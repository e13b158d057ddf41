/** Masks of the boxes of many images, made in the background. */
import { defineStore } from 'pinia'
import { boxMasksReport, type BoxMasksReport } from '#shared/model/propose.ts'
import { call, outbox } from '../rpc/index.ts'
import { useGallery } from './gallery.ts'
import { useJobs } from './jobs.ts'
import { useOpenImage } from './open-image.ts'
import { useRuns } from './runs.ts'
import { useSmartMask } from './smart-mask.ts'
import { useToasts } from './toasts.ts'

export const useBoxMasks = defineStore('box-masks', () => {
  const [gallery, jobs, openImage, runs, masks, toasts] = [useGallery(), useJobs(), useOpenImage(), useRuns(), useSmartMask(), useToasts()]
  /** Of these images, or of all that are shown; resolves with the report once the job has ended, null if there is none. */
  async function start(images: readonly number[]): Promise<BoxMasksReport | null> {
    if (!runs.known.models) await runs.refreshModels()
    if (!masks.model) {
      toasts.say('masks.none')
      return null
    }
    const where = images.length ? { mediaIds: [...images] } : gallery.found ? { mediaIds: [...gallery.ids] } : { filter: gallery.filter }
    await outbox.empty() // boxes that were just drawn count
    const { jobId } = await call('preview.boxMasks', { model: masks.model.folder, ...where })
    toasts.say('masks.started')
    const ended = await jobs.ended(jobId)
    const report = ended.status === 'done' ? (boxMasksReport.safeParse(ended.result).data ?? null) : null
    if (report?.proposals) await openImage.refetch()
    return report
  }
  return { start }
})
