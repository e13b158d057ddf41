/** One chart per test set: a bar for each row with its 95% interval; the runs of a sweep as dots in one line. */
import { percent, plusMinus } from '#shared/format.ts'
import { splitNames, type ReportRow, type ReportScore, type SplitName } from '#shared/model/report.ts'
import { html, px, type Html } from '../html.ts'
import { kindClass, mark } from '../marks.ts'
import { splitTitles } from '../splits.ts'
import { definePlot } from '../plot.ts'

export default definePlot({
  id: 'sets',
  order: 40,
  title: 'Set by set',
  style: `
    .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:36px 44px}
    .chart figcaption{margin-bottom:8px}
    .bars{table-layout:fixed}
    .bars th,.bars td{border:0;padding:3px 0}
    .bars .c-name{width:31%}
    .bars .c-value{width:88px}
    .bars th{font-size:13px;overflow:hidden;text-overflow:ellipsis}
    .bars .value{font-size:13px}
    .track div{position:relative;height:16px;margin:0 6px}
    .track i{position:absolute;top:-4px;bottom:-4px;width:1px;background:var(--line)}
    .track b{position:absolute;left:0;top:1px;bottom:1px;background:var(--k);opacity:.5;border-radius:0 3px 3px 0}
    .track u{position:absolute;top:7px;height:2px;background:var(--ink);opacity:.85}
    .track u::before,.track u::after{content:"";position:absolute;top:-3px;width:1.5px;height:8px;background:inherit}
    .track u::before{left:0}
    .track u::after{right:0}
    .track s{position:absolute;top:4px;width:8px;height:8px;margin-left:-4px;border-radius:50%;background:var(--k);opacity:.75}
    .scale em{position:absolute;transform:translateX(-50%);font-style:normal;font-size:11px;color:var(--soft)}
    @media (max-width:640px){
      .bars .c-name{width:36%}
      .bars .c-value{width:82px}
    }
  `,
  draw: ({ rows, setting }) => bars(rows, setting.sets),
})

function bars(rows: readonly ReportRow[], about: Partial<Record<SplitName, string>>): Html {
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
    html`<tr class="${kindClass(kind)}"><th scope="row">${mark({ kind })} ${name}</th><td class="track"><div>
      ${steps.filter((s) => s <= most).map((s) => html`<i style="left:${at(s)}%"></i>`)}${content}</div></td><td
      class="value">${value}</td></tr>`
  const bar = (r: ReportRow, s: ReportScore) =>
    lines(
      html`<b style="width:${at(s.accuracy)}%"></b><u
        style="left:${at(s.interval[0])}%;width:${px(Number(at(s.interval[1])) - Number(at(s.interval[0])))}%"></u>`,
      r.name,
      r.kind,
      plusMinus(s),
    )
  const soups = single.filter((r) => r.kind === 'soup')
  const others = single.filter((r) => r.kind !== 'soup')
  const n = rows.find((r) => r[split])![split]!.n
  return html`<figure class="chart"><figcaption><b>${splitTitles[split]}</b> <span
    class="soft">${about ? `${about}, ` : ''}${n} pictures</span></figcaption>
    <table class="bars"><colgroup><col class="c-name"><col><col class="c-value"></colgroup><thead class="hidden"><tr><th
      scope="col">Model<th scope="col">Chart<th scope="col">Accuracy, %</tr></thead><tbody>
    ${others.map((r) => r[split] && bar(r, r[split]))}
    ${
      sweep.length > 0 &&
      lines(
        html`${sweep.map(
          (s) => html`<s
      style="left:${at(s.accuracy)}%"></s>`,
        )}`,
        `Sweep of ${sweep.length}`,
        'sweep',
        range(sweep),
      )
    }
    ${soups.map((r) => r[split] && bar(r, r[split]))}
    <tr class="scale" aria-hidden="true"><th></th><td class="track"><div>${steps
      .filter((s) => s <= most)
      .map(
        (s) => html`<em
      style="left:${at(s)}%">${percent(s, 0)}</em>`,
      )}</div></td><td></td></tr>
    </tbody></table></figure>`
}

function range(scores: readonly ReportScore[]): string {
  const shares = scores.map((s) => s.accuracy)
  return `${percent(Math.min(...shares))} – ${percent(Math.max(...shares))}`
}
