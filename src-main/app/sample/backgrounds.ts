import type { Random } from './random.ts'

/** Two tints of each colour, as RGB. */
const colours: Record<string, readonly [light: number, dark: number]> = {
  blue: [0x7eb0f0, 0x3a6ec8],
  green: [0x96d68c, 0x469654],
  yellow: [0xfcec96, 0xf0cc46],
  pink: [0xfcc8dc, 0xec84b0],
  purple: [0xccb0f0, 0x825cbe],
  orange: [0xfcd096, 0xf09646],
  grey: [0xdee0e4, 0x969aa2],
  brown: [0xc8aa8c, 0x806046],
  white: [0xffffff, 0xe8ecf0],
  black: [0x42444a, 0x16181c],
}
const channels = (rgb: number) => [rgb >> 16, (rgb >> 8) & 0xff, rgb & 0xff] as const
type Rgb = ReturnType<typeof channels>

/** Maps a pixel to the amount, 0 to 1, of the second tint. */
type Pattern = (random: Random, width: number, height: number) => (x: number, y: number) => number

const gradient: Pattern = (random, width, height) => {
  const angle = random.between(0, 2 * Math.PI)
  const [dx, dy] = [Math.cos(angle), Math.sin(angle)]
  const reach = (Math.abs(dx) * width + Math.abs(dy) * height) / 2
  return (x, y) => 0.5 + ((x - width / 2) * dx + (y - height / 2) * dy) / (2 * reach)
}
const striped: Pattern = (random) => {
  const [dx, dy] = random.pick([
    [1, 0],
    [0, 1],
    [1, 1],
    [1, -1],
    [1, 2],
  ] as const)
  const period = random.integer(24, 90)
  return (x, y) => ((((x * dx + y * dy) % period) + period) % period < period / 2 ? 0 : 0.7)
}
const checked: Pattern = (random) => {
  const side = random.integer(20, 70)
  return (x, y) => ((Math.floor(x / side) + Math.floor(y / side)) % 2 ? 0.6 : 0)
}
const dotted: Pattern = (random) => {
  const pitch = random.integer(28, 64)
  const r2 = (pitch * random.between(0.15, 0.3)) ** 2
  return (x, y) => (((x % pitch) - pitch / 2) ** 2 + ((y % pitch) - pitch / 2) ** 2 < r2 ? 0.8 : 0.1)
}
/** Value noise: random values on a grid, smoothly interpolated. */
const cloudy: Pattern = (random, width, height) => {
  const cell = random.integer(24, 80)
  const columns = Math.ceil(width / cell) + 2
  const values = Float64Array.from({ length: columns * (Math.ceil(height / cell) + 2) }, () => random.next())
  const smooth = (t: number) => t * t * (3 - 2 * t)
  return (x, y) => {
    const [cx, cy] = [Math.floor(x / cell), Math.floor(y / cell)]
    const [u, v] = [smooth(x / cell - cx), smooth(y / cell - cy)]
    const at = (i: number, j: number) => values[(cy + j) * columns + cx + i]!
    return (at(0, 0) * (1 - u) + at(1, 0) * u) * (1 - v) + (at(0, 1) * (1 - u) + at(1, 1) * u) * v
  }
}
const patterns: Record<string, Pattern> = { '': gradient, striped, checked, dotted, cloudy }

/** An opaque RGB background and its description: 'a striped blue background'. */
export function makeBackground(random: Random, width: number, height: number): { rgb: Uint8Array; phrase: string } {
  const colour = random.pick(Object.keys(colours))
  const kind = random.pick(Object.keys(patterns))
  const [light, dark] = colours[colour]!.map(channels) as [Rgb, Rgb]
  const amount = patterns[kind]!(random, width, height)
  const rgb = new Uint8Array(width * height * 3)
  for (let y = 0, o = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const t = amount(x, y)
      for (let c = 0; c < 3; c++) rgb[o++] = Math.round(light[c]! + (dark[c]! - light[c]!) * t)
    }
  const words = [kind, colour].filter(Boolean).join(' ')
  return { rgb, phrase: `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words} background` }
}
