interface Dot {
  readonly x: number
  readonly y: number
  /** Empty: a dot without a label, which other labels must avoid. */
  readonly text: string
}
interface Rect {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}
interface Label {
  readonly text: string
  readonly x: number
  /** y of the baseline. */
  readonly y: number
  readonly anchor: 'start' | 'end' | 'middle'
  /** A path from the dot to a label placed at a distance; empty if adjacent. */
  readonly leader: string
}

const [letter, line] = [7.1, 15]

/**
 * Places names beside their dots: around each dot, at growing distance, the first position free of dots and other
 * names.
 */
export function placeLabels(dots: readonly Dot[], frame: Rect): Label[] {
  const taken: Rect[] = dots.map(({ x, y }) => ({ left: x - 7, right: x + 7, top: y - 7, bottom: y + 7 }))
  const labels: Label[] = []
  for (const dot of dots) {
    if (!dot.text) continue
    const width = dot.text.length * letter
    let best: { cost: number; rect: Rect; label: Label } | null = null
    for (const distance of [12, 24, 38, 54]) {
      for (const angle of [0, 180, 315, 45, 225, 135, 270, 90]) {
        const [dx, dy] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]
        const [x, middle] = [dot.x + dx * distance, dot.y + dy * (distance + (dx === 0 ? 2 : 0))]
        const anchor = dx > 0.1 ? 'start' : dx < -0.1 ? 'end' : 'middle'
        const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2
        const rect = { left, right: left + width, top: middle - line / 2, bottom: middle + line / 2 }
        const outside = rect.left < frame.left + 3 || rect.right > frame.right || rect.top < frame.top || rect.bottom > frame.bottom
        const cost = taken.reduce((sum, other) => sum + overlap(rect, other), 0) + distance / 10 + (outside ? 1e4 : 0)
        const near = distance < 20
        const along = (d: number) => `${Math.round(dot.x + dx * d)} ${Math.round(dot.y + dy * d)}`
        const leader = near ? '' : `M${along(9)}L${along(distance - 3)}`
        if (!best || cost < best.cost) best = { cost, rect, label: { text: dot.text, x, y: middle + 4, anchor, leader } }
      }
    }
    taken.push(best!.rect)
    labels.push(best!.label)
  }
  return labels
}

const overlap = (a: Rect, b: Rect) =>
  Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top))
