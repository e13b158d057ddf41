/** How marks over the image are drawn. */
export const accent = '#2f80ed'

/** The current path, visible on light and dark alike. */
export function twoTone(ctx: CanvasRenderingContext2D, width: number, colour = '#000'): void {
  ctx.strokeStyle = '#ffffffc0'
  ctx.lineWidth = width + 1.5
  ctx.stroke()
  ctx.strokeStyle = colour
  ctx.lineWidth = width
  ctx.stroke()
}
