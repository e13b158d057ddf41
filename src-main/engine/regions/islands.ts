import type { Box } from '#shared/model/shape.ts'

/** Islands of fewer pixels are noise. */
const LEAST = 50

/** The boxes around the connected parts (by sides) of a bitmap [height, width] that are not tiny. */
export function islandsIn(bitmap: Uint8Array, width: number, height: number): Box[] {
  const rest = Uint8Array.from(bitmap)
  const stack: number[] = []
  const out: Box[] = []
  for (let first = 0; first < rest.length; first++) {
    if (!rest[first]) continue
    let [left, top, right, bottom, area] = [width, height, 0, 0, 0]
    const take = (at: number) => {
      rest[at] = 0
      stack.push(at)
    }
    take(first)
    while (stack.length) {
      const at = stack.pop()!
      const [x, y] = [at % width, Math.floor(at / width)]
      area++
      left = Math.min(left, x)
      right = Math.max(right, x + 1)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y + 1)
      if (x > 0 && rest[at - 1]) take(at - 1)
      if (x < width - 1 && rest[at + 1]) take(at + 1)
      if (y > 0 && rest[at - width]) take(at - width)
      if (y < height - 1 && rest[at + width]) take(at + width)
    }
    if (area >= LEAST) out.push({ x: left, y: top, w: right - left, h: bottom - top })
  }
  return out
}
