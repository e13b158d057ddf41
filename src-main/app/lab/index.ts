/** The prompt lab: sets of prompts for a label, compared on the images that people have labelled. */
import { cancelled, DashiError, userError } from '#shared/errors.ts'
import { promptsOf, promptSet } from '#shared/model/prompts.ts'
import type { LabRequest, LabResult } from '#shared/model/prompt-lab.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { AppContext } from '../context.ts'
import { listLabels, type Project } from '../projects/index.ts'
import { type LabImage, labImages } from './images.ts'
import { lookings } from './looking.ts'
import { mostDiffering } from './measure.ts'

/** Images that are shown for each pair of rows. */
const SHOWN = 8

interface Control {
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/**
 * Each row on each image. Images are encoded once, and rows that were compared before are not asked again. An image that
 * cannot be read is left out.
 * @throws a user error if the model cannot do the task, a text is too long, or no image has the label
 */
export async function comparePrompts(
  app: AppContext,
  project: Project,
  request: LabRequest,
  { signal, onProgress }: Control = {},
): Promise<LabResult> {
  const { labelId, model, task } = request
  const label = listLabels(project).find((l) => l.id === labelId)
  if (!label) throw userError(sentence('lab.no-label', { label: labelId }))
  const { withIt, without } = labImages(project, request, label.name)
  const looking = lookings[task]
  const rows = request.rows.map((prompts) => promptsOf(promptSet(prompts)))
  const asking = []
  for (const row of rows) asking.push(await looking.begin({ app, project, model, label }, row))

  const seen: { readonly image: LabImage; readonly rows: Awaited<ReturnType<(typeof asking)[number]>>[] }[] = []
  const leftOut: { path: string; reason: string }[] = []
  const all = [...withIt, ...without]
  for (const [done, image] of all.entries()) {
    onProgress?.(done, all.length)
    try {
      const own = []
      for (const ask of asking) {
        if (signal?.aborted) throw cancelled()
        own.push(await ask(image))
      }
      seen.push({ image, rows: own })
    } catch (e) {
      if (!(e instanceof DashiError) || e.fault !== 'data' || !e.message.startsWith(`${image.file}: `)) throw e
      leftOut.push({ path: image.path, reason: e.message.slice(image.file.length + 2) })
    }
  }
  onProgress?.(all.length, all.length)

  const differing = mostDiffering(
    rows.map((_, r) => seen.map((s) => s.rows[r]!.fine)),
    SHOWN,
  )
  const withLabel = new Set(withIt.map((i) => i.mediaId))
  const seenWith = seen.filter((s) => withLabel.has(s.image.mediaId)).length
  return {
    task,
    images: { with: seenWith, without: seen.length - seenWith },
    leftOut,
    rows: rows.map((prompts, r) => ({
      prompts,
      scores: looking.scores(
        seen.map((s) => s.rows[r]!.on),
        labelId,
      ) as Record<string, number | null>,
    })),
    differing: differing.map((i) => {
      const { image, rows: own } = seen[i]!
      return {
        mediaId: image.mediaId,
        width: image.width,
        height: image.height,
        truth: [...image.boxes],
        rows: own.map((r) => r.found),
      }
    }),
  }
}
