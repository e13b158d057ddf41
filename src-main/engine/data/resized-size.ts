/** How large image processors of `transformers` make an image. */

export type Size = { shortest_edge: number } | { height: number; width: number }

interface Picture {
  readonly width: number
  readonly height: number
}

interface Resizing {
  readonly size: Size
  /** The most that the longest edge may be. */
  readonly within?: number
}

/**
 * The shortest edge becomes `size`; the other is truncated, not rounded: ⌊size · long / short⌋. Where that exceeds `within`,
 * the shortest is less, rounded half to even (`get_size_with_aspect_ratio`).
 */
export function resizedSize({ width, height }: Picture, { size, within }: Resizing): Picture {
  if ('height' in size) return size
  const short = size.shortest_edge
  const [least, most] = [Math.min(width, height), Math.max(width, height)]
  if (within && (most / least) * short > within) {
    const exact = (within * least) / most
    const rounded = Math.max(1, halfToEven(exact))
    if (rounded === least) return { width, height }
    const other = Math.trunc((exact * most) / least)
    return width < height ? { width: rounded, height: other } : { width: other, height: rounded }
  }
  if (within && short === least) return { width, height }
  return width <= height
    ? { width: short, height: Math.trunc((short * height) / width) }
    : { width: Math.trunc((short * width) / height), height: short }
}

function halfToEven(x: number): number {
  const low = Math.floor(x)
  const rest = x - low
  return rest === 0.5 ? low + (low % 2) : Math.round(x)
}

/** The longest edge becomes `edge`, rounded half up (SamImageProcessor), but no edge less than a pixel. */
export function fitted({ width, height }: Picture, edge: number): Picture {
  const scaled = (side: number) => Math.max(1, Math.trunc(side * (edge / Math.max(width, height)) + 0.5))
  return { width: scaled(width), height: scaled(height) }
}
