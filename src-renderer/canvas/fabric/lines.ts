/** The grid and the guides, drawn thin over the image. */
import type { CanvasEditor } from '../editor.ts'
import { stepFor } from '../grid.ts'

/** Grid lines are never closer than this (CSS px); of a finer grid every second, fifth, tenth … line is drawn. */
const closest = 8

export function paintLines(ctx: CanvasRenderingContext2D, editor: CanvasEditor): void {
  const { settings, view, viewport, image } = editor
  if (!image) return
  const [left, top] = [Math.max(0, view.x), Math.max(0, view.y)]
  const [right, bottom] = [
    Math.min(viewport.width, view.x + image.width * view.scale),
    Math.min(viewport.height, view.y + image.height * view.scale),
  ]
  if (settings.grid && right > left && bottom > top) {
    const step = stepFor(view.scale, closest, settings.gridStep)
    ctx.beginPath()
    for (let i = Math.ceil((left - view.x) / view.scale / step); i * step * view.scale + view.x <= right; i++) {
      const x = Math.round(i * step * view.scale + view.x) + 0.5
      ctx.moveTo(x, top)
      ctx.lineTo(x, bottom)
    }
    for (let i = Math.ceil((top - view.y) / view.scale / step); i * step * view.scale + view.y <= bottom; i++) {
      const y = Math.round(i * step * view.scale + view.y) + 0.5
      ctx.moveTo(left, y)
      ctx.lineTo(right, y)
    }
    // One dark and one light line, so that they are visible on any image.
    ctx.lineWidth = 1
    ctx.strokeStyle = '#00000030'
    ctx.stroke()
    ctx.setLineDash([1, 3])
    ctx.strokeStyle = '#ffffff90'
    ctx.stroke()
    ctx.setLineDash([])
  }
  if (!settings.guides) return
  ctx.beginPath()
  for (const g of editor.guides.x) {
    const x = Math.round(g * view.scale + view.x) + 0.5
    ctx.moveTo(x, 0)
    ctx.lineTo(x, viewport.height)
  }
  for (const g of editor.guides.y) {
    const y = Math.round(g * view.scale + view.y) + 0.5
    ctx.moveTo(0, y)
    ctx.lineTo(viewport.width, y)
  }
  ctx.lineWidth = 2.5
  ctx.strokeStyle = '#ffffff70'
  ctx.stroke()
  ctx.lineWidth = 1
  ctx.strokeStyle = '#c026d3'
  ctx.stroke()
}
