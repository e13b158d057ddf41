/** What a model found in many images, until it is stored as proposals of its checkpoint. */
import { boxIou, shapeBox } from '#shared/geometry/box.ts'
import { rleIou } from '#shared/geometry/rle.ts'
import { shapeMask } from '#shared/geometry/shape.ts'
import { cancelled, dataError, DashiError } from '#shared/errors.ts'
import type { Region } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import type { ProposeOptions, ProposeReport } from '#shared/model/propose.ts'
import { say, sentence } from '#shared/sentences/table.ts'
import { grouped } from '../../db/journal.ts'
import { addLabels, addRegions, type NewRegion } from '../annotations/index.ts'
import { findMediaIds, getMedia, hasMedia, listLabels, mediaFile, type Project, storedFolder } from '../projects/index.ts'

export interface Control {
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

export interface Found {
  /** The name of its label. */
  readonly label: string | null
  readonly score: number
  readonly shape: Shape
  /** What the model was asked by. */
  readonly prompt: string
  readonly attributes?: Region['attributes']
}

export interface Image {
  readonly id: number
  readonly path: string
  readonly file: string
  /** In pixels, where they are known. */
  readonly width: number | null
  readonly height: number | null
}

interface Looked {
  readonly id: number
  readonly path: string
  readonly found: readonly Found[]
}

const gone = sentence('preview.vanished')

/** Those that pass the filter and, if some are given, are among these. */
export function imagesOf(project: Project, { filter, mediaIds }: Pick<ProposeOptions, 'filter' | 'mediaIds'>): Image[] {
  const wanted = mediaIds && new Set(mediaIds)
  return findMediaIds(project, filter, { limit: Number.MAX_SAFE_INTEGER })
    .filter((id) => !wanted || wanted.has(id))
    .map((id) => {
      const media = getMedia(project, id)
      return { id, path: media.path, file: mediaFile(project, media), width: media.width, height: media.height }
    })
}

/**
 * Looks at every image, then stores what was found as one step of undo. An image that cannot be read, or that is removed
 * meanwhile, is left out. Nothing is stored if `look` throws anything else, or on cancelling.
 * @param look what is found in an image, and how much of it there is already
 */
export async function proposals(
  project: Project,
  images: readonly Image[],
  model: string,
  look: (image: Image) => Promise<{ readonly found: readonly Found[]; readonly known: number }>,
  { signal, onProgress }: Control,
): Promise<ProposeReport> {
  const leftOut: { path: string; reason: string }[] = []
  const looked: Looked[] = []
  let known = 0
  for (const [done, image] of images.entries()) {
    if (signal?.aborted) throw cancelled()
    onProgress?.(done, images.length)
    const { id, path, file } = image
    try {
      if (!hasMedia(project, id)) throw dataError(file, gone)
      const seen = await look(image)
      if (!hasMedia(project, id)) throw dataError(file, gone)
      known += seen.known
      looked.push({ id, path, found: seen.found })
    } catch (e) {
      if (!(e instanceof DashiError) || e.fault !== 'data' || !e.message.startsWith(`${file}: `)) throw e
      leftOut.push({ path, reason: e.message.slice(file.length + 2) })
    }
  }
  if (signal?.aborted) throw cancelled()
  onProgress?.(images.length, images.length)
  const vanished = await store(project, storedFolder(project, model), looked, signal)
  for (const { path } of vanished) leftOut.push({ path, reason: say(gone) })
  const stored = looked.flatMap((image) => (vanished.has(image) ? [] : image.found))
  const labels: Record<string, number> = {}
  for (const { label } of stored) if (label !== null) labels[label] = (labels[label] ?? 0) + 1
  return { images: looked.length - vanished.size, proposals: stored.length, known, labels, leftOut }
}

/** IoU: of the masks if both are more than boxes, else of the boxes around them. */
export function overlapOf({ shape }: Region, found: Shape): number {
  if (found.kind === 'mask' && shape.kind !== 'box') {
    const [height, width] = found.rle.size
    const mask = shapeMask(shape, height, width)
    if (mask) return rleIou(mask, found.rle)
  }
  return boxIou(shapeBox(shape), shapeBox(found))
}

/** Proposals that are stored at a time, which takes a moment in which the program answers nobody. */
const AT_ONCE = 200

/**
 * Stores all as one step of undo, with labels for new words.
 * @returns the images that were removed meanwhile
 */
async function store(project: Project, checkpoint: string, looked: readonly Looked[], signal?: AbortSignal): Promise<ReadonlySet<Looked>> {
  const vanished = new Set<Looked>()
  const add = (images: readonly Looked[]) => {
    const there = images.filter((image) => hasMedia(project, image.id) || !vanished.add(image))
    const ids = labelsFor(project, there)
    const regions = there.flatMap(({ id, found }) =>
      found.map(({ label, score, shape, prompt, attributes }): NewRegion => ({
        mediaId: id,
        labelId: label === null ? null : ids.get(label)!,
        shape,
        ...(attributes ? { attributes } : {}),
        author: { kind: 'checkpoint', checkpoint, score, prompt },
      })),
    )
    if (regions.length) addRegions(project, regions)
  }
  await grouped(project.db, project.user, async (rest) => {
    const waiting: Looked[] = []
    let proposals = 0
    for (const image of looked) {
      waiting.push(image)
      proposals += image.found.length
      if (proposals < AT_ONCE) continue
      add(waiting.splice(0))
      proposals = 0
      await rest()
      if (signal?.aborted) throw cancelled()
    }
    add(waiting)
  })
  return vanished
}

/** Labels by name, new ones included: another person may have renamed or removed one meanwhile. */
function labelsFor(project: Project, images: readonly Looked[]): ReadonlyMap<string, number> {
  const ids = new Map(listLabels(project).map((l) => [l.name, l.id]))
  const missing = [...new Set(images.flatMap(({ found }) => found.flatMap((f) => f.label ?? [])))].filter((name) => !ids.has(name))
  if (missing.length) {
    const made = addLabels(
      project,
      missing.map((name) => ({ name })),
    )
    for (const { name, id } of made) ids.set(name, id)
  }
  return ids
}
