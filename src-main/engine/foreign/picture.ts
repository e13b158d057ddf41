import type { ForeignManifest } from '#shared/model/foreign.ts'
import { overWhite, type Pixels } from '../data/pixels.ts'
import { resize } from '../data/resample.ts'

/** Where an image lies in a model's input, in pixels of the input. */
export interface Placed {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export function placeIn(
  { width, height, fit }: ForeignManifest['input'],
  image: { readonly width: number; readonly height: number },
): Placed {
  if (fit === 'stretch') return { x: 0, y: 0, width, height }
  const scale = Math.min(width / image.width, height / image.height)
  const shown = { width: Math.max(1, Math.round(image.width * scale)), height: Math.max(1, Math.round(image.height * scale)) }
  const centred = fit === 'letterbox'
  return { ...shown, x: centred ? Math.floor((width - shown.width) / 2) : 0, y: centred ? Math.floor((height - shown.height) / 2) : 0 }
}

/** The input's numbers: the image resized linearly, placed, and normalised. */
export function inputOf(pixels: Pixels, input: ForeignManifest['input'], at: Placed): Float32Array {
  const { width, height, layout, order, fill, scale, mean, std } = input
  const image = resize(overWhite(pixels), at.width, at.height, 'bilinear')
  const out = new Float32Array(3 * width * height)
  for (let c = 0; c < 3; c++) {
    const from = order === 'rgb' ? c : 2 - c
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const [u, v] = [x - at.x, y - at.y]
        const isInside = u >= 0 && v >= 0 && u < at.width && v < at.height
        const level = isInside ? image.data[(v * at.width + u) * 3 + from]! : fill
        out[layout === 'nchw' ? (c * height + y) * width + x : (y * width + x) * 3 + c] = (level * scale - mean[c]!) / std[c]!
      }
  }
  return out
}
