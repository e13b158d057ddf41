/** Masks of what is in the boxes of many images, stored as proposals beside them: the boxes stay as they are. */
import { clipBox, shapeBox } from '#shared/geometry/box.ts'
import type { BoxMasksOptions, BoxMasksReport } from '#shared/model/propose.ts'
import type { Region } from '#shared/model/region.ts'
import type { AppContext } from '../context.ts'
import { hasMedia, imageContent, listLabels, type Project } from '../projects/index.ts'
import { encode } from './encode.ts'
import { type Control, type Found, imagesOf, overlapOf, proposals } from './storing.ts'

const isBox = ({ shape }: Region) => shape.kind === 'box' || shape.kind === 'rotated-box'
const round = (x: number) => Math.round(10 * x) / 10

/**
 * A mask for each accepted or proposed box of the selection, with its label and attributes. A box that has a mask or an outline
 * already gets none.
 * @throws a user error if the model takes no boxes; nothing is stored then, or on cancelling
 */
export async function maskBoxes(
  app: AppContext,
  project: Project,
  options: BoxMasksOptions,
  control: Control = {},
): Promise<BoxMasksReport> {
  const { model, labelIds, known: most } = options
  const names = new Map(listLabels(project).map((l) => [l.id, l.name]))
  let [boxes, empty] = [0, 0]
  const report = await proposals(
    project,
    imagesOf(project, options),
    model,
    async ({ id, file, width, height }) => {
      const { regions } = imageContent(project, id)
      const wanted = regions.flatMap((region) => {
        if (!isBox(region) || region.state === 'rejected') return []
        if (labelIds && !labelIds.includes(region.labelId ?? 0)) return []
        const box = clipBox(shapeBox(region.shape), width ?? Infinity, height ?? Infinity)
        return box && box.w > 0 && box.h > 0 ? [{ region, box }] : []
      })
      if (!wanted.length) return { found: [], known: 0 }
      await encode(app, { model, file, task: 'prompt' })
      const masks = await app.engine.ask({ kind: 'masks', model, file, boxes: wanted.map(({ box: { x, y, w, h } }) => [x, y, w, h]) })
      boxes += wanted.length
      const made = wanted.flatMap(({ region: { labelId, attributes }, box }, i) => {
        const mask = masks[i]
        if (!mask) {
          empty++
          return []
        }
        const found: Found = {
          label: labelId === null ? null : (names.get(labelId) ?? null),
          score: Math.min(1, Math.max(0, mask.score)),
          shape: { kind: 'mask', rle: mask.mask },
          prompt: `box ${[box.x, box.y, box.w, box.h].map(round).join(',')}`,
          attributes,
        }
        return [{ labelId, found }]
      })
      const outlined = hasMedia(project, id) ? imageContent(project, id).regions.filter((r) => !isBox(r)) : []
      const fresh = made.filter(({ labelId, found }) => !outlined.some((r) => r.labelId === labelId && overlapOf(r, found.shape) > most))
      return { found: fresh.map((m) => m.found), known: made.length - fresh.length }
    },
    control,
  )
  return { ...report, boxes, empty }
}
