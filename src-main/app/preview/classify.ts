import type { ClassSpec } from '#shared/model/job.ts'
import { Images } from '../../engine/data/images.ts'
import { softmaxRows } from '../../engine/metrics/predictions.ts'
import { type Clip, openClip } from '../../engine/models/checkpoint.ts'
import { headLogits, imageFeatures, zeroShotHead } from '../../engine/tasks/embed.ts'
import type { Head } from '../../engine/weights/head.ts'
import { getMedia, mediaFile, type Project } from '../projects/index.ts'

let last: { key: string; clip: Clip; head: Head } | undefined

/**
 * What a checkpoint sees on an image, the best first: its own classes, or for one without, the classes given. The model asked
 * last stays open, so that going through images is quick.
 */
export async function classifyImage(project: Project, mediaId: number, model: string, classes: readonly ClassSpec[]): Promise<{ label: string; score: number }[]> {
  const key = JSON.stringify([model, classes])
  if (last?.key !== key) {
    const clip = await openClip(model)
    try {
      const head = clip.head ?? (await zeroShotHead(clip, classes, clip.templates))
      last?.clip.close()
      last = { key, clip, head }
    } catch (e) {
      clip.close()
      throw e
    }
  }
  const { clip, head } = last
  const file = mediaFile(project, getMedia(project, mediaId))
  const p = softmaxRows(headLogits(await imageFeatures(clip, new Images([{ file, label: 0 }])), head), head.classes.length)
  return head.classes.map((label, i) => ({ label, score: p[i]! })).sort((a, b) => b.score - a.score)
}
