/**
 * Outlines with fewer vertices and the same topology: Douglas & Peucker's simplification (1973), of which the spans that
 * would cross something, or leave it on their other side, are split again.
 */
import type { PolygonPart, Ring } from '../model/shape.ts'
import { boundsOf } from './box.ts'
import { ringArea, ringContains, signedRingArea } from './polygon.ts'
import { meetings, type Segment } from './segments.ts'

/**
 * No dropped vertex is further than `tolerance` pixels from the line that replaces it; 0 keeps every vertex. All vertices
 * are vertices of the source. If the source's rings do not cross, the result's do not either, and lie as before within or
 * outside one another. A part or hole that fits into a square of `tolerance` pixels is dropped, but never the largest part.
 */
export function simplified(parts: readonly PolygonPart[], tolerance: number): PolygonPart[] {
  if (!(tolerance > 0)) return parts.map((part) => part.map((ring) => [...ring]))
  const large = withoutSpecks(parts, tolerance)
  const shared = sharedVertices(large.flat())
  const outlines = large.map((part) => part.map((ring) => new Outline(ring, shared, tolerance)))
  const all = outlines.flat()
  while (splitAll(wrong(all, shared))) continue
  return outlines.map((part) => part.map((outline) => outline.ring()))
}

function withoutSpecks(parts: readonly PolygonPart[], tolerance: number): PolygonPart[] {
  const isSpeck = (ring: Ring) => {
    const { w, h } = boundsOf(ring)
    return w <= tolerance && h <= tolerance
  }
  const areas = parts.map(([outer]) => ringArea(outer!))
  const largest = areas.indexOf(Math.max(...areas))
  // What is inside a speck is a smaller speck: nothing loses the ring around it.
  return parts.flatMap(([outer, ...holes], i) =>
    i !== largest && isSpeck(outer!)
      ? []
      : [[outer!, ...(i === largest && isSpeck(outer!) ? holes : holes.filter((hole) => !isSpeck(hole)))]],
  )
}

/** Vertices through which the outlines pass more than once, as where two pixels touch by a corner. These are kept. */
function sharedVertices(rings: readonly Ring[]): ReadonlySet<string> {
  const [once, more] = [new Set<string>(), new Set<string>()]
  for (const ring of rings)
    for (let i = 0; i < ring.length; i += 2) {
      const key = keyOf(ring[i]!, ring[i + 1]!)
      if (once.has(key)) more.add(key)
      else once.add(key)
    }
  return more
}
const keyOf = (x: number, y: number) => `${x} ${y}`

/** From a kept vertex to the next; `to` may exceed the ring's length, so that `from` < `to`. */
interface Span extends Segment {
  readonly outline: Outline
  readonly from: number
  readonly to: number
}

class Outline {
  private readonly n: number
  private readonly kept: Set<number>
  private readonly area: number
  private made: Span[] | undefined

  constructor(
    private readonly source: Ring,
    shared: ReadonlySet<string>,
    private readonly tolerance: number,
  ) {
    this.n = source.length / 2
    this.area = signedRingArea(source)
    const far = this.furthestFrom(0)
    this.kept = new Set([far, this.furthestFrom(far)])
    if (shared.size) for (let i = 0; i < this.n; i++) if (shared.has(this.key(i))) this.kept.add(i)
    this.divide([...this.spans])
  }

  /** Keeps more vertices until all others are within the tolerance. */
  private divide(todo: Span[]): void {
    for (let span = todo.pop(); span; span = todo.pop()) {
      const middle = this.furthest(span, this.tolerance)
      if (middle !== null) todo.push(...this.keep(middle, span))
    }
  }
  private keep(middle: number, { from, to }: Span): [Span, Span] {
    this.kept.add(middle % this.n)
    this.made = undefined
    return [this.span(from, middle), this.span(middle, to)]
  }

  readonly x = (i: number) => this.source[2 * (i % this.n)]!
  readonly y = (i: number) => this.source[2 * (i % this.n) + 1]!
  readonly key = (i: number) => keyOf(this.x(i), this.y(i))

  private furthestFrom(i: number): number {
    let [best, worst] = [i, 0]
    for (let j = 0; j < this.n; j++) {
      const d = (this.x(j) - this.x(i)) ** 2 + (this.y(j) - this.y(i)) ** 2
      if (d > worst) [best, worst] = [j, d]
    }
    return best
  }

  private span = (from: number, to: number): Span => ({
    outline: this,
    from,
    to,
    x0: this.x(from),
    y0: this.y(from),
    x1: this.x(to),
    y1: this.y(to),
  })

  get spans(): readonly Span[] {
    if (this.made) return this.made
    const kept = [...this.kept].sort((i, j) => i - j)
    return (this.made = kept.map((from, k) => this.span(from, k + 1 < kept.length ? kept[k + 1]! : kept[0]! + this.n)))
  }

