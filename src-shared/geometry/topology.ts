/**
 * Counts the parts and holes of a mask from its runs: the numbers that `rleToPolygon` would produce, without tracing.
 */
import type { Rle } from '../model/shape.ts'
import { decodeRle, intervals } from './rle.ts'

type Segment = readonly [from: number, to: number, node: number]

/** Parts are 4-connected, holes 8-connected; an unset region that reaches the image's border is not a hole. */
export function rleTopology(rle: Rle): { parts: number; holes: number } {
  const [height] = rle.size
  const parents = [0] // node 0 is the outside
  const counts = { set: 0, unset: 0 }
  const root = (a: number): number => {
    while (parents[a] !== a) a = parents[a] = parents[parents[a]!]!
    return a
  }
  const fresh = (kind: 'set' | 'unset') => {
    counts[kind]++
    return parents.push(parents.length) - 1
  }
  const join = (a: number, b: number, kind: 'set' | 'unset') => {
    const [p, q] = [root(a), root(b)]
    if (p === q) return
    parents[Math.max(p, q)] = Math.min(p, q)
    counts[kind]--
  }

  let before: { set: Segment[]; unset: Segment[] } = { set: [], unset: [[0, height, 0]] }
  const column = (runs: readonly (readonly [number, number])[]) => {
    const now: typeof before = { set: [], unset: [] }
    let at = 0
    for (const [from, to] of [...runs, [height, height] as const]) {
      // A gap at the upper or lower border is outside.
      if (from > at) now.unset.push([at, from, at === 0 || from === height ? 0 : fresh('unset')])
      if (to > from) now.set.push([from, to, fresh('set')])
      at = to
    }
    meet(before.set, now.set, 0, (a, b) => join(a, b, 'set'))
    meet(before.unset, now.unset, 1, (a, b) => join(a, b, 'unset'))
    before = now
  }

  let x = -1
  let runs: [number, number][] = []
  for (const [start, end] of intervals(decodeRle(rle)))
    for (let from = start; from < end;) {
      const at = Math.floor(from / height)
      if (at !== x) {
        if (x >= 0) column(runs)
        if (x >= 0 && at > x + 1) column([])
        ;[x, runs] = [at, []]
      }
      const to = Math.min(end, (at + 1) * height)
      runs.push([from - at * height, to - at * height])
      from = to
    }
  if (x >= 0) column(runs)
  column([])
  return { parts: counts.set, holes: counts.unset }
}

/** Reports pairs of segments in two columns that share a row or, with `reach` 1, touch at a corner. */
function meet(a: readonly Segment[], b: readonly Segment[], reach: number, found: (a: number, b: number) => void): void {
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [p, q] = [a[i]!, b[j]!]
    if (p[0] < q[1] + reach && q[0] < p[1] + reach) found(p[2], q[2])
    if (p[1] < q[1]) i++
    else j++
  }
}
