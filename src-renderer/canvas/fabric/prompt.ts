import type { Overlay } from '../types.ts'
import { toScreen, type View } from '../view.ts'
import { accent, twoTone } from './ink.ts'

/** What was clicked for a mask: a plus for what belongs to it, a minus for what does not, and the box. */
export function paintPrompt(ctx: CanvasRenderingContext2D, view: View, { clicks, box }: NonNullable<Overlay['prompt']>): void {
  if (box) {
    const p = toScreen(view, box)
    ctx.beginPath()
    ctx.setLineDash([6, 4])
    ctx.rect(p.x, p.y, box.w * view.scale, box.h * view.scale)
    twoTone(ctx, 1.5, accent)
    ctx.setLineDash([])
  }
  for (const click of clicks) {
    const p = toScreen(view, click)
    ctx.beginPath()
    ctx.arc(p.x, p.y, 7, 0, 2 * Math.PI)
    ctx.fillStyle = click.positive ? '#15803d' : '#b91c1c'
    ctx.fill()
    ctx.strokeStyle = '#fff'
    ctx.lineWidth = 1.5
    ctx.stroke()
    ctx.beginPath()
    ctx.moveTo(p.x - 3.5, p.y)
    ctx.lineTo(p.x + 3.5, p.y)
    if (click.positive) {
      ctx.moveTo(p.x, p.y - 3.5)
      ctx.lineTo(p.x, p.y + 3.5)
    }
    ctx.stroke()
  }
}