  /** The dropped vertex that is furthest from the span, by more than `least`; null if there is none. */
  private furthest({ from, to, x0, y0, x1, y1 }: Span, least: number): number | null {
    const [dx, dy] = [x1 - x0, y1 - y0]
    const length2 = dx * dx + dy * dy
    let [best, worst]: [number | null, number] = [null, least < 0 ? -1 : least * least]
    for (let i = from + 1; i < to; i++) {
      const [ux, uy] = [this.x(i) - x0, this.y(i) - y0]
      const t = length2 > 0 ? Math.min(1, Math.max(0, (ux * dx + uy * dy) / length2)) : 0
      const d = (ux - t * dx) ** 2 + (uy - t * dy) ** 2
      if (d > worst) [best, worst] = [i, d]
    }
    return best
  }

  /** False if nothing was dropped there. */
  split(span: Span): boolean {
    const middle = this.furthest(span, -1)
    if (middle === null) return false
    this.divide(this.keep(middle, span))
    return true
  }

  /** Whether it encloses nothing any more, or runs the other way round. */
  get collapsed(): boolean {
    return this.kept.size < Math.min(3, this.n) || (this.area !== 0 && signedRingArea(this.ring()) * Math.sign(this.area) <= 1e-12)
  }

  ring(): Ring {
    return this.spans.flatMap(({ x0, y0 }) => [x0, y0])
  }

  /** What the span cuts off or adds. */
  lens({ from, to }: Span): Ring {
    const ring: Ring = []
    for (let i = from; i <= to; i++) ring.push(this.x(i), this.y(i))
    return ring
  }
}

/** False if no span could be split: the source is like that. */
function splitAll(spans: ReadonlySet<Span>): boolean {
  let any = false
  for (const span of spans) if (span.outline.split(span)) any = true
  return any
}

function wrong(outlines: readonly Outline[], shared: ReadonlySet<string>): Set<Span> {
  const found = new Set<Span>()
  for (const outline of outlines) if (outline.collapsed) for (const span of outline.spans) found.add(span)
  const spans = outlines.flatMap((outline) => outline.spans)
  meetings(spans, (p, q) => found.add(p).add(q))
  if (shared.size) crossedAtVertices(outlines, shared, found)
  passedBy(outlines, spans, found)
  return found
}

/** Two lines through one vertex that cross there. */
function crossedAtVertices(outlines: readonly Outline[], shared: ReadonlySet<string>, found: Set<Span>): void {
  const passes = new Map<string, [before: Span, after: Span][]>()
  for (const { spans } of outlines)
    spans.forEach((before, k) => {
      const key = keyOf(before.x1, before.y1)
      if (shared.has(key)) passes.set(key, [...(passes.get(key) ?? []), [before, spans[(k + 1) % spans.length]!]])
    })
  for (const here of passes.values())
    for (let i = 1; i < here.length; i++)
      for (let j = 0; j < i; j++) {
        const [[a, b], [c, d]] = [here[i]!, here[j]!]
        if (between(angleOf(c, true), a, b) !== between(angleOf(d, false), a, b)) for (const span of [a, b, c, d]) found.add(span)
      }
}
/** The direction in which a span leaves the vertex that it comes to, or starts from. */
const angleOf = (s: Span, comes: boolean) => (comes ? Math.atan2(s.y0 - s.y1, s.x0 - s.x1) : Math.atan2(s.y1 - s.y0, s.x1 - s.x0))
const turn = 2 * Math.PI
const between = (angle: number, a: Span, b: Span) => {
  const from = angleOf(a, true)
  return (angle - from + turn) % turn < (angleOf(b, false) - from + turn) % turn
}

/** Spans with another ring between them and what they replace. */
function passedBy(outlines: readonly Outline[], spans: readonly Span[], found: Set<Span>): void {
  if (outlines.length < 2) return
  const marks = outlines.map((outline) => ({ outline, x: outline.spans[0]!.x0, y: outline.spans[0]!.y0 })).sort((p, q) => p.x - q.x)
  for (const span of spans) {
    if (span.to === span.from + 1) continue
    const lens = span.outline.lens(span)
    const { x, y, w, h } = boundsOf(lens)
    for (let i = firstFrom(marks, x); i < marks.length && marks[i]!.x <= x + w; i++) {
      const mark = marks[i]!
      if (mark.outline === span.outline || mark.y < y || mark.y > y + h) continue
      if (ringContains(lens, mark.x, mark.y)) found.add(span)
    }
  }
}

/** The index of the first mark from x on. */
function firstFrom(marks: readonly { x: number }[], x: number): number {
  let [low, high] = [0, marks.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (marks[middle]!.x < x) low = middle + 1
    else high = middle
  }
  return low
}
