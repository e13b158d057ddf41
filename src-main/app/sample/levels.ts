/** A picture at falling resolutions, to be drawn at any size. */
export interface Level {
  readonly side: number
  /** RGBA with premultiplied colours, a square. */
  readonly data: Uint8Array
}

/** The smallest side of a picture's levels. */
const SMALLEST = 16

/** Each half of the one before. @param rgba straight RGBA of a square picture */
export function levelsOf(side: number, rgba: Uint8Array): Level[] {
  const data = rgba.map((x, i) => (i % 4 === 3 ? x : Math.round((x * rgba[i | 3]!) / 255)))
  const levels: Level[] = [{ side, data }]
  for (let last = levels[0]!; last.side / 2 >= SMALLEST; last = levels.at(-1)!) levels.push(halved(last))
  return levels
}

function halved({ side, data }: Level): Level {
  const half = Math.floor(side / 2)
  const out = new Uint8Array(half * half * 4)
  for (let y = 0; y < half; y++)
    for (let x = 0; x < half; x++)
      for (let c = 0; c < 4; c++) {
        const at = (2 * y * side + 2 * x) * 4 + c
        out[(y * half + x) * 4 + c] = Math.round((data[at]! + data[at + 4]! + data[at + 4 * side]! + data[at + 4 * side + 4]!) / 4)
      }
  return { side: half, data: out }
}
