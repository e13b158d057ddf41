/** Detections on many images, stored as proposals of the checkpoint. */
import { boxIou, clipBox, shapeBox } from '#shared/geometry/box.ts'
import { cancelled, DashiError } from '#shared/errors.ts'
import type { BoxTuple, Detection, DetectionSettings } from '#shared/model/preview.ts'
import type { MediaFilter } from '#shared/model/project.ts'
import type { Region } from '#shared/model/region.ts'
import type { Box } from '#shared/model/shape.ts'
import { addLabels, addRegions, type NewRegion } from '../annotations/index.ts'
import type { AppContext } from '../context.ts'
import { findMediaIds, getMedia, imageContent, listLabels, mediaFile, type Project, storedFolder } from '../projects/index.ts'
import { classesFor } from './index.ts'

export interface ProposeRequest {
  readonly model: string
  /** Words to look for; by default the project's labels with their prompts. */
  readonly words?: readonly string[]
  readonly filter?: MediaFilter
  readonly settings: DetectionSettings
  /** A box is left out if it overlaps a region of its label by more than this (IoU), whatever became of that region. */
  readonly known: number
}

export interface ProposeReport {
  readonly images: number
  readonly proposals: number
  /** Boxes left out because there is such a region already. */
  readonly known: number
  readonly labels: Readonly<Record<string, number>>
  readonly leftOut: readonly { readonly path: string; readonly reason: string }[]
}

interface Control {
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/**
 * Looks at every image of the filter, then stores what was found in one edit. An image that cannot be read is left out.
 * @throws a user error if the model cannot detect or there is nothing to look for; nothing is stored then, or on cancelling
 */
export async function propose(app: AppContext, project: Project, request: ProposeRequest, control: Control = {}): Promise<ProposeReport> {
  const classes = classesFor(project, request.words)
  const ids = findMediaIds(project, request.filter)
  const labelIds = new Map(listLabels(project).map((l) => [l.name, l.id]))
  const found: { mediaId: number; detection: Detection; box: Box }[] = []
  const leftOut: { path: string; reason: string }[] = []
  let known = 0
  for (const [done, mediaId] of ids.entries()) {
    if (control.signal?.aborted) throw cancelled()
    control.onProgress?.(done, ids.length)
    const media = getMedia(project, mediaId)
    const file = mediaFile(project, media)
    const detections = await app.engine
      .ask({ kind: 'detect', model: request.model, file, prompt: { classes }, settings: request.settings })
      .catch((e: unknown) => {
        if (!(e instanceof DashiError) || e.fault !== 'data' || !e.message.startsWith(`${file}: `)) throw e
        leftOut.push({ path: media.path, reason: e.message.slice(file.length + 2) })
        return []
      })
    const regions = imageContent(project, mediaId).regions
    for (const detection of detections) {
      const box = clipBox(boxOf(detection.box), media.width ?? Infinity, media.height ?? Infinity)
      if (!box) continue
      if (isKnown(regions, labelIds.get(detection.label), box, request.known)) known++
      else found.push({ mediaId, detection, box })
    }
  }
  control.onProgress?.(ids.length, ids.length)
  addMissing(project, labelIds, new Set(found.map((f) => f.detection.label)))
  const checkpoint = storedFolder(project, request.model)
  const regions = found.map(({ mediaId, detection: { label, score }, box }): NewRegion => ({
    mediaId,
    labelId: labelIds.get(label)!,
    shape: { kind: 'box', ...box },
    author: { kind: 'checkpoint', checkpoint, score },
  }))
  if (regions.length) addRegions(project, regions)
  const labels: Record<string, number> = {}
  for (const { detection } of found) labels[detection.label] = (labels[detection.label] ?? 0) + 1
  return { images: ids.length - leftOut.length, proposals: regions.length, known, labels, leftOut }
}

const boxOf = ([x, y, w, h]: BoxTuple): Box => ({ x, y, w, h })

const isKnown = (regions: readonly Region[], labelId: number | undefined, box: Box, most: number): boolean =>
  regions.some((r) => r.labelId === labelId && boxIou(shapeBox(r.shape), box) > most)

/** Makes labels of new words. */
function addMissing(project: Project, labelIds: Map<string, number>, names: ReadonlySet<string>): void {
  const missing = [...names].filter((name) => !labelIds.has(name)).map((name) => ({ name }))
  if (missing.length) for (const { name, id } of addLabels(project, missing)) labelIds.set(name, id)
}
