/** An image as returned by our own decoders: upright, samples interleaved, row-major. */
export interface Raster {
  readonly width: number
  readonly height: number
  /** 1: grey, 2: grey with alpha, 3: RGB, 4: RGBA. */
  readonly channels: 1 | 2 | 3 | 4
  /** Uint16Array for grey only. */
  readonly data: Uint8Array | Uint16Array
}

/** Facts from the header, known before decoding. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** @throws on sizes that no real image has, or that would fill the memory */
export function checkSize({ width, height }: Size, pixelLimit: number): void {
  if (!(width >= 1 && height >= 1)) throw new Error(`expected a width and a height of at least 1, found ${width} × ${height}`)
  if (width * height > pixelLimit) throw new TooManyPixels(`${width} × ${height} pixels, the limit is ${pixelLimit} pixels`)
}

/** The file may be intact: it just exceeds the limit. */
export class TooManyPixels extends Error {
  override readonly name = 'TooManyPixels'
}
