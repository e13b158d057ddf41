import { shapeBox } from '#shared/geometry/box.ts'
import { shapeContains } from '#shared/geometry/shape.ts'
import { decodeCounts } from '#shared/geometry/rle.ts'
import type { Box, Rle, Shape } from '#shared/model/shape.ts'
import { flatContains, flatOf } from './masks/flat-mask.ts'

const known = new WeakMap<Rle, Box>()

/** `shapeBox`, with the results for masks cached. */
export function boundsOfShape(shape: Shape): Box {
  if (shape.kind !== 'mask') return shapeBox(shape)
  let box = known.get(shape.rle)
  if (!box) known.set(shape.rle, (box = maskBounds(shape.rle)))
  return box
}

function maskBounds({ size: [height], counts }: Rle): Box {
  let [x0, x1, y0, y1] = [Infinity, -1, Infinity, 0]
  let at = 0
  for (const [i, n] of decodeCounts(counts).entries()) {
    if (i % 2 === 1 && n > 0) {
      const first = Math.floor(at / height)
      const last = Math.floor((at + n - 1) / height)
      x0 = Math.min(x0, first)
      x1 = last
      // A run that continues into the next column touches the first and the last row.
      y0 = first < last ? 0 : Math.min(y0, at - first * height)
      y1 = first < last ? height : Math.max(y1, at + n - last * height)
    }
    at += n
  }
  return x1 < 0 ? { x: 0, y: 0, w: 0, h: 0 } : { x: x0, y: y0, w: x1 + 1 - x0, h: y1 - y0 }
}

/** `shapeContains`, with decoded masks cached. */
export const containsPoint = (shape: Shape, x: number, y: number, reach: number): boolean =>
  shape.kind === 'mask' ? flatContains(flatOf(shape), x, y) : shapeContains(shape, x, y, reach)
