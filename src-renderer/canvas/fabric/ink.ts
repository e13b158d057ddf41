/** Colours and strokes of marks over the image. */
export const accent = '#2f80ed'

/** Strokes the current path so that it is visible on light and dark backgrounds. */
export function twoTone(ctx: CanvasRenderingContext2D, width: number, colour = '#000'): void {
  ctx.strokeStyle = '#ffffffc0'
  ctx.lineWidth = width + 1.5
  ctx.stroke()
  ctx.strokeStyle = colour
  ctx.lineWidth = width
  ctx.stroke()
}
