/** Planes of logits, and masks made of them. */
import { encodeRle, rleBox } from '#shared/geometry/rle.ts'
import type { Box, Rle } from '#shared/model/shape.ts'

/** Row-major values, the part [0, height) × [0, width) of rows that are `stride` apart. */
export interface Plane {
  readonly height: number
  readonly width: number
  readonly data: Float32Array
  /** `width` by default. */
  readonly stride?: number
}

export interface Size {
  readonly width: number
  readonly height: number
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

/**
 * Resizes a plane column by column, like torch.nn.functional.interpolate(mode='bilinear', align_corners=False): `take` gets
 * each output column of [from, to), whose array is reused.
 */
export function eachColumn(
  plane: Plane,
  { width, height }: Size,
  take: (column: Float32Array, x: number) => void,
  from = 0,
  to = width,
): void {
  const { data, stride = plane.width } = plane
  const [across, down] = [taps(plane.width, width), taps(plane.height, height)]
  const narrow = new Float64Array(plane.height + 1)
  const column = new Float32Array(height)
  for (let x = from; x < to; x++) {
    const [left, share] = [across.low[x]!, across.share[x]!]
    const right = share ? left + 1 : left
    for (let y = 0; y < plane.height; y++) narrow[y] = data[y * stride + left]! * (1 - share) + data[y * stride + right]! * share
    for (let y = 0; y < height; y++) column[y] = narrow[down.low[y]!]! * (1 - down.share[y]!) + narrow[down.low[y]! + 1]! * down.share[y]!
    take(column, x)
  }
}

/** The plane resized as {@link eachColumn} does. */
export function resizePlane(plane: Plane, to: Size): Plane {
  if (plane.width === to.width && plane.height === to.height && !plane.stride) return plane
  const data = new Float32Array(to.width * to.height)
  eachColumn(plane, to, (column, x) => {
    for (let y = 0; y < column.length; y++) data[y * to.width + x] = column[y]!
  })
  return { ...to, data }
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

/** The mask of what exceeds `threshold` after resizing; undefined if nothing does. */
export function maskOf(plane: Plane, to: Size, threshold = 0): { readonly mask: Rle; readonly box: Box } | undefined {
  const mask = new MaskBuilder(to)
  eachColumn(plane, to, (column) => {
    for (let y = 0; y < column.length; y++) mask.add(column[y]! > threshold)
  })
  if (!mask.area) return undefined
  const rle = mask.build()
  return { mask: rle, box: rleBox(rle) }
}
