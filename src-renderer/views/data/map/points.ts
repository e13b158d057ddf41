/** Many points on the plane [0, 1]²: finds the nearest one, or those within an outline. */

export interface Points {
  /** Of equal length. */
  readonly x: ArrayLike<number>
  readonly y: ArrayLike<number>
}
export interface Place {
  readonly x: number
  readonly y: number
}

/** Points by cell of a square grid with about two per cell, as offsets into one list. */
export class PointIndex {
  private readonly side: number
  private readonly starts: Uint32Array
  private readonly members: Uint32Array

  constructor(readonly points: Points) {
    const n = points.x.length
    this.side = Math.max(1, Math.min(512, Math.floor(Math.sqrt(n / 2))))
    this.starts = new Uint32Array(this.side * this.side + 1)
    for (let i = 0; i < n; i++) this.starts[this.cellOf(i) + 1]!++
    for (let c = 0; c < this.side * this.side; c++) this.starts[c + 1]! += this.starts[c]!
    this.members = new Uint32Array(n)
    const next = this.starts.slice()
    for (let i = 0; i < n; i++) this.members[next[this.cellOf(i)]!++] = i
  }

  private along(v: number): number {
    return Math.min(this.side - 1, Math.max(0, Math.floor(v * this.side)))
  }
  private cellOf(i: number): number {
    return this.along(this.points.y[i]!) * this.side + this.along(this.points.x[i]!)
  }

  /** Calls `each` with the points of all cells that intersect a box. */
  private around(x0: number, y0: number, x1: number, y1: number, each: (i: number) => void): void {
    const [left, right, top, bottom] = [this.along(x0), this.along(x1), this.along(y0), this.along(y1)]
    for (let row = top; row <= bottom; row++) {
      const [from, to] = [this.starts[row * this.side + left]!, this.starts[row * this.side + right + 1]!]
      for (let k = from; k < to; k++) each(this.members[k]!)
    }
  }

  /** The nearest point within a radius that `passes`; null if there is none. */
  nearest({ x, y }: Place, radius: number, passes: (i: number) => boolean = () => true): number | null {
    let best: number | null = null
    let least = radius * radius
    this.around(x - radius, y - radius, x + radius, y + radius, (i) => {
      const d = (this.points.x[i]! - x) ** 2 + (this.points.y[i]! - y) ** 2
      if (d <= least && passes(i)) [best, least] = [i, d]
    })
    return best
  }

  /** The points inside an outline (even-odd rule), in order. */
  within(outline: readonly Place[], passes: (i: number) => boolean = () => true): number[] {
    if (outline.length < 3) return []
    const [xs, ys] = [outline.map((p) => p.x), outline.map((p) => p.y)]
    const found: number[] = []
    this.around(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), (i) => {
      if (inside(outline, this.points.x[i]!, this.points.y[i]!) && passes(i)) found.push(i)
    })
    return found.sort((a, b) => a - b)
  }
}

function inside(outline: readonly Place[], x: number, y: number): boolean {
  let odd = false
  for (let i = 0, j = outline.length - 1; i < outline.length; j = i++) {
    const [a, b] = [outline[i]!, outline[j]!]
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) odd = !odd
  }
  return odd
}
