/** The images on which prompts are compared, with what people labelled on them. */
import { shapeBox } from '#shared/geometry/box.ts'
import { shapeMask } from '#shared/geometry/shape.ts'
import { userError } from '#shared/errors.ts'
import type { LabRequest } from '#shared/model/prompt-lab.ts'
import type { Region } from '#shared/model/region.ts'
import type { Box, Rle } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import { labelsByImage } from '../../db/curated.ts'
import { singleLabels } from '../../db/image-labels.ts'
import { getMedia, imageContent, mediaFile, type Project } from '../projects/index.ts'

export interface LabImage {
  readonly mediaId: number
  readonly path: string
  readonly file: string
  readonly width: number
  readonly height: number
  readonly boxes: readonly Box[]
  readonly masks: readonly Rle[]
  /** Its only label, as a whole. */
  readonly labelId: number | null
}

/** A fixed order that has nothing to do with the images: multiplication by 2³² / φ. */
const shuffled = (ids: readonly number[]) => [...ids].sort((a, b) => (Math.imul(a, 0x9e3779b1) >>> 0) - (Math.imul(b, 0x9e3779b1) >>> 0))

/** Up to `most` images: those with the label, if they are usable, and at most as many others. The same ones every time. */
export function sampled(
  having: readonly number[],
  others: readonly number[],
  most: number,
  isUsable: (mediaId: number) => boolean = () => true,
): { withIt: number[]; without: number[] } {
  const room = Math.max(Math.ceil(most / 2), most - others.length)
  const withIt: number[] = []
  for (const id of shuffled(having)) {
    if (withIt.length === room) break
    if (isUsable(id)) withIt.push(id)
  }
  const ascending = (ids: number[]) => ids.sort((a, b) => a - b)
  return { withIt: ascending(withIt), without: ascending(shuffled(others).slice(0, Math.min(withIt.length, most - withIt.length))) }
}

const outlined = ({ kind }: Region['shape']) => kind === 'mask' || kind === 'polygon'
const boxed = ({ kind }: Region['shape']) => kind === 'box' || kind === 'rotated-box' || kind === 'mask' || kind === 'polygon'

/**
 * Images with the label, then some without it, if asked for.
 * @throws a user error if none has the label; for classes, if there is no other label either
 */
export function labImages(project: Project, request: LabRequest, name: string): { withIt: LabImage[]; without: LabImage[] } {
  const { labelId, task, others, most } = request
  const label = { label: JSON.stringify(name) }
  const ofImages = task === 'classify' ? [...singleLabels(project.db)].map(([id, own]) => [id, [own]] as const) : labelsByImage(project.db)
  const having: number[] = []
  const rest: number[] = []
  for (const [mediaId, labels] of ofImages) (labels.includes(labelId) ? having : rest).push(mediaId)
  const without = others ? rest : []
  if (task === 'classify') {
    if (!having.length) throw userError(sentence('lab.no-labelled', label))
    if (!rest.length) throw userError(sentence('lab.one-label'))
    const single = singleLabels(project.db)
    const ids = sampled(having, without, most)
    const images = (some: number[]) => some.flatMap((id) => imageOf(project, id, [], single.get(id)!) ?? [])
    return { withIt: images(ids.withIt), without: images(ids.without) }
  }
  const regionsOn = (mediaId: number) =>
    imageContent(project, mediaId).regions.filter((r) => r.labelId === labelId && r.state === 'accepted' && boxed(r.shape))
  // An image that has the label in another form is neither with nor without it.
  const isUsable = (mediaId: number) => {
    const regions = regionsOn(mediaId)
    return regions.length > 0 && (task === 'detect' || regions.every((r) => outlined(r.shape)))
  }
  const ids = sampled(having, without, most, isUsable)
  if (!ids.withIt.length) throw userError(sentence(task === 'segment' ? 'lab.no-masks' : 'lab.no-boxes', label))
  const images = (some: number[]) => some.flatMap((id) => imageOf(project, id, regionsOn(id)) ?? [])
  return { withIt: images(ids.withIt), without: images(ids.without) }
}

/** Undefined for an image of unknown size, which nobody could read yet. */
function imageOf(project: Project, mediaId: number, regions: readonly Region[], labelId: number | null = null): LabImage | undefined {
  const media = getMedia(project, mediaId)
  const { width, height } = media
  if (!width || !height) return undefined
  return {
    mediaId,
    path: media.path,
    file: mediaFile(project, media),
    width,
    height,
    boxes: regions.map((r) => shapeBox(r.shape)),
    masks: regions.flatMap((r) => (outlined(r.shape) ? (shapeMask(r.shape, height, width) ?? []) : [])),
    labelId,
  }
}
