/**
 * Interpolates a shape between two key frames. Boxes change linearly in centre, size and angle (the shorter way
 * round). Outlines and lines are matched vertex by vertex if they have equally many, otherwise at equal fractions of
 * their lengths. Shapes that cannot be interpolated (masks, different kinds, polygons of different structure) are
 * held until the next key frame.
 */
import type { Keypoint, PolygonPart, Ring, RotatedBoxShape, Shape } from '../model/shape.ts'
import { signedRingArea } from './polygon.ts'

/** The shape at fraction `t` ∈ [0, 1] between the key frames. */
export type Between = (t: number) => Shape

const mix = (p: number, q: number, t: number) => p + (q - p) * t
const hold =
  (shape: Shape): Between =>
  () =>
    shape

/** The correspondence between the two shapes is computed once for all frames between them. */
export function between(a: Shape, b: Shape): Between {
  if (a.kind === 'box' && b.kind === 'box')
    return (t) => ({ kind: 'box', x: mix(a.x, b.x, t), y: mix(a.y, b.y, t), w: mix(a.w, b.w, t), h: mix(a.h, b.h, t) })
  const [p, q] = [turned(a), turned(b)]
  if (p && q) return turning(p, q)
  if (a.kind === 'polygon' && b.kind === 'polygon') return polygons(a.parts, b.parts) ?? hold(a)
  if (a.kind === 'polyline' && b.kind === 'polyline') {
    const line = flat(a.points, b.points, false)
    return (t) => ({ ...a, points: line(t) })
  }
  if (a.kind === 'keypoints' && b.kind === 'keypoints') {
    const points = keypoints(a.points, b.points)
    return points ? (t) => ({ ...a, points: points(t) }) : hold(a)
  }
  return hold(a)
}

function turned(s: Shape): RotatedBoxShape | null {
  if (s.kind === 'rotated-box') return s
  return s.kind === 'box' ? { kind: 'rotated-box', cx: s.x + s.w / 2, cy: s.y + s.h / 2, w: s.w, h: s.h, angle: 0 } : null
}

function turning(p: RotatedBoxShape, q: RotatedBoxShape): Between {
  const turn = ((((q.angle - p.angle + 180) % 360) + 360) % 360) - 180
  return (t) => ({
    kind: 'rotated-box',
    cx: mix(p.cx, q.cx, t),
    cy: mix(p.cy, q.cy, t),
    w: mix(p.w, q.w, t),
    h: mix(p.h, q.h, t),
    angle: p.angle + turn * t,
  })
}

/** Ring by ring; null unless both have the same parts and holes. */
function polygons(a: readonly PolygonPart[], b: readonly PolygonPart[]): Between | null {
  if (a.length !== b.length || a.some((part, i) => part.length !== b[i]!.length)) return null
  const rings = a.map((part, i) => part.map((ring, j) => flat(ring, b[i]![j]!, true)))
  return (t) => ({ kind: 'polygon', parts: rings.map((part) => part.map((ring) => ring(t))) })
}

/**
 * Matched by name if every point has one, otherwise by index. A point that is not labelled in the first shape stays
 * unlabelled.
 */
function keypoints(a: readonly Keypoint[], b: readonly Keypoint[]): ((t: number) => Keypoint[]) | null {
  const named = (points: readonly Keypoint[]) => new Map(points.flatMap((p) => (p.name === undefined ? [] : [[p.name, p] as const])))
  const others = named(b)
  const byName = named(a).size === a.length && others.size === b.length
  if (!byName && a.length !== b.length) return null
  const pairs = a.map((p, i) => [p, byName ? others.get(p.name!) : b[i]] as const)
  return (t) => pairs.map(([p, q]) => (q && p.v > 0 && q.v > 0 ? { ...p, x: mix(p.x, q.x, t), y: mix(p.y, q.y, t) } : p))
}

/** Interpolates flat points; `closed`: a ring, whose start and direction may differ in `b`. */
function flat(a: Ring, b: Ring, closed: boolean): (t: number) => Ring {
  const partner = a.length === b.length ? samePlaces(a, b, closed) : null
  const [p, q] = partner ? [a, partner] : resampled(a, closed ? placed(a, b) : facing(a, b), closed)
  return (t) => p.map((v, i) => mix(v, q[i]!, t))
}

const pairs = (points: readonly number[]) => points.length / 2
const reversed = (points: Ring): Ring => Array.from(points, (_, i) => points[points.length - 2 - (i - (i % 2)) + (i % 2)]!)
const rolled = (points: Ring, by: number): Ring => [...points.slice(2 * by), ...points.slice(0, 2 * by)]

