/**
 * Intelligent scissors (Mortensen & Barrett, "Intelligent Scissors for Image Composition", SIGGRAPH 1995): the cheapest path from a seed
 * to the pointer, where following strong gradients is cheap. Of the paper's costs only the gradient magnitude is used. Dijkstra over 8
 * neighbours with a bucket queue (Dial 1969), run only as far as needed.
 */
import type { Pixels, Point } from '../types.ts'

/** A step costs 1…maxCost, times √2 along a diagonal. */
const maxCost = 64
const buckets = Math.ceil(maxCost * Math.SQRT2) + 2

export class Livewire {
  private readonly cost: Uint8Array
  private readonly width: number
  private readonly height: number
  /** The window around the seed in which paths are searched. */
  private window = { x: 0, y: 0, w: 0, h: 0 }
  private distance = new Int32Array(0)
  private from = new Int32Array(0)
  private done = new Uint8Array(0)
  private queue: number[][] = []
  private reached = 0

  constructor(pixels: Pixels) {
    this.width = pixels.width
    this.height = pixels.height
    this.cost = gradientCost(pixels)
  }

  /** Starts new paths here, searched within `radius` pixels. */
  seed(p: Point, radius = 400): void {
    const [px, py] = this.pixel(p)
    const x = Math.max(0, px - radius)
    const y = Math.max(0, py - radius)
    this.window = { x, y, w: Math.min(this.width, px + radius + 1) - x, h: Math.min(this.height, py + radius + 1) - y }
    const n = this.window.w * this.window.h
    this.distance = new Int32Array(n).fill(0x7fffffff)
    this.from = new Int32Array(n).fill(-1)
    this.done = new Uint8Array(n)
    this.queue = Array.from({ length: buckets }, () => [])
    this.reached = 0
    const start = (py - y) * this.window.w + px - x
    this.distance[start] = 0
    this.queue[0]!.push(start)
  }

  private pixel = (p: Point): [number, number] => [
    Math.min(this.width - 1, Math.max(0, Math.floor(p.x))),
    Math.min(this.height - 1, Math.max(0, Math.floor(p.y))),
  ]

  /** Flat pixel centres from the seed (excluded) to the pixel of `p`; a straight line if `p` is outside the window. */
  pathTo(p: Point): number[] {
    const [px, py] = this.pixel(p)
    const { x, y, w, h } = this.window
    if (px < x || py < y || px >= x + w || py >= y + h) return [px + 0.5, py + 0.5]
    const goal = (py - y) * w + px - x
    this.expand(goal)
    const back: number[] = []
    for (let at = goal; this.from[at]! >= 0; at = this.from[at]!) back.push((at % w) + x, Math.floor(at / w) + y)
    const out: number[] = []
    for (let i = back.length - 2; i >= 0; i -= 2) out.push(back[i]! + 0.5, back[i + 1]! + 0.5)
    return out
  }

  private expand(goal: number): void {
    const { w, h } = this.window
    for (let empty = 0; !this.done[goal] && empty <= buckets;) {
      const bucket = this.queue[this.reached % buckets]!
      const at = bucket.pop()
      if (at === undefined) {
        this.reached++
        empty++
        continue
      }
      empty = 0
      if (this.done[at]) continue // it was queued again at a lower cost
      this.done[at] = 1
      const [cx, cy] = [at % w, Math.floor(at / w)]
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) {
          const [nx, ny] = [cx + dx, cy + dy]
          if ((!dx && !dy) || nx < 0 || ny < 0 || nx >= w || ny >= h) continue
          const next = ny * w + nx
          if (this.done[next]) continue
          const step = this.cost[(ny + this.window.y) * this.width + nx + this.window.x]!
          const d = this.distance[at]! + (dx && dy ? Math.round(step * Math.SQRT2) : step)
          if (d < this.distance[next]!) {
            this.distance[next] = d
            this.from[next] = at
            this.queue[d % buckets]!.push(next)
          }
        }
    }
  }
}

/** 1 on the strongest edge, maxCost on flat areas: the Sobel gradient of the luminance, scaled by its 99.5th percentile. */
function gradientCost({ data, width, height }: Pixels): Uint8Array {
  const n = width * height
  const grey = new Float32Array(n)
  for (let i = 0; i < n; i++) grey[i] = 0.299 * data[4 * i]! + 0.587 * data[4 * i + 1]! + 0.114 * data[4 * i + 2]!
  const magnitude = new Float32Array(n)
  const histogram = new Uint32Array(1443) // Sobel's largest magnitude is 4·255·√2
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x
      const [a, b, c] = [grey[i - width - 1]!, grey[i - width]!, grey[i - width + 1]!]
      const [d, e] = [grey[i - 1]!, grey[i + 1]!]
      const [f, g, k] = [grey[i + width - 1]!, grey[i + width]!, grey[i + width + 1]!]
      const m = Math.hypot(c + 2 * e + k - a - 2 * d - f, f + 2 * g + k - a - 2 * b - c)
      magnitude[i] = m
      histogram[Math.floor(m)]!++
    }
  let strong = histogram.length - 1
  for (let above = 0; strong > 1 && (above += histogram[strong]!) < n * 0.005;) strong--
  const cost = new Uint8Array(n)
  for (let i = 0; i < n; i++) cost[i] = maxCost - Math.floor((maxCost - 1) * Math.min(1, magnitude[i]! / strong))
  return cost
}
