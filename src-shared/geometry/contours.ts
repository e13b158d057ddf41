/**
 * Mask → polygon with holes. The boundary runs between pixels (crack following), so vertices are pixel corners and
 * rasterising the result reproduces the mask exactly. Pixels that touch only at a corner are separate parts. Nesting
 * as in Suzuki & Abe 1985: the border to the left of a hole determines which part it belongs to.
 */
import type { PolygonPart, Ring, Rle } from '../model/shape.ts'
import { rleBox, decodeRle, intervals } from './rle.ts'

// Headings: 0 east, 1 south, 2 west, 3 north.
const south = 1
const north = 3
const stepX = [1, 0, -1, 0]
const stepY = [0, 1, 0, -1]
/** From a corner, by heading: the offsets of the pixel ahead on the right, and on the left. */
const rightAhead = [
  [0, 0],
  [-1, 0],
  [-1, -1],
  [0, -1],
] as const
const leftAhead = [
  [0, -1],
  [0, 0],
  [-1, 0],
  [-1, -1],
] as const

export function rleToPolygon(rle: Rle): PolygonPart[] {
  const box = rleBox(rle)
  if (box.w === 0) return []
  const { w, h } = box
  // The mask within its box, with a border of zeros: pixel (x, y) of the box is at (x + 1, y + 1).
  const stride = w + 2
  const pixels = new Uint8Array(stride * (h + 2))
  for (const [start, end] of intervals(decodeRle(rle)))
    for (let i = start; i < end; i++) pixels[((i % rle.size[0]) - box.y + 1) * stride + Math.floor(i / rle.size[0]) - box.x + 1] = 1

  /** For the left edge of each pixel (bordered indices): 1 + the ring along it; 0 if not traced yet. */
  const ringOfEdge = new Int32Array(pixels.length)
  /** The part to which each ring belongs. */
  const partOfRing: number[] = []
  const parts: PolygonPart[] = []

  const pixelAhead = (x: number, y: number, [dx, dy]: readonly [number, number]) => pixels[(y + dy) * stride + x + dx]

  /** Traces the border with set pixels on the right, starting at corner (x, y) of the bordered grid. */
  const follow = (x0: number, y0: number, heading: number): Ring => {
    const name = partOfRing.length + 1
    const ring: Ring = []
    let [x, y, d] = [x0, y0, heading]
    do {
      if (d === north) ringOfEdge[(y - 1) * stride + x] = name
      else if (d === south) ringOfEdge[y * stride + x] = name
      x += stepX[d]!
      y += stepY[d]!
      const next = !pixelAhead(x, y, rightAhead[d]!) ? (d + 1) % 4 : pixelAhead(x, y, leftAhead[d]!) ? (d + 3) % 4 : d
      if (next !== d) ring.push(x - 1 + box.x, y - 1 + box.y)
      d = next
    } while (x !== x0 || y !== y0 || d !== heading)
    return ring
  }

  for (let y = 1; y <= h; y++)
    for (let x = 1; x <= w + 1; x++) {
      const at = y * stride + x
      if (pixels[at] === pixels[at - 1] || ringOfEdge[at]) continue
      const hole = pixels[at] === 0
      // An outer border has its pixels to the right when it runs north on a left edge; a hole's runs south.
      const ring = hole ? follow(x, y, south) : follow(x, y + 1, north)
      let part = parts.length
      if (hole) {
        let left = at - 1
        while (pixels[left - 1]) left--
        part = partOfRing[ringOfEdge[left]! - 1]!
        parts[part]!.push(ring)
      } else parts.push([ring])
      partOfRing.push(part)
    }
  return parts
}
