/**
 * RandAugment (Cubuk et al. 2020, "RandAugment: practical automated data augmentation with a reduced search space", §3): some
 * operations drawn at random, all of one magnitude. Operations, their ranges and their arithmetic on bytes, in float32 cut down to
 * whole numbers, are those of torchvision.transforms.RandAugment on tensors; places outside the picture are black.
 */
import type { Size } from './raster.ts'
import type { Rng } from './rng.ts'

/** The largest magnitude: torchvision's has 31 levels. */
export const MOST = 30

/** RGB bytes, interleaved. */
interface Picture extends Size {
  readonly data: Uint8Array
}

interface Operation {
  /** Either sign is as likely. */
  readonly signed?: true
  /** What a magnitude of 0 to {@link MOST} means for it. */
  of(magnitude: number, size: Size): number
  apply(picture: Picture, value: number): Uint8Array
}

const f = Math.fround
/** From 0 in equal steps up to `most`, as torch.linspace rounds them. */
const upTo =
  (most: number | ((size: Size) => number)): Operation['of'] =>
  (magnitude, size) => {
    const end = f(typeof most === 'number' ? most : most(size))
    const step = f(end / MOST)
    return magnitude < MOST / 2 ? f(step * magnitude) : f(end - f(step * (MOST - magnitude)))
  }
const none = () => 0

/** In torchvision's order. */
export const operations = {
  identity: { of: none, apply: ({ data }) => data },
  shearX: {
    signed: true,
    of: upTo(0.3),
    apply: (p, m) => moved(p, [1, m, (m * p.height) / 2], [0, 1, 0]),
  },
  shearY: {
    signed: true,
    of: upTo(0.3),
    apply: (p, m) => moved(p, [1, 0, 0], [m, 1, (m * p.width) / 2]),
  },
  translateX: {
    signed: true,
    of: upTo(({ width }) => (150 / 331) * width),
    apply: (p, m) => moved(p, [1, 0, -Math.trunc(m)], [0, 1, 0]),
  },
  translateY: {
    signed: true,
    of: upTo(({ height }) => (150 / 331) * height),
    apply: (p, m) => moved(p, [1, 0, 0], [0, 1, -Math.trunc(m)]),
  },
  rotate: {
    signed: true,
    of: upTo(30),
    apply(p, degrees) {
      const [sin, cos] = [Math.sin, Math.cos].map((of) => of((degrees * Math.PI) / 180)) as [number, number]
      return moved(p, [cos, -sin, 0], [sin, cos, 0])
    },
  },
  brightness: { signed: true, of: upTo(0.9), apply: ({ data }, m) => blended(data, () => 0, m) },
  color: { signed: true, of: upTo(0.9), apply: ({ data }, m) => blended(data, (at) => grey(data, at - (at % 3)), m) },
  contrast: {
    signed: true,
    of: upTo(0.9),
    apply({ data }, m) {
      let sum = 0
      for (let at = 0; at < data.length; at += 3) sum += grey(data, at)
      const mean = f((sum * 3) / data.length)
      return blended(data, () => mean, m)
    },
  },
  sharpness: {
    signed: true,
    of: upTo(0.9),
    apply(p, m) {
      const smooth = smoothed(p)
      return blended(p.data, (at) => smooth[at]!, m)
    },
  },
  posterize: {
    of: (magnitude) => 8 - Math.round((4 * magnitude) / MOST),
    apply: ({ data }, bits) => data.map((v) => v & -(2 ** (8 - bits))),
  },
  solarize: {
    of: (magnitude) => f(255 - f(f(255 / MOST) * magnitude)),
    apply: ({ data }, from) => data.map((v) => (v >= from ? 255 - v : v)),
  },
  autoContrast: {
    of: none,
    apply: ({ data }) =>
      byChannel(data, (count) => {
        const [low, high] = [count.findIndex(Boolean), count.findLastIndex(Boolean)]
        const scale = f(255 / (high - low))
        return (v) => (high === low ? v : Math.trunc(f((v - low) * scale)))
      }),
  },
  equalize: {
    of: none,
    apply: ({ data }) =>
      byChannel(data, (count) => {
        const pixels = data.length / 3
        const step = Math.floor((pixels - count[count.findLastIndex(Boolean)]!) / 255)
        if (step === 0) return (v) => v
        let before = 0
        const table = Array.from(count, (n) => {
          const to = Math.min(255, Math.floor((before + Math.floor(step / 2)) / step))
          before += n
          return to
        })
        return (v) => table[v]!
      }),
  },
} as const satisfies Record<string, Operation>

