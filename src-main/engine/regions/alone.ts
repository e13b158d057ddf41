/** What a mask covers, by itself on white, upright or turned. */
import { rleBox, rleToBitmap } from '#shared/geometry/rle.ts'
import type { Rle } from '#shared/model/shape.ts'
import type { Pixels } from '../data/pixels.ts'
import { render, type Normalisation, type View } from '../data/render.ts'
import type { Size } from '../segmentation/planes.ts'

/** Colours as they are. */
const AS_THEY_ARE = Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0)

interface Alone {
  /** Writes the smallest square about it into an input [3, height, width], when it is turned by so many degrees anticlockwise. */
  draw(turn: number, size: Size, normalisation: Normalisation, out: Float32Array, offset: number): void
}

/** @param image RGB @param mask of the image's size, not empty */
export function aloneIn(image: Pixels, mask: Rle): Alone {
  const { x: left, y: top, w: width, h: height } = rleBox(mask)
  const shown = rleToBitmap(mask)
  const data = new Uint8Array(4 * width * height)
  const pixels: Pixels = { width, height, channels: 4, data }
  /** The first and the last pixel that is shown of each row: nothing is further out. */
  const edges: [number, number][] = []
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += 4) {
      const from = (top + y) * image.width + left + x
      if (!shown[from]) continue
      data.set(image.data.subarray(3 * from, 3 * from + 3), at)
      data[at + 3] = 255
      edges.push([x, y])
      if (edges.length > 2 && edges.at(-3)![1] === y) edges.splice(-2, 1)
    }
  return {
    draw: (turn, size, normalisation, out, offset) =>
      render(pixels, size, { place: squareOf(edges, turn), colour: AS_THEY_ARE, ground: undefined }, normalisation, out, offset),
  }
}

/** The smallest square about pixels in a frame that is turned. @param pixels by their corners */
function squareOf(pixels: readonly (readonly [number, number])[], turn: number): View['place'] {
  const [cos, sin] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)]
  const [least, most] = [
    [Infinity, Infinity],
    [-Infinity, -Infinity],
  ]
  for (const [x, y] of pixels) {
    const along = [cos * (x + 0.5) + sin * (y + 0.5), cos * (y + 0.5) - sin * (x + 0.5)]
    along.forEach((at, axis) => {
      least[axis] = Math.min(least[axis]!, at - 0.5)
      most[axis] = Math.max(most[axis]!, at + 0.5)
    })
  }
  const side = Math.max(most[0]! - least[0]!, most[1]! - least[1]!)
  const [u, v] = [(least[0]! + most[0]!) / 2, (least[1]! + most[1]!) / 2]
  return { x0: cos * u - sin * v, xu: side * cos, xv: -side * sin, y0: sin * u + cos * v, yu: side * sin, yv: side * cos }
}
