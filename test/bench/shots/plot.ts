/** The curves as one SVG picture that needs nothing else: in and out of distribution side by side, light and dark. */
import { scaleLinear, scaleLog } from 'd3-scale'
import { line } from 'd3-shape'
import { percent } from '../../../src-shared/format.ts'
import { Html, html, px } from '../../../src-main/app/report/html.ts'
import { kindClass, kindTitle, markPath, marks } from '../../../src-main/app/report/marks.ts'
import type { Point } from './results.ts'

const panel = { width: 380, height: 300, left: 50, top: 46 }
const size = { width: 2 * (panel.width + panel.left) + 20, height: panel.top + panel.height + 90 }
const ZERO = 'zero-shot'

const tones = (tone: 'light' | 'dark', kinds: readonly string[]) =>
  kinds.map((kind) => `.${kindClass(kind)}{--k:${marks[kind]![tone]}}`).join('')

const style = (kinds: readonly string[]) => `svg{--paper:#fffdfa;--ink:#23201c;--soft:#6d655b;--line:#e6dfd4}${tones('light', kinds)}
@media (prefers-color-scheme:dark){svg{--paper:#1f1c19;--ink:#ede7dd;--soft:#a79d90;--line:#37322c}${tones('dark', kinds)}}
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;fill:var(--soft)}
.title{font-size:14px;font-weight:600;fill:var(--ink)}.grid{stroke:var(--line)}
.curve{fill:none;stroke:var(--k);stroke-width:1.8}.level{stroke:var(--k);stroke-width:1.4;stroke-dasharray:5 4}
.bar{stroke:var(--k);stroke-width:1.2;opacity:.6}.dot{fill:var(--k)}`

/** @param points of at least one method besides zero-shot. @param about one line below the curves */
export function shotsPlot(points: readonly Point[], about: string): string {
  const kinds = [...new Set(points.map((p) => p.method))]
  const shots = [...new Set(points.filter((p) => p.method !== ZERO).map((p) => p.shots))].sort((a, b) => a - b)
  const highest = Math.max(...points.flatMap((p) => [p.id.mean + p.id.deviation, p.ood.mean + p.ood.deviation]))
  const y = scaleLinear([0, Math.min(1, highest * 1.05)], [panel.top + panel.height, panel.top])
  const panels = [
    ['In distribution', 'id', panel.left],
    ['Out of distribution (mean of three shifts)', 'ood', 2 * panel.left + panel.width + 10],
  ] as const
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img"
  aria-label="Accuracy against training pictures of each class"><style>${new Html(style(kinds))}</style>
<rect width="${size.width}" height="${size.height}" fill="var(--paper)"/>
${panels.map(([title, set, left]) => {
  const x = scaleLog([shots[0]! * 0.85, shots.at(-1)! * 1.18], [left, left + panel.width])
  return html`<g data-panel="${set}"><text class="title" x="${left}" y="24">${title}</text>
${y.ticks(6).map(
  (tick) => html`<line class="grid" x1="${left}" x2="${left + panel.width}" y1="${px(y(tick))}" y2="${px(y(tick))}"/>
<text x="${left - 8}" y="${px(y(tick) + 4)}" text-anchor="end">${percent(tick)}</text>`,
)}
${shots.map((n) => html`<text x="${px(x(n))}" y="${panel.top + panel.height + 18}" text-anchor="middle">${n}</text>`)}
${kinds.map((kind) => curve(kind, kind === ZERO ? [left, left + panel.width] : x, y, points, set))}</g>`
})}
<text x="${size.width / 2}" y="${panel.top + panel.height + 36}"
  text-anchor="middle">Training pictures of each class · accuracy in %</text>
${legend(kinds)}
<text x="${panel.left}" y="${size.height - 8}">${about}</text></svg>
`.text
}

function curve(
  kind: string,
  x: ((shots: number) => number) | readonly [number, number],
  y: (share: number) => number,
  points: readonly Point[],
  set: 'id' | 'ood',
): Html {
  const own = points.filter((p) => p.method === kind).sort((a, b) => a.shots - b.shots)
  if (typeof x !== 'function') {
    const level = px(y(own[0]![set].mean))
    return html`<g class="${kindClass(kind)}"><line class="level" x1="${x[0]}" x2="${x[1]}" y1="${level}" y2="${level}"/></g>`
  }
  const path = line<Point>(
    (p) => x(p.shots),
    (p) => y(p[set].mean),
  ).digits(2)(own)!
  return html`<g class="${kindClass(kind)}"><path class="curve" d="${path}"/>${own.map((p) => {
    const { mean, deviation } = p[set]
    const at = px(x(p.shots))
    return html`<line class="bar" x1="${at}" x2="${at}" y1="${px(y(mean - deviation))}" y2="${px(y(mean + deviation))}"/>
<path class="dot" transform="translate(${at} ${px(y(mean))})" d="${markPath(kind, 60)}"/>`
  })}</g>`
}

function legend(kinds: readonly string[]): Html[] {
  const step = (size.width - panel.left) / kinds.length
  return kinds.map((kind, i) => {
    const at = panel.left + i * step
    return html`<g class="${kindClass(kind)}"><path class="dot" transform="translate(${px(at + 6)} ${size.height - 34})"
  d="${markPath(kind, 60)}"/></g><text x="${px(at + 16)}" y="${size.height - 30}">${kindTitle(kind)}</text>`
  })
}
