/** A measured line: its length in the project's unit; for a single segment its width and height, for several their angles. */
import { angleAt, pathLength } from '#shared/geometry/measure.ts'
import { lengthText } from '../../measure.ts'
import type { CanvasEditor } from '../editor.ts'
import type { Point } from '../types.ts'
import { toScreen } from '../view.ts'
import { accent, twoTone } from './ink.ts'

const say = (n: number) => String(n)

export function paintRuler(ctx: CanvasRenderingContext2D, editor: CanvasEditor, points: readonly Point[]): void {
  const { view, scale } = editor
  const at = points.map((p) => toScreen(view, p))
  ctx.beginPath()
  at.forEach((p, i) => (i ? ctx.lineTo(p.x, p.y) : ctx.moveTo(p.x, p.y)))
  twoTone(ctx, 1.5, accent)
  ctx.beginPath()
  for (const p of at) {
    ctx.moveTo(p.x + 3, p.y)
    ctx.arc(p.x, p.y, 3, 0, 2 * Math.PI)
  }
  ctx.fillStyle = accent
  ctx.fill()
  ctx.font = '12px system-ui, sans-serif'
  ctx.textBaseline = 'alphabetic'
  const write = (text: string, x: number, y: number) => {
    ctx.lineWidth = 3
    ctx.strokeStyle = '#fff'
    ctx.fillStyle = '#111'
    ctx.strokeText(text, x, y)
    ctx.fillText(text, x, y)
  }
  for (let i = 1; i + 1 < points.length; i++) {
    const angle = angleAt(points[i - 1]!, points[i]!, points[i + 1]!)
    if (angle !== null) write(`${angle.toFixed(1)}°`, at[i]!.x + 8, at[i]!.y - 8)
  }
  const [first, last, end] = [points[0]!, points.at(-1)!, at.at(-1)!]
  const length = lengthText(pathLength(points), scale, say)
  if (points.length > 2) return write(`Σ ${length}`, end.x + 10, end.y - 8)
  const [dx, dy] = [last.x - first.x, last.y - first.y]
  const sides = `${lengthText(Math.abs(dx), scale, say)} × ${lengthText(Math.abs(dy), scale, say)}`
  write(`${length}   ${sides}   ${((Math.atan2(dy, dx) * 180) / Math.PI).toFixed(1)}°`, end.x + 10, end.y - 8)
}
