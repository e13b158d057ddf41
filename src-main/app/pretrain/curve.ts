import { scaleLinear } from 'd3-scale'
import { line } from 'd3-shape'

const [W, H, LEFT, BOTTOM, TOP] = [640, 260, 44, 34, 14] as const

/** The loss per step as an SVG: each step faint, a moving mean over fifty on top. Legible on light and dark backgrounds. */
export function lossCurve(losses: readonly number[]): string {
  const x = scaleLinear([0, losses.length], [LEFT, W - 10])
  const y = scaleLinear([0, Math.max(...losses)], [H - BOTTOM, TOP]).nice()
  const path = line<readonly [number, number]>(
    (p) => x(p[0]),
    (p) => y(p[1]),
  ).digits(1)
  const smooth = losses.map((_, i) => {
    const around = losses.slice(Math.max(0, i - 49), i + 1)
    return [i + 1, around.reduce((a, b) => a + b, 0) / around.length] as const
  })
  const thin = <T>(points: readonly T[]) => points.filter((_, i) => i % Math.ceil(points.length / 600) === 0)
  const rows = y
    .ticks(5)
    .map(
      (t) =>
        `<line x1="${LEFT}" x2="${W - 10}" y1="${y(t)}" y2="${y(t)}" stroke="#888" stroke-opacity=".25"/>` +
        `<text x="${LEFT - 6}" y="${y(t) + 4}" text-anchor="end">${t}</text>`,
    )
  const columns = x.ticks(6).map((t) => `<text x="${x(t)}" y="${H - BOTTOM + 18}" text-anchor="middle">${t}</text>`)
  const font = 'font-family="system-ui, sans-serif" font-size="11" fill="#888"'
  const size = `viewBox="0 0 ${W} ${H}" width="${W}" height="${H}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="Loss by step" ${font}>
${rows.join('')}${columns.join('')}<text x="${W - 10}" y="${H - 4}" text-anchor="end">step</text>
<path d="${path(thin(losses.map((v, i) => [i + 1, v] as const)))}" fill="none" stroke="#2a78d6" stroke-opacity=".35"/>
<path d="${path(thin(smooth))}" fill="none" stroke="#2a78d6" stroke-width="2"/>
</svg>
`
}
