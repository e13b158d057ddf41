/** Which of many line segments meet where they should not. */

/** From (x0, y0) to (x1, y1). */
export interface Segment {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
}

/** Calls back for each pair of segments that share a point which is not an end of both, or that are the same. */
export function meetings<S extends Segment>(segments: readonly S[], found: (p: S, q: S) => void): void {
  const left = (s: Segment) => Math.min(s.x0, s.x1)
  const sorted = [...segments].sort((p, q) => left(p) - left(q))
  let active: S[] = []
  let pruned = 0
  for (const q of sorted) {
    const x = left(q)
    // Thrown out now and then, not each time: the list is short anyway.
    if (active.length > 2 * pruned + 16) {
      active = active.filter((p) => Math.max(p.x0, p.x1) >= x)
      pruned = active.length
    }
    for (const p of active) if (Math.max(p.x0, p.x1) >= x && meet(p, q)) found(p, q)
    active.push(q)
  }
}

function meet(p: Segment, q: Segment): boolean {
  if (Math.max(p.y0, p.y1) < Math.min(q.y0, q.y1) || Math.max(q.y0, q.y1) < Math.min(p.y0, p.y1)) return false
  const starts = [p.x0 === q.x0 && p.y0 === q.y0, p.x0 === q.x1 && p.y0 === q.y1] as const
  const ends = [p.x1 === q.x0 && p.y1 === q.y0, p.x1 === q.x1 && p.y1 === q.y1] as const
  if ((starts[0] && ends[1]) || (starts[1] && ends[0])) return true
  const [a, b] = [side(p, q.x0, q.y0), side(p, q.x1, q.y1)]
  const [c, d] = [side(q, p.x0, p.y0), side(q, p.x1, p.y1)]
  return (
    (a * b < 0 && c * d < 0) ||
    (a === 0 && !starts[0] && !ends[0] && within(p, q.x0, q.y0)) ||
    (b === 0 && !starts[1] && !ends[1] && within(p, q.x1, q.y1)) ||
    (c === 0 && !starts[0] && !starts[1] && within(q, p.x0, p.y0)) ||
    (d === 0 && !ends[0] && !ends[1] && within(q, p.x1, p.y1))
  )
}

/** Which side of the segment's line a point is on: its sign; 0 on the line. */
const side = (s: Segment, x: number, y: number) => (s.x1 - s.x0) * (y - s.y0) - (s.y1 - s.y0) * (x - s.x0)

/** Whether a point of the segment's line is on the segment. */
const within = (s: Segment, x: number, y: number) =>
  x >= Math.min(s.x0, s.x1) && x <= Math.max(s.x0, s.x1) && y >= Math.min(s.y0, s.y1) && y <= Math.max(s.y0, s.y1)
