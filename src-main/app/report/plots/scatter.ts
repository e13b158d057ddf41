/**
 * Accuracy in distribution (x) against out of distribution (y) on logit axes, where models of one family lie on a
 * line (Taori et al. 2020; Miller et al. 2021), with 95% intervals and the line OOD = ID.
 */
import { percent } from '#shared/format.ts'
import type { ReportRow, ReportScore } from '#shared/model/report.ts'
import { html, px, type Html } from '../html.ts'
import { placeLabels } from '../labels.ts'
import { shiftsOf } from '../scored.ts'
import { kindClass, kindTitle, mark, markPath } from '../marks.ts'
import { definePlot } from '../plot.ts'

export default definePlot({
  id: 'styles',
  order: 20,
  title: 'In and out of distribution',
  style: `
    .plot svg{display:block;width:100%;height:auto}
    .plot .narrow{display:none}
    .plot{display:grid;grid-template-columns:minmax(0,1fr) 210px;gap:0 36px;align-items:end}
    .plot .wide,.plot .narrow{grid-row:1/3}
    .plot .legend{align-self:start;padding-top:14px}
    .plot figcaption{padding-bottom:46px}
    .identity{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:3 5;fill:none}
    .leader{stroke:var(--soft);stroke-width:.8;fill:none}
    .whisker{stroke:var(--k);stroke-width:1.4;opacity:.42;fill:none}
    .dot{fill:var(--k);stroke:var(--paper);stroke-width:1.2}
    svg .name{fill:var(--ink);font-weight:600;paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
    svg .title{font-size:12.5px}
    .legend{display:flex;flex-direction:column;gap:6px 20px;list-style:none;padding:0;margin:10px 0 0;font-size:14px}
    .legend svg{display:inline}
    .legend svg.mark{width:16px;height:16px}
    @media (max-width:640px){
      .plot{display:block}
      .plot figcaption{padding:0}
      .plot .legend{flex-flow:row wrap}
      .plot .wide{display:none}
      .plot .narrow{display:block}
    }
  `,
  draw: ({ rows }) => scatter(rows),
})

type Point = ReportRow & { readonly id: ReportScore; readonly ood: ReportScore }
interface Frame {
  readonly width: number
  readonly height: number
  readonly margin: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }
  readonly labels: boolean
}

/** Drawn at two sizes, so that neither a wide screen nor a phone has to scale the text. */
const wide: Frame = { width: 720, height: 460, margin: { left: 52, right: 20, top: 14, bottom: 46 }, labels: true }
const narrow: Frame = { width: 350, height: 350, margin: { left: 44, right: 12, top: 10, bottom: 44 }, labels: false }

function scatter(rows: readonly ReportRow[]): Html | null {
  const points = rows.flatMap((r): Point[] => {
    const ood = shiftsOf(r)
    return r.id && ood ? [{ ...r, id: r.id, ood }] : []
  })
  if (points.length < 2) return null
  const kinds = [...new Set(points.map((p) => p.kind))]
  return html`<figure class="plot">
    <div class="wide">${draw(points, wide)}</div>
    <div class="narrow">${draw(points, narrow)}</div>
    <ul class="legend">${kinds.map((kind) => html`<li>${mark({ kind })} ${kindTitle(kind)}</li>`)}</ul>
    <figcaption>Accuracy in per cent, logit axes; whiskers are 95% intervals. Out of distribution is the mean of
      its sets. The dashed line is OOD = ID: the closer to it, the less a shift costs.</figcaption>
  </figure>`
}

const logit = (p: number) => Math.log(p / (1 - p))
/** Clamped, because 0 and 1 have no logit. */
const inside = (p: number) => Math.min(0.998, Math.max(0.002, p))
const ticks = [0.2, 0.5, 1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5, 99.8].map((x) => x / 100)
const fineTicks = Array.from({ length: 49 }, (_, i) => (2 * i + 2) / 100)

