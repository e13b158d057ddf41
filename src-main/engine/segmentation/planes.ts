/** Planes of logits, and masks made of them. */
import { encodeRle, rleBox } from '#shared/geometry/rle.ts'
import type { Box, Rle } from '#shared/model/shape.ts'

export interface Size {
  readonly width: number
  readonly height: number
}

/** Row-major values. */
export interface Plane extends Size {
  readonly data: Float32Array
}

/** A plane of which one column at a time is wanted, so that what is resized needs no memory of its own. */
export interface Columns extends Size {
  /** The array may be reused for the next column. */
  column(x: number): Float32Array
}

export function columnsOf({ width, height, data }: Plane): Columns {
  const out = new Float32Array(height)
  return {
    width,
    height,
    column(x) {
      for (let y = 0; y < height; y++) out[y] = data[y * width + x]!
      return out
    },
  }
}

/** The top-left part. */
export const cropped = (source: Columns, { width, height }: Size): Columns => ({
  width,
  height,
  column: (x) => source.column(x).subarray(0, height),
})

/** Resized like torch.nn.functional.interpolate(mode='bilinear', align_corners=False). */
export function resized(source: Columns, { width, height }: Size): Columns {
  const [across, down] = [taps(source.width, width), taps(source.height, height)]
  const known = [0, 1].map(() => ({ at: -1, data: new Float32Array(source.height) }))
  /** Column x of the source; of two, the one further to the left makes room. */
  const read = (x: number): Float32Array => {
    let own = known.find(({ at }) => at === x)
    if (!own) {
      own = known[0]!.at <= known[1]!.at ? known[0]! : known[1]!
      own.data.set(source.column(x))
      own.at = x
    }
    return own.data
  }
  const [narrow, out] = [new Float32Array(source.height + 1), new Float32Array(height)]
  return {
    width,
    height,
    column(x) {
      const [low, share] = [across.low[x]!, across.share[x]!]
      const left = read(low)
      const right = share ? read(low + 1) : left
      for (let y = 0; y < source.height; y++) narrow[y] = left[y]! * (1 - share) + right[y]! * share
      for (let y = 0; y < height; y++) {
        const at = down.low[y]!
        out[y] = narrow[at]! * (1 - down.share[y]!) + narrow[at + 1]! * down.share[y]!
      }
      return out
    },
  }
}

/** For each of `to` outputs: the lower of two inputs, and the share of the upper one. */
function taps(from: number, to: number): { readonly low: Int32Array; readonly share: Float64Array } {
  const [low, share] = [new Int32Array(to), new Float64Array(to)]
  for (let i = 0; i < to; i++) {
    const x = Math.max(0, ((i + 0.5) * from) / to - 0.5)
    low[i] = Math.min(from - 1, Math.floor(x))
    share[i] = low[i]! < from - 1 ? x - low[i]! : 0
  }
  return { low, share }
}

/** All columns in memory. */
export function planeOf(source: Columns): Plane {
  const { width, height } = source
  const data = new Float32Array(width * height)
  for (let x = 0; x < width; x++) {
    const column = source.column(x)
    for (let y = 0; y < height; y++) data[y * width + x] = column[y]!
  }
  return { width, height, data }
}

/** Collects a mask column by column. */
export class MaskBuilder {
  private readonly counts: number[] = []
  private inside = false
  private run = 0
  area = 0

  constructor(private readonly size: Size) {}

  add(isInside: boolean): void {
    if (isInside === this.inside) this.run++
    else {
      this.counts.push(this.run)
      this.run = 1
      this.inside = isInside
    }
    if (isInside) this.area++
  }

  build(): Rle {
    const { height, width } = this.size
    return encodeRle({ height, width, counts: [...this.counts, this.run] })
  }
}

/** The mask of what exceeds `threshold`; undefined if nothing does. */
export function maskOf(source: Columns, threshold = 0): { readonly mask: Rle; readonly box: Box } | undefined {
  const mask = new MaskBuilder(source)
  for (let x = 0; x < source.width; x++) {
    const column = source.column(x)
    for (let y = 0; y < column.length; y++) mask.add(column[y]! > threshold)
  }
  if (!mask.area) return undefined
  const rle = mask.build()
  return { mask: rle, box: rleBox(rle) }
}

/** One array after the other. */
export function concatenated(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
