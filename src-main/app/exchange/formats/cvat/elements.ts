/** Converts regions to CVAT's elements. */
import { decodeRle, rleBox, rleToBitmap } from '#shared/geometry/rle.ts'
import type { RecordRegion } from '#shared/model/record.ts'
import type { Size } from '../../draft.ts'
import { jointName } from '../../objects.ts'
import { hasHoles, maskOf, outlines } from '../../shapes.ts'
import { escapeXml } from '../../xml.ts'

const points = (flat: readonly number[]) => Array.from({ length: flat.length / 2 }, (_, i) => `${flat[2 * i]},${flat[2 * i + 1]}`).join(';')

/** Returns null for a polygon with holes if the image's size is unknown. */
export function elementsOf({ shape }: RecordRegion, size: Size | null): { tag: string; own: string; inner?: string }[] | null {
  switch (shape.kind) {
    case 'box':
      return [{ tag: 'box', own: `xtl="${shape.x}" ytl="${shape.y}" xbr="${shape.x + shape.w}" ybr="${shape.y + shape.h}"` }]
    case 'rotated-box': {
      const { cx, cy, w, h, angle } = shape
      return [
        {
          tag: 'box',
          own: `xtl="${cx - w / 2}" ytl="${cy - h / 2}" xbr="${cx + w / 2}" ybr="${cy + h / 2}" rotation="${((angle % 360) + 360) % 360}"`,
        },
      ]
    }
    case 'polyline':
      return [{ tag: 'polyline', own: `points="${points(shape.points)}"` }]
    case 'keypoints': {
      if (!shape.edges?.length && shape.points.every((p) => p.name === undefined && p.v === 2))
        return [{ tag: 'points', own: `points="${points(shape.points.flatMap((p) => [p.x, p.y]))}"` }]
      const inner = shape.points
        .map(
          (p, i) =>
            `    <points label="${escapeXml(jointName(p, i))}" outside="${p.v === 0 ? 1 : 0}" occluded="${p.v === 1 ? 1 : 0}"` +
            ` points="${p.x},${p.y}"></points>\n`,
        )
        .join('')
      return [{ tag: 'skeleton', own: '', inner }]
    }
    case 'polygon':
      if (!hasHoles(shape)) return outlines(shape)!.map((ring) => ({ tag: 'polygon', own: `points="${points(ring)}"` }))
  }
  if (shape.kind === 'polygon' && !size) return null
  const rle = maskOf(shape, size ?? { width: 0, height: 0 })!
  const { x, y, w, h } = rleBox(rle)
  const width = decodeRle(rle).width
  const bits = rleToBitmap(rle)
  const runs: number[] = []
  let [value, run] = [0, 0]
  for (let row = 0; row < h; row++)
    for (let col = 0; col < w; col++) {
      const bit = bits[(y + row) * width + x + col]!
      if (bit === value) run++
      else {
        runs.push(run)
        ;[value, run] = [bit, 1]
      }
    }
  runs.push(run)
  return [{ tag: 'mask', own: `rle="${runs.join(', ')}" left="${x}" top="${y}" width="${w}" height="${h}"` }]
}
