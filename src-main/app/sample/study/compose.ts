/** One pictograph on a background, varied in place, pose and size. */
import { makeBackground } from '../backgrounds.ts'
import type { Level } from '../levels.ts'
import type { Random } from '../random.ts'
import { chooseAngle } from '../scenes.ts'
import { extent, placeOf, warped } from '../warp.ts'

/** Side of the pictures, in px. */
export const side = 80
/** Length of a pictograph's side as a share of the picture's. */
const share = [0.5, 0.95] as const
/** Paper, for outlines. */
const paper = [0xf6, 0xf4, 0xee]

export interface Ground {
  /** Drawn on a sheet of paper instead of a coloured background. */
  readonly paper?: boolean
}

/** @returns RGB, [side, side, 3] */
export function composed(random: Random, levels: readonly Level[], ground: Ground = {}): Uint8Array {
  const rgb = ground.paper ? Uint8Array.from({ length: 3 * side * side }, (_, i) => paper[i % 3]!) : makeBackground(random, side, side).rgb
  const angle = (chooseAngle(random) * Math.PI) / 180
  const stretch = Math.exp(random.between(-0.12, 0.12))
  const size = side * random.between(...share)
  const [sx, sy] = [size * stretch, size / stretch]
  const { w, h } = extent({ sx, sy, angle })
  // Within the picture as far as it has room, else about its middle.
  const centre = (length: number) => {
    const room = Math.max(0.06 * side, side - length)
    return side / 2 + random.between(-room / 2, room / 2)
  }
  const place = placeOf({ cx: centre(w), cy: centre(h), sx, sy, angle }, side)
  const drawn = warped(levels, place)
  let o = 0
  for (let y = place.y0; y < place.y1; y++)
    for (let x = place.x0; x < place.x1; x++, o += 4) {
      const keep = 1 - drawn[o + 3]! / 255
      const at = 3 * (y * side + x)
      for (let c = 0; c < 3; c++) rgb[at + c] = Math.round(drawn[o + c]! + keep * rgb[at + c]!)
    }
  return rgb
}
