/** One chart a set of pictures: a bar for each row with its 95% interval; the runs of a sweep as dots in one line. */
import { percent, plusMinus } from '#shared/format.ts'
import { splitNames, type ReportRow, type ReportScore, type SplitName } from '#shared/model/report.ts'
import { html, px, type Html } from './html.ts'
import { kindClass, mark } from './marks.ts'
import { splitTitles } from './splits.ts'

export function bars(rows: readonly ReportRow[], about: Partial<Record<SplitName, string>>): Html {
  const all = splitNames.flatMap((split) => rows.flatMap((r) => r[split]?.interval[1] ?? []))
  const most = Math.min(1, Math.ceil(Math.max(...all, 0.1) * 10) / 10)
  const charts = splitNames.filter((split) => rows.some((r) => r[split]))
  return html`<div class="charts">${charts.map((split) => chart(rows, split, most, about[split]))}</div>`
}

function chart(rows: readonly ReportRow[], split: SplitName, most: number, about: string | undefined): Html {
  const single = rows.filter((r) => r.kind !== 'sweep')
  const sweep = rows.flatMap((r) => (r.kind === 'sweep' && r[split] ? [r[split]] : []))
  const at = (share: number) => px(Math.min(100, (100 * share) / most))
  const steps = most > 0.5 ? [0, 0.25, 0.5, 0.75, 1] : [0, 0.1, 0.2, 0.3, 0.4, 0.5]
  const lines = (content: Html, name: string, kind: string, value: string) =>
    html`<tr class="${kindClass(kind)}"><th scope="row">${mark({ kind })} ${name}</th><td class="track"><div>${steps.filter((s) => s <= most).map((s) => html`<i style="left:${at(s)}%"></i>`)}${content}</div></td><td class="value">${value}</td></tr>`
  const bar = (r: ReportRow, s: ReportScore) =>
    lines(
      html`<b style="width:${at(s.accuracy)}%"></b><u style="left:${at(s.interval[0])}%;width:${px(Number(at(s.interval[1])) - Number(at(s.interval[0])))}%"></u>`,
      r.name,
      r.kind,
      plusMinus(s),
    )
  const soups = single.filter((r) => r.kind === 'soup')
  const others = single.filter((r) => r.kind !== 'soup')
  const n = rows.find((r) => r[split])![split]!.n
  return html`<figure class="chart"><figcaption><b>${splitTitles[split]}</b> <span class="soft">${about ? `${about}, ` : ''}${n} pictures</span></figcaption>
    <table class="bars"><colgroup><col class="c-name"><col><col class="c-value"></colgroup><thead class="hidden"><tr><th scope="col">Model<th scope="col">Chart<th scope="col">Accuracy, %</tr></thead><tbody>
    ${others.map((r) => r[split] && bar(r, r[split]))}
    ${sweep.length > 0 && lines(html`${sweep.map((s) => html`<s style="left:${at(s.accuracy)}%"></s>`)}`, `Sweep of ${sweep.length}`, 'sweep', range(sweep))}
    ${soups.map((r) => r[split] && bar(r, r[split]))}
    <tr class="scale" aria-hidden="true"><th></th><td class="track"><div>${steps.filter((s) => s <= most).map((s) => html`<em style="left:${at(s)}%">${percent(s, 0)}</em>`)}</div></td><td></td></tr>
    </tbody></table></figure>`
}

function range(scores: readonly ReportScore[]): string {
  const shares = scores.map((s) => s.accuracy)
  return `${percent(Math.min(...shares))} – ${percent(Math.max(...shares))}`
}
