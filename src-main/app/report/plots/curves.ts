/**
 * The loss of each run over its steps, in small panels with a common scale; raw and smoothed, linear and logarithmic.
 */
import { scaleLinear, scaleLog } from 'd3-scale'
import { line } from 'd3-shape'
import { figure } from '#shared/format.ts'
import type { ReportRow } from '#shared/model/report.ts'
import { html, px, type Html } from '../html.ts'
import { kindClass, mark } from '../marks.ts'
import { definePlot } from '../plot.ts'

export default definePlot({
  id: 'training',
  order: 50,
  title: 'Training',
  style: `
    .curves .panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:22px 28px}
    .panel svg:not(.mark){display:block;width:100%;height:auto}
    .panel figcaption{font-size:13px;margin-bottom:2px}
    .raw{stroke:var(--k);stroke-width:.8;opacity:.38;fill:none}
    .smooth{stroke:var(--k);stroke-width:2.2;fill:none;stroke-linejoin:round}
    .panel svg.log{display:none}
    .curves:has([value=log]:checked) svg.log{display:block}
    .curves:has([value=log]:checked) svg.linear{display:none}
    .switch{border:0;padding:0;margin:0 0 16px;display:flex;gap:16px;font-size:14px;align-items:center}
    .switch legend{float:left;color:var(--soft);padding:0}
    .switch input{accent-color:var(--accent)}
    .bad{color:var(--bad);font-weight:600}
  `,
  draw: ({ rows }) => curves(rows),
})

type Run = ReportRow & { readonly curve: NonNullable<ReportRow['curve']> }
type Point = readonly [step: number, loss: number]
type Scale = 'linear' | 'log'

const [width, height, left, top, bottom] = [300, 150, 40, 8, 24]

function curves(rows: readonly ReportRow[]): Html | null {
  const runs = rows.filter((r): r is Run => (r.curve?.loss.length ?? 0) > 1)
  const known = runs.flatMap((r) => finite(r.curve.loss)).map(([, loss]) => loss)
  if (!known.length) return null
  const [low, high] = known.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)] as const, [Infinity, -Infinity] as const)
  const scales: Scale[] = low > 0 ? ['linear', 'log'] : ['linear']
  return html`<div class="curves">
    ${
      scales.length > 1 &&
      html`<fieldset class="switch"><legend>Loss axis</legend>
      <label><input type="radio" name="loss-axis" value="linear" checked> Linear</label>
      <label><input type="radio" name="loss-axis" value="log"> Log</label></fieldset>`
    }
    <div class="panels">${runs.map((run) => panel(run, scales, low, high))}</div>
    <p class="caption">Thin: the loss of each step. Bold: its moving average. All panels share one loss axis;
      steps are each run’s own.</p>
    <details><summary>As a table</summary><div class="scroll"><table><thead><tr><th scope="col">Run<th scope="col">Steps<th
      scope="col">First<th scope="col">Middle<th scope="col">Last</tr></thead><tbody>
      ${runs.map(({ name, curve }) => {
        const smooth = smoothed(finite(curve.loss))
        const value = (p: Point | undefined) => (p ? figure(p[1]) : '–')
        return html`<tr><th scope="row">${name}</th><td>${curve.loss.length}</td><td>${value(smooth[0])}</td>
          <td>${value(smooth[smooth.length >> 1])}</td><td>${value(smooth.at(-1))}</td></tr>`
      })}</tbody></table></div></details>
  </div>`
}

function panel(run: Run, scales: readonly Scale[], low: number, high: number): Html {
  const { loss } = run.curve
  const points = finite(loss)
  const smooth = smoothed(points)
  const diverged = loss.findIndex((x) => x === null)
  const last = smooth.at(-1)
  const end =
    diverged >= 0
      ? html`<span class="bad">diverged at step ${diverged + 1}</span>`
      : last && html`<span class="soft">${figure(last[1])} after ${loss.length} steps</span>`
  return html`<figure class="panel ${kindClass(run.kind)}"><figcaption>${mark(run)} <b>${run.name}</b> ${end}</figcaption>
    ${scales.map((scale) => draw(scale, run.name, loss.length, points, smooth, low, high))}</figure>`
}

function draw(
  scale: Scale,
  name: string,
  steps: number,
  points: readonly Point[],
  smooth: readonly Point[],
  low: number,
  high: number,
): Html {
  const y =
    scale === 'log'
      ? scaleLog([low, high], [height - bottom, top]).nice()
      : scaleLinear([Math.min(0, low), high], [height - bottom, top]).nice()
  const x = scaleLinear([1, steps], [left, width - 8])
  const path = line<Point>(
    ([step]) => x(step),
    ([, loss]) => y(loss),
  ).digits(1)
  const yTicks = scale === 'log' ? decades(y.domain() as [number, number]) : y.ticks(4)
  const xTicks = [1, ...x.ticks(3).filter((t) => t > steps * 0.15 && t < steps * 0.8), steps]
  return html`<svg class="${scale}" viewBox="0 0 ${width} ${height}" role="img"
    aria-label="${name}: loss over ${steps} steps, ${scale} axis">
    ${yTicks.map(
      (t) => html`<path class="grid" d="M${left} ${px(y(t))}H${width - 8}"/><text x="${left - 6}" y="${px(y(t) + 4)}"
      text-anchor="end">${figure(t)}</text>`,
    )}
    ${xTicks.map(
      (t) => html`<text x="${px(x(t))}" y="${height - 6}"
      text-anchor="${t === steps ? 'end' : t === 1 ? 'start' : 'middle'}">${figure(t)}</text>`,
    )}
    <path class="raw" d="${path(thinned(points)) ?? ''}"/><path class="smooth" d="${path(thinned(smooth)) ?? ''}"/>
  </svg>`
}

const finite = (loss: readonly (number | null)[]): Point[] =>
  loss.flatMap((x, i) => (x !== null && Number.isFinite(x) ? [[i + 1, x] as const] : []))

/**
 * A centred moving average over about a twentieth of the steps, which does not lag; the window shrinks symmetrically
 * at the ends.
 */
function smoothed(points: readonly Point[]): Point[] {
  const half = Math.floor(points.length / 40)
  const sums = new Float64Array(points.length + 1)
  points.forEach(([, loss], i) => (sums[i + 1] = sums[i]! + loss))
  return points.map(([step], i) => {
    const reach = Math.min(half, i, points.length - 1 - i)
    return [step, (sums[i + reach + 1]! - sums[i - reach]!) / (2 * reach + 1)] as const
  })
}

/** At most some 300 points: the minimum and maximum of each stretch, so that no spike is lost. */
function thinned(points: readonly Point[], most = 300): readonly Point[] {
  if (points.length <= most) return points
  const size = Math.ceil(points.length / (most / 2))
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => points.slice(i * size, (i + 1) * size)).flatMap((stretch) => {
    const low = stretch.reduce((a, b) => (b[1] < a[1] ? b : a))
    const high = stretch.reduce((a, b) => (b[1] > a[1] ? b : a))
    return low[0] < high[0] ? [low, high] : low === high ? [low] : [high, low]
  })
}

/** 1, 2 and 5 of each decade, or only the decades if there are many. */
function decades([low, high]: [number, number]): number[] {
  const from = Math.floor(Math.log10(low))
  const all = Array.from({ length: Math.ceil(Math.log10(high)) - from + 1 }, (_, i) => 10 ** (from + i))
  const within = (t: number) => t >= low * 0.999 && t <= high * 1.001
  const fine = all.flatMap((d) => [d, 2 * d, 5 * d]).filter(within)
  return fine.length <= 6 ? fine : all.filter(within)
}