function axis(scores: readonly ReportScore[], from: number, to: number) {
  const all = scores.flatMap((s) => s.interval).map(inside)
  const [low, high] = [logit(Math.min(...all)), logit(Math.max(...all))]
  const pad = Math.max(0.12, 0.06 * (high - low))
  const [a, b] = [low - pad, high + pad]
  const at = (p: number) => from + ((logit(inside(p)) - a) / (b - a)) * (to - from)
  const within = (p: number) => logit(p) > a && logit(p) < b
  const round = ticks.filter(within)
  const candidates = round.length >= 3 ? round : [...new Set([...round, ...fineTicks.filter(within)])].sort((x, y) => x - y)
  const shown: number[] = []
  for (const t of candidates) if (shown.every((s) => Math.abs(at(s) - at(t)) > 34)) shown.push(t)
  return { at, ticks: shown, low: 1 / (1 + Math.exp(-a)), high: 1 / (1 + Math.exp(-b)) }
}

function draw(points: readonly Point[], { width, height, margin, labels }: Frame): Html {
  const [left, right, top, bottom] = [margin.left, width - margin.right, margin.top, height - margin.bottom]
  const x = axis(
    points.map((p) => p.id),
    left,
    right,
  )
  const y = axis(
    points.map((p) => p.ood),
    bottom,
    top,
  )
  const [from, to] = [Math.max(x.low, y.low), Math.min(x.high, y.high)]
  const dots = points.map((p) => ({ x: x.at(p.id.accuracy), y: y.at(p.ood.accuracy), text: p.kind === 'sweep' ? '' : p.name }))
  const names = labels ? placeLabels(dots, { left, right, top, bottom }) : []
  const summary = points.map((p) => `${p.name}: ID ${percent(p.id.accuracy)}%, OOD ${percent(p.ood.accuracy)}%`).join('; ')
  // Sweeps first, so that they are drawn below the other rows.
  const order = points.map((_, i) => i).sort((i, j) => Number(points[j]!.kind === 'sweep') - Number(points[i]!.kind === 'sweep'))
  return html`<svg viewBox="0 0 ${width} ${height}" role="img"
    aria-label="Accuracy out of distribution against in distribution. ${summary}.">
    ${x.ticks.map(
      (t) => html`<path class="grid" d="M${px(x.at(t))} ${top}V${bottom}"/><text x="${px(x.at(t))}" y="${bottom + 18}"
      text-anchor="middle">${percent(t, t < 0.01 || t > 0.99 ? 1 : 0)}</text>`,
    )}
    ${y.ticks.map(
      (t) => html`<path class="grid" d="M${left} ${px(y.at(t))}H${right}"/><text x="${left - 8}" y="${px(y.at(t) + 4)}"
      text-anchor="end">${percent(t, t < 0.01 || t > 0.99 ? 1 : 0)}</text>`,
    )}
    <path class="axis" d="M${left} ${top}V${bottom}H${right}"/>
    <text class="title" x="${(left + right) / 2}" y="${height - 6}" text-anchor="middle">In distribution (ID), %</text>
    <text class="title" transform="translate(13 ${(top + bottom) / 2}) rotate(-90)"
      text-anchor="middle">Out of distribution (OOD), %</text>
    ${from < to && html`<path class="identity" d="M${px(x.at(from))} ${px(y.at(from))}L${px(x.at(to))} ${px(y.at(to))}"/>`}
    ${order.map((i) => {
      const p = points[i]!
      const [a, b] = [px(dots[i]!.x), px(dots[i]!.y)]
      const [left, right] = p.id.interval.map((share) => px(x.at(share)))
      const [low, high] = p.ood.interval.map((share) => px(y.at(share)))
      const whiskers =
        p.kind !== 'sweep' &&
        html`<path class="whisker"
          d="M${left} ${b}H${right}M${a} ${low}V${high}"/>`
      return html`<g class="${kindClass(p.kind)}"><title>${p.name}: ID ${percent(p.id.accuracy)}, OOD ${percent(p.ood.accuracy)}</title>
        ${whiskers}<path class="dot" transform="translate(${a} ${b})" d="${markPath(p.kind, 130)}"/></g>`
    })}
    ${names.map(
      (n) => html`<path class="leader" d="${n.leader}"/><text class="name" x="${px(n.x)}" y="${px(n.y)}"
      text-anchor="${n.anchor}">${n.text}</text>`,
    )}
  </svg>`
}