/**
 * The picture after `count` operations, drawn with replacement.
 * @param magnitude 0 to {@link MOST}
 * @returns new bytes, or the picture's own where nothing changed
 */
export function randAugment(picture: Picture, { count, magnitude }: { readonly count: number; readonly magnitude: number }, rng: Rng) {
  const all: Operation[] = Object.values(operations)
  let { data } = picture
  for (let i = 0; i < count; i++) {
    const { signed, of, apply } = all[rng.int(all.length)]!
    const value = of(magnitude, picture)
    data = apply({ ...picture, data }, signed && rng.chance(0.5) ? -value : value)
  }
  return data
}

/**
 * The nearest pixel at (x', y') = (a·x + b·y + c, …) for each (x, y), both relative to the middle.
 * Rounds as PyTorch's grid_sample does: in float32, halves to the even number.
 */
function moved({ width, height, data }: Picture, toX: readonly number[], toY: readonly number[]): Uint8Array {
  const out = new Uint8Array(data.length)
  const row = (of: readonly number[], side: number) => of.map((v) => f(f(v) / f(side / 2))) as [number, number, number]
  const [[ax, bx, cx], [ay, by, cy]] = [row(toX, width), row(toY, height)]
  const nearest = (v: number, side: number) => even(f(f(f(f(v) + 1) * side - 1) / 2))
  for (let y = 0, to = 0; y < height; y++) {
    const v = y + 0.5 - height / 2
    for (let x = 0; x < width; x++, to += 3) {
      const u = x + 0.5 - width / 2
      const sx = nearest(ax * u + bx * v + cx, width)
      const sy = nearest(ay * u + by * v + cy, height)
      if (sx < 0 || sy < 0 || sx >= width || sy >= height) continue
      const at = (sy * width + sx) * 3
      out[to] = data[at]!
      out[to + 1] = data[at + 1]!
      out[to + 2] = data[at + 2]!
    }
  }
  return out
}

const even = (v: number) => {
  const low = Math.floor(v)
  const part = v - low
  return part > 0.5 || (part === 0.5 && low % 2 !== 0) ? low + 1 : low
}

/** (1 + m)·picture − m·other, byte by byte. */
function blended(data: Uint8Array, other: (at: number) => number, m: number): Uint8Array {
  const [own, rest] = [f(1 + m), f(-m)]
  return data.map((v, at) => Math.trunc(Math.max(0, Math.min(255, f(f(own * v) + f(rest * other(at)))))))
}

const grey = (data: Uint8Array, at: number) =>
  Math.trunc(f(f(f(f(0.2989) * data[at]!) + f(f(0.587) * data[at + 1]!)) + f(f(0.114) * data[at + 2]!)))

/** Each pixel but those of the border five times among its eight neighbours. */
function smoothed({ width, height, data }: Picture): Uint8Array {
  const out = data.slice()
  for (let y = 1; y < height - 1; y++)
    for (let at = (y * width + 1) * 3; at < (y * width + width - 1) * 3; at++) {
      let sum = 4 * data[at]!
      for (let row = at - width * 3; row <= at + width * 3; row += width * 3) sum += data[row - 3]! + data[row]! + data[row + 3]!
      out[at] = Math.round(sum / 13)
    }
  return out
}

/** Each colour by a function of how often it has each value. */
function byChannel(data: Uint8Array, of: (count: Int32Array) => (v: number) => number): Uint8Array {
  const counts = [0, 1, 2].map(() => new Int32Array(256))
  data.forEach((v, at) => counts[at % 3]![v]!++)
  const maps = counts.map(of)
  return data.map((v, at) => maps[at % 3]!(v))
}
