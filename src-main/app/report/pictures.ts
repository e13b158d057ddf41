/** Some pictures and what each model took them for. */
import { percent } from '#shared/format.ts'
import type { ReportPicture, ReportRow } from '#shared/model/report.ts'
import { html, type Html } from './html.ts'
import { kindClass, mark } from './marks.ts'
import { splitTitles } from './splits.ts'

export function pictures(shown: readonly ReportPicture[], rows: readonly ReportRow[]): Html {
  return html`${(['id', 'ood'] as const).map((set) => {
    const here = shown.filter((p) => p.set === set)
    return here.length > 0 && html`<h3>${splitTitles[set]}</h3><div class="pictures">${here.map((p) => card(p, rows))}</div>`
  })}<p class="caption">The bar is the probability of the likeliest class; ✓ where it is the true one.</p>`
}

function card({ dataUri, truth, predictions }: ReportPicture, rows: readonly ReportRow[]): Html {
  const kind = (name: string) => rows.find((r) => r.name === name)?.kind ?? 'sweep'
  return html`<article class="picture"><header><img src="${dataUri}" alt="Picture of the class ${truth}" loading="lazy"><div><span class="soft">Truth</span><b>${truth}</b></div></header>
    <ul>${predictions.map(({ row, top }) => {
      const first = top[0]!
      const right = first.label === truth
      const rest = top
        .slice(1)
        .map((t) => `${t.label} ${percent(t.p, 0)}%`)
        .join(', ')
      return html`<li class="${right ? 'right' : 'wrong'} ${kindClass(kind(row))}"><span class="row">${mark({ kind: kind(row) })} ${row}</span>
        <span class="guess"><i style="width:${px100(first.p)}%"></i><span><span aria-hidden="true">${right ? '✓' : '✗'}</span> ${first.label}</span><span class="hidden">${right ? 'right' : 'wrong'}</span><em>${percent(first.p, 0)}%</em></span>
        ${rest && html`<small>then ${rest}</small>`}</li>`
    })}</ul></article>`
}

const px100 = (p: number) => (100 * p).toFixed(1)
