/** Copies of regions, fitted to the open image. */
import { clipShape } from '#shared/geometry/shape.ts'
import { rleArea } from '#shared/geometry/rle.ts'
import type { Region } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import type { CanvasDocument } from '../document.ts'
import { ColumnMask } from '../masks/column-mask.ts'
import { boundsOfShapes, movedWithin, translate } from '../transform.ts'
import type { Point, Size } from '../types.ts'
import { counted } from './change.ts'

/** Moved and clipped to an image of this size, masks on its pixel grid; null if nothing is left. */
function fitted(shape: Shape, size: Size, dx: number, dy: number): Shape | null {
  const moved: Shape =
    shape.kind === 'mask'
      ? { kind: 'mask', rle: ColumnMask.fromRle(shape.rle).placed(size, Math.round(dx), Math.round(dy)).toRle() }
      : translate(shape, dx, dy)
  if (moved.kind === 'mask') return rleArea(moved.rle) > 0 ? moved : null
  return clipShape(moved, size.width, size.height)
}

type Drawn = Pick<Region, 'labelId' | 'shape' | 'attributes'>
/** Adds copies of regions, moved but kept within the image. If `move` is null they keep their place and are clipped to the image. */
export function insertAt(editor: CanvasDocument, action: string, regions: readonly Drawn[], move: Point | null): boolean {
  if (!editor.image || regions.length === 0) return false
  const size = editor.image
  const by = move ? movedWithin(boundsOfShapes(regions.map((r) => r.shape)), move.x, move.y, size) : { x: 0, y: 0 }
  const top = editor.regions.topZ
  const added = regions.flatMap((r, i) => {
    const shape = fitted(r.shape, size, by.x, by.y)
    return shape ? [editor.newRegion(shape, { labelId: r.labelId, attributes: r.attributes, z: top + 1 + i })] : []
  })
  editor.commit(
    counted(action, added.length),
    added.map((after) => ({ before: null, after })),
  )
  editor.setSelection(added.map((r) => r.id))
  return added.length > 0
}
