/** Some images with each model's prediction. */
import { percent } from '#shared/format.ts'
import { type ReportPicture, type ReportRow, splitNames } from '#shared/model/report.ts'
import { html, type Html } from '../html.ts'
import { kindClass, mark } from '../marks.ts'
import { splitTitles } from '../splits.ts'
import { definePlot } from '../plot.ts'

export default definePlot({
  id: 'pictures',
  order: 70,
  title: 'Some pictures',
  style: `
    .pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,310px),1fr));gap:20px}
    .picture{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px}
    .picture header{display:flex;gap:14px;align-items:center;margin-bottom:10px}
    .picture header div{display:grid;line-height:1.3}
    .picture header .soft{font-size:12px}
    .picture img{width:76px;height:76px;object-fit:contain;background:#fff;border-radius:8px;padding:6px}
    .picture ul{list-style:none;margin:0;padding:0;font-size:13px}
    .picture li{display:grid;grid-template-columns:9.2em minmax(0,1fr);gap:0 10px;padding:4px 0;align-items:center}
    .picture .row{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
    .picture small{grid-column:2;font-size:11.5px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
    .guess{position:relative;display:flex;justify-content:space-between;gap:8px;padding:1px 7px;border-radius:4px;
      background:var(--faint);overflow:hidden;min-width:0}
    .guess i{position:absolute;inset:0 auto 0 0;background:color-mix(in srgb,var(--v) 24%,transparent)}
    .guess span{position:relative;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
    .guess .hidden{position:absolute}
    .guess em{position:relative;font-style:normal;color:var(--soft)}
    .right{--v:var(--good)}
    .wrong{--v:var(--bad)}
    .right .guess>span{color:var(--good)}
  `,
  draw: ({ pictures: shown, rows }) => shown.length > 0 && pictures(shown, rows),
})

function pictures(shown: readonly ReportPicture[], rows: readonly ReportRow[]): Html {
  return html`${splitNames.map((set) => {
    const here = shown.filter((p) => p.set === set)
    return here.length > 0 && html`<h3>${splitTitles[set]}</h3><div class="pictures">${here.map((p) => card(p, rows))}</div>`
  })}<p class="caption">The bar is the probability of the likeliest class; ✓ where it is the true one.</p>`
}

function card({ dataUri, truth, predictions }: ReportPicture, rows: readonly ReportRow[]): Html {
  const kind = (name: string) => rows.find((r) => r.name === name)?.kind ?? 'sweep'
  return html`<article class="picture"><header><img src="${dataUri}" alt="Picture of the class ${truth}" loading="lazy"><div><span
    class="soft">Truth</span><b>${truth}</b></div></header>
    <ul>${predictions.map(({ row, top }) => {
      const first = top[0]!
      const right = first.label === truth
      const rest = top
        .slice(1)
        .map((t) => `${t.label} ${percent(t.p, 0)}%`)
        .join(', ')
      return html`<li class="${right ? 'right' : 'wrong'} ${kindClass(kind(row))}">
        <span class="row">${mark({ kind: kind(row) })} ${row}</span>
        <span class="guess"><i style="width:${px100(first.p)}%"></i><span><span
          aria-hidden="true">${right ? '✓' : '✗'}</span> ${first.label}</span><span
          class="hidden">${right ? 'right' : 'wrong'}</span><em>${percent(first.p, 0)}%</em></span>
        ${rest && html`<small>then ${rest}</small>`}</li>`
    })}</ul></article>`
}

const px100 = (p: number) => (100 * p).toFixed(1)
