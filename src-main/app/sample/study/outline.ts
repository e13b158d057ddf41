/** Sketch-like outlines of a drawing. */

const ink = [0x2b, 0x2a, 0x33]
const brightness = [0.3, 0.59, 0.11]
/** Strength of an edge, of at most 1, at which a line is fully drawn, and below which there is none. */
const [full, none] = [0.22, 0.06]

/**
 * Lines where brightness or opacity change: the length of Sobel's gradient, on white paper.
 * @param rgba straight RGBA of a square picture of `side` px @returns the same, only ink and nothing
 */
export function outline(side: number, rgba: Uint8Array): Uint8Array {
  const shade = new Float32Array(side * side)
  for (let i = 0; i < shade.length; i++) {
    const a = rgba[4 * i + 3]! / 255
    const light = brightness.reduce((sum, k, c) => sum + (k * rgba[4 * i + c]!) / 255, 0)
    shade[i] = light * a + 1.15 * (1 - a) // paper is a little lighter than white, so that white things have an outline
  }
  const at = (x: number, y: number) => shade[Math.min(side - 1, Math.max(0, y)) * side + Math.min(side - 1, Math.max(0, x))]!
  const out = new Uint8Array(rgba.length)
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const across = (dy: number) => at(x + 1, y + dy) - at(x - 1, y + dy)
      const along = (dx: number) => at(x + dx, y + 1) - at(x + dx, y - 1)
      const strength = Math.hypot(across(-1) + 2 * across(0) + across(1), along(-1) + 2 * along(0) + along(1)) / 4
      const alpha = Math.min(1, Math.max(0, (strength - none) / (full - none)))
      const o = 4 * (y * side + x)
      for (let c = 0; c < 3; c++) out[o + c] = ink[c]!
      out[o + 3] = Math.round(255 * alpha)
    }
  return out
}
