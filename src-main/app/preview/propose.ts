/** What a model finds in many images, stored as proposals of the checkpoint. */
import { boxIou, clipBox, shapeBox } from '#shared/geometry/box.ts'
import { rleIou } from '#shared/geometry/rle.ts'
import { shapeMask } from '#shared/geometry/shape.ts'
import { cancelled, dataError, DashiError, userError } from '#shared/errors.ts'
import type { BoxTuple, Detection, Prompt, Segment } from '#shared/model/preview.ts'
import type { ProposeOptions, ProposeReport } from '#shared/model/propose.ts'
import type { Region } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import { say, sentence } from '#shared/sentences/table.ts'
import { grouped } from '../../db/journal.ts'
import { addLabels, addRegions, type NewRegion } from '../annotations/index.ts'
import type { AppContext } from '../context.ts'
import { findMediaIds, getMedia, hasMedia, imageContent, listLabels, mediaFile, type Project, storedFolder } from '../projects/index.ts'
import { find } from './encode.ts'
import { promptFor } from './index.ts'

interface Control {
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

interface Found {
  /** The name of its label. */
  readonly label: string
  readonly score: number
  readonly shape: Shape
  /** What the model was asked by. */
  readonly prompt: string
}

interface Plan {
  readonly prompt: Prompt
  /** Of each query, by its name: the label that it looks for, and what is kept of it with each proposal. */
  readonly labels: ReadonlyMap<string, { readonly label: string; readonly prompt: string }>
}

const gone = sentence('preview.vanished')

/** @throws a user error if there is nothing to look for, or an example has no label */
export function planOf(project: Project, { example, label, words, templates }: ProposeOptions): Plan {
  if (example) {
    if (label === undefined) throw userError(sentence('preview.example-label'))
    const { prompt } = promptFor(project, { example })
    const region = example.region ? ` [${example.region.map(Math.round).join(', ')}]` : ''
    return { prompt, labels: new Map([['example', { label, prompt: `${getMedia(project, example.mediaId).path}${region}` }]]) }
  }
  const { prompt, labelIds } = promptFor(project, { words, templates })
  const names = new Map(listLabels(project).map((l) => [l.id, l.name]))
  const queries = 'classes' in prompt ? prompt.classes : []
  const about = (name: string, phrase: string | null | undefined) => ({
    label: names.get(labelIds.get(name) ?? 0) ?? name,
    prompt: phrase ?? name,
  })
  return { prompt, labels: new Map(queries.map(({ name, phrase }) => [name, about(name, phrase)])) }
}

/**
 * Looks at every image of the selection, then stores what was found as one step of undo. An image that cannot be read, or
 * that is removed meanwhile, is left out.
 * @throws a user error if the model cannot do the task or there is nothing to look for; nothing is stored then, or on cancelling
 */
export async function propose(app: AppContext, project: Project, options: ProposeOptions, control: Control = {}): Promise<ProposeReport> {
  const plan = planOf(project, options)
  const images = imagesOf(project, options)
  const leftOut: { path: string; reason: string }[] = []
  const looked: { readonly id: number; readonly path: string; readonly found: readonly Found[] }[] = []
  let known = 0
  for (const [done, { id, path, file }] of images.entries()) {
    if (control.signal?.aborted) throw cancelled()
    control.onProgress?.(done, images.length)
    try {
      const seen = await look(app, file, plan.prompt, options)
      if (!hasMedia(project, id)) throw dataError(file, gone)
      const found = seen.flatMap((f) => inImage(project, id, f, plan))
      const fresh = unknownOf(project, id, found, options.known)
      known += found.length - fresh.length
      looked.push({ id, path, found: fresh })
    } catch (e) {
      if (!(e instanceof DashiError) || e.fault !== 'data' || !e.message.startsWith(`${file}: `)) throw e
      leftOut.push({ path, reason: e.message.slice(file.length + 2) })
    }
  }
  if (control.signal?.aborted) throw cancelled()
  control.onProgress?.(images.length, images.length)
  const present = looked.filter(({ id }) => hasMedia(project, id))
  for (const { path } of looked.filter((image) => !present.includes(image))) leftOut.push({ path, reason: say(gone) })
  const proposals = present.flatMap(({ id, found }) => found.map((f) => ({ mediaId: id, ...f })))
  await store(project, storedFolder(project, options.model), proposals)
  const labels: Record<string, number> = {}
  for (const { label } of proposals) labels[label] = (labels[label] ?? 0) + 1
  return { images: present.length, proposals: proposals.length, known, labels, leftOut }
}

/** Those that pass the filter and, if some are given, are among these. */
function imagesOf(project: Project, { filter, mediaIds }: ProposeOptions): { id: number; path: string; file: string }[] {
  const wanted = mediaIds && new Set(mediaIds)
  return findMediaIds(project, filter, { limit: Number.MAX_SAFE_INTEGER })
    .filter((id) => !wanted || wanted.has(id))
    .map((id) => {
      const media = getMedia(project, id)
      return { id, path: media.path, file: mediaFile(project, media) }
    })
}

async function look(
  app: AppContext,
  file: string,
  prompt: Prompt,
  { model, task, settings, regions }: ProposeOptions,
): Promise<(Detection | Segment)[]> {
  return find(app, { kind: task, model, file, prompt, settings, ...(regions ? { regions } : {}) })
}

const boxOf = ([x, y, w, h]: BoxTuple) => ({ x, y, w, h })

/** Nothing, if it is wholly outside the image. */
function inImage(project: Project, id: number, found: Detection | Segment, plan: Plan): Found[] {
  const { label, prompt } = plan.labels.get(found.label)!
  const { score } = found
  if ('mask' in found) return [{ label, prompt, score, shape: { kind: 'mask', rle: found.mask } }]
  const { width, height } = getMedia(project, id)
  const box = clipBox(boxOf(found.box), width ?? Infinity, height ?? Infinity)
  return box ? [{ label, prompt, score, shape: { kind: 'box', ...box } }] : []
}

/** Those that do not overlap a region of their label by more than `most`. */
function unknownOf(project: Project, id: number, found: readonly Found[], most: number): Found[] {
  const { regions } = imageContent(project, id)
  const ids = new Map(listLabels(project).map((l) => [l.name, l.id]))
  return found.filter((f) => !regions.some((r) => r.labelId === ids.get(f.label) && overlapOf(r, f.shape) > most))
}

/** IoU: of the masks if both are more than boxes, else of the boxes around them. */
function overlapOf({ shape }: Region, found: Shape): number {
  if (found.kind === 'mask' && shape.kind !== 'box') {
    const [height, width] = found.rle.size
    const mask = shapeMask(shape, height, width)
    if (mask) return rleIou(mask, found.rle)
  }
  return boxIou(shapeBox(shape), shapeBox(found))
}

/** Makes labels of new words. */
async function store(project: Project, checkpoint: string, proposals: readonly (Found & { readonly mediaId: number })[]): Promise<void> {
  if (!proposals.length) return
  // Without a pause, so that no other edit gets into the step.
  await grouped(project.db, project.user, () => {
    const ids = new Map(listLabels(project).map((l) => [l.name, l.id]))
    const missing = [...new Set(proposals.map((p) => p.label))].filter((name) => !ids.has(name))
    if (missing.length)
      for (const { name, id } of addLabels(
        project,
        missing.map((name) => ({ name })),
      ))
        ids.set(name, id)
    const regions = proposals.map(({ mediaId, label, score, shape, prompt }): NewRegion => ({
      mediaId,
      labelId: ids.get(label)!,
      shape,
      author: { kind: 'checkpoint', checkpoint, score, prompt },
    }))
    addRegions(project, regions)
    return Promise.resolve()
  })
}