/** Points relative to their mean, so that translation does not affect the matching. */
function centred(points: Ring): Ring {
  const n = pairs(points)
  let [x, y] = [0, 0]
  for (let i = 0; i < points.length; i += 2) {
    x += points[i]! / n
    y += points[i + 1]! / n
  }
  return points.map((v, i) => v - (i % 2 ? y : x))
}

/** Sum of squared distances between points of equal index, with `b` starting at point `from`. */
function apart(a: Ring, b: Ring, from = 0): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[(i + 2 * from) % b.length]!) ** 2
  return sum
}

/**
 * Vertices keep their order unless another start or direction fits better by this factor, which suggests that the
 * outline was redrawn.
 */
const redrawn = 4
/** Maximum number of vertices tried as the start of a ring. */
const starts = 256

/** `b`, with as many points as `a`, reordered to correspond to the points of `a`. */
function samePlaces(a: Ring, b: Ring, closed: boolean): Ring {
  const sameWay = !closed || signedRingArea(a) * signedRingArea(b) >= 0
  const best = closed ? placed(a, b) : facing(a, b)
  const of = centred(a)
  const asItIs = apart(of, centred(b))
  return sameWay && asItIs <= redrawn * apart(of, centred(best)) + 1e-9 ? b : best
}

/** `b` in the direction whose ends are closer to those of `a`. */
function facing(a: Ring, b: Ring): Ring {
  const ends = (points: Ring): Ring => [points[0]!, points[1]!, points.at(-2)!, points.at(-1)!]
  const other = reversed(b)
  return apart(ends(a), ends(other)) < apart(ends(a), ends(b)) ? other : b
}

/** The ring `b` with the start and direction closest to `a`. */
function placed(a: Ring, b: Ring): Ring {
  const way = signedRingArea(a) * signedRingArea(b) < 0 ? reversed(b) : b
  const few = centred(pointsAt(a, even, lengths(a, true)))
  const along = lengths(way, true)
  let [best, least] = [0, Infinity]
  for (let from = 0; from < pairs(way); from += Math.ceil(pairs(way) / starts)) {
    const start = from && along.whole ? along.ends[from - 1]! / along.whole : 0
    const parts = even.map((t) => (t + start) % 1)
    const d = apart(few, centred(pointsAt(way, parts, along)))
    if (d < least - 1e-9) [best, least] = [from, d]
  }
  return best ? rolled(way, best) : way
}
const even = Array.from({ length: 64 }, (_, i) => i / 64)

interface Lengths {
  /** Cumulative length up to the end of each segment. */
  ends: number[]
  whole: number
}
function lengths(points: Ring, closed: boolean): Lengths {
  const n = pairs(points)
  const ends: number[] = []
  let whole = 0
  for (let i = 0; i < (closed ? n : n - 1); i++) {
    const j = (i + 1) % n
    whole += Math.hypot(points[2 * j]! - points[2 * i]!, points[2 * j + 1]! - points[2 * i + 1]!)
    ends.push(whole)
  }
  return { ends, whole }
}

/** The points at the given fractions (0 to 1) of a line's length. */
function pointsAt(points: Ring, parts: readonly number[], { ends, whole }: Lengths): Ring {
  const n = pairs(points)
  return parts.flatMap((part) => {
    const at = part * whole
    let [low, high] = [0, ends.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (ends[middle]! < at) low = middle + 1
      else high = middle
    }
    const from = low === 0 ? 0 : ends[low - 1]!
    const length = ends[low]! - from
    const [i, j, t] = [low, (low + 1) % n, length ? (at - from) / length : 0]
    return [mix(points[2 * i]!, points[2 * j]!, t), mix(points[2 * i + 1]!, points[2 * j + 1]!, t)]
  })
}

/**
 * Both lines with a point at every fraction of length at which either has a vertex, so that each keeps all its
 * corners.
 */
function resampled(a: Ring, b: Ring, closed: boolean): [Ring, Ring] {
  const [p, q] = [lengths(a, closed), lengths(b, closed)]
  const corners = ({ ends, whole }: Lengths) => [0, ...(closed ? ends.slice(0, -1) : ends).map((v) => (whole ? v / whole : 0))]
  const all = [...corners(p), ...corners(q)].sort((x, y) => x - y)
  const parts = all.filter((part, i) => i === 0 || part - all[i - 1]! > 1e-9)
  return [pointsAt(a, parts, p), pointsAt(b, parts, q)]
}
