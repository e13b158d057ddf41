/** An image as our own decoders return it: upright, samples interleaved row by row. */
export interface Raster {
  readonly width: number
  readonly height: number
  /** 1 is grey, 2 grey with alpha, 3 RGB, 4 RGBA. */
  readonly channels: 1 | 2 | 3 | 4
  /** Uint16Array only of grey. */
  readonly data: Uint8Array | Uint16Array
}

/** Facts from the header, before anything is unpacked. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** Refuses sizes that no real image has, or that would fill the memory. */
export function checkSize({ width, height }: Size, pixelLimit: number): void {
  if (!(width >= 1 && height >= 1)) throw new Error(`expected a width and a height of at least 1, found ${width} × ${height}`)
  if (width * height > pixelLimit) throw new TooManyPixels(`${width} × ${height} pixels, the limit is ${pixelLimit} pixels`)
}

/** The file may be intact: it is only larger than the limit. */
export class TooManyPixels extends Error {
  override readonly name = 'TooManyPixels'
}
