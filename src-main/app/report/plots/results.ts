/** The figures, one row per model; the best of each column is marked. */
import { duration, measured, percent } from '#shared/format.ts'
import { splitNames, type ReportRow, type ReportScore, type SplitName } from '#shared/model/report.ts'
import { metricsOf } from '../../../engine/metrics/index.ts'
import { html, type Html } from '../html.ts'
import { kindClass, mark } from '../marks.ts'
import { splitAbbreviations } from '../splits.ts'
import { definePlot } from '../plot.ts'

export default definePlot({
  id: 'results',
  order: 10,
  title: 'Results',
  style: `
    .results tbody th{font-weight:600}
    .results tbody th small{margin-left:22px;font-weight:400}
    .results .figure{font-weight:600}
    .results .k-sweep th,.results .k-sweep .figure{font-weight:400}
    .results td.best{background:color-mix(in srgb,var(--accent) 13%,transparent);box-shadow:inset 0 -2px var(--accent)}
    .results .seeds{display:block;color:var(--soft);font-weight:400;font-size:11px}
    .results .time,.none{color:var(--soft)}
    @media (max-width:640px){
      .results th:first-child{position:sticky;left:0;background:var(--paper)}
      .results td .soft,.results td .figure{display:block;line-height:1.3}
      .results td .soft{font-size:12px}
      .results th small{white-space:normal;max-width:120px}
      .results td.time{font-size:12px}
    }
  `,
  draw: ({ rows }) => results(rows),
})

function results(rows: readonly ReportRow[]): Html {
  const columns = splitNames.filter((split) => rows.some((r) => r[split]))
  const top = new Map(columns.map((split) => [split, Math.max(...rows.map((r) => r[split]?.accuracy ?? -1))]))
  const cell = (s: ReportScore | undefined, split: SplitName) => {
    if (!s) return html`<td class="none">–</td>`
    const seeds = s.seeds && html`<small class="seeds">${s.seeds.map((x) => percent(x)).join(' · ')}</small>`
    const figure = html`<span class="figure">${percent(s.accuracy)}</span> <span
      class="soft">± ${percent((s.interval[1] - s.interval[0]) / 2)}</span>${seeds}`
    return s.accuracy === top.get(split)
      ? html`<td class="best">${figure}<span
      class="hidden"> best</span></td>`
      : html`<td>${figure}</td>`
  }
  const line = (r: ReportRow) =>
    html`<tr class="${kindClass(r.kind)}"><th scope="row">${mark(r)} ${r.name}${
      r.settings &&
      html`<small>${Object.entries(r.settings)
        .map(([k, v]) => `${k} ${v}`)
        .join(' · ')}</small>`
    }</th>
    ${columns.map((split) => cell(r[split], split))}<td class="time">${r.seconds === undefined ? '–' : duration(r.seconds)}</td></tr>`
  const head = (split: SplitName) => {
    const n = new Set(rows.flatMap((r) => r[split]?.n ?? []))
    return html`<th scope="col">${splitAbbreviations[split]}<small>${n.size === 1 ? `n = ${[...n][0]}` : 'n differs'}</small></th>`
  }
  return html`<div class="scroll"><table class="results">
    <caption class="hidden">Accuracy in per cent with the half-width of its 95% interval</caption>
    <thead><tr><th scope="col">Model</th>${columns.map(head)}<th scope="col">Time</th></tr></thead>
    <tbody>${rows.map(line)}</tbody></table></div>
    <p class="caption">Accuracy in per cent ± half of its 95% interval over pictures; the highest of each column on a ground of its own.
      ${rows.some((r) => r.id?.seeds) && 'Means over seeds; those of each seed are below, in small type. '}
      Held out is the set that the choices were made on, so it flatters what was chosen.</p>
    ${otherMetrics(rows)}`
}

/** Further metrics in and out of distribution: a column for each metric and set. */
function otherMetrics(rows: readonly ReportRow[]): Html | null {
  const columns = (['id', 'ood'] as const).flatMap((split) =>
    metricsOf('classify').flatMap((metric) =>
      metric.id !== 'accuracy' && rows.some((r) => r[split]?.metrics?.[metric.id] !== undefined) ? [{ split, metric }] : [],
    ),
  )
  if (!columns.length) return null
  const line = (r: ReportRow) =>
    html`<tr class="${kindClass(r.kind)}"><th scope="row">${mark(r)} ${r.name}</th>
      ${columns.map(({ split, metric }) => html`<td>${measured(metric, r[split]?.metrics?.[metric.id])}</td>`)}</tr>`
  const abouts = new Map(columns.map(({ metric }) => [metric.title.en, metric.about.en]))
  return html`<details><summary>Other measures</summary><div class="scroll"><table>
    <thead><tr><th scope="col">Model</th>${columns.map(
      ({ split, metric }) => html`<th scope="col">${metric.title.en}<small>${splitAbbreviations[split]}</small></th>`,
    )}</tr></thead>
    <tbody>${rows.map(line)}</tbody></table></div>
    <dl class="about">${[...abouts].map(([title, about]) => html`<div><dt>${title}</dt><dd>${about}</dd></div>`)}</dl></details>`
}
