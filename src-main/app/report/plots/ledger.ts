/**
 * The selection of a greedy soup: each candidate's own held-out score, the soup's score including it, and whether it
 * was accepted.
 */
import { percent, points } from '#shared/format.ts'
import type { ReportLedger } from '#shared/model/report.ts'
import { html, px, type Html } from '../html.ts'
import { definePlot } from '../plot.ts'

export default definePlot({
  id: 'soups',
  order: 60,
  title: 'Soups',
  style: `
    .ledger+.ledger{margin-top:40px}
    .ledger .strip{width:38%;min-width:180px;text-align:left}
    .ledger td.strip{padding:0 12px}
    .strip div{position:relative;height:20px}
    .strip i{position:absolute;top:-9px;bottom:-9px;width:1.5px;background:var(--soft);opacity:.6}
    .strip s,.strip b{position:absolute;top:4px;width:12px;height:12px;margin-left:-6px;border-radius:50%;
      border:2px solid var(--k-soup)}
    .kept .strip b{background:var(--k-soup)}
    .left .strip b{background:var(--soft);border-color:var(--soft)}
    .strip s{border-color:var(--k-sweep);background:var(--paper)}
    .kept .verdict{color:var(--good);font-weight:600}
    .left{color:var(--soft)}
  `,
  draw: ({ ledgers }) => ledgers.length > 0 && ledgers.map(ledger),
})

function ledger({ title, entries }: ReportLedger): Html {
  const all = entries.flatMap((e) => [e.heldOut, e.score])
  const [least, most] = [Math.min(...all), Math.max(...all)]
  const pad = Math.max(0.005, 0.08 * (most - least))
  const at = (x: number) => px((100 * (x - least + pad)) / (most - least + 2 * pad))
  const kept = entries.filter((e) => e.accepted).length
  let best = -Infinity
  return html`<figure class="ledger"><figcaption><b>${title}</b> <span class="soft">kept ${kept} of ${entries.length}</span></figcaption>
    <div class="scroll"><table>
    <thead><tr><th scope="col">Tried, in order<th scope="col" class="strip">Held-out accuracy<th scope="col">Alone<th
      scope="col">Soup with it<th scope="col">Margin<th scope="col">Verdict</tr></thead>
    <tbody>${entries.map((e, i) => {
      const bar = best
      best = e.accepted ? e.score : best
      return html`<tr class="${e.accepted ? 'kept' : 'left'}"><th scope="row"><span class="soft">${i + 1}</span> ${e.name}</th>
      <td class="strip" aria-hidden="true"><div>${bar > -Infinity && html`<i style="left:${at(bar)}%"></i>`}<s
        style="left:${at(e.heldOut)}%"></s><b style="left:${at(e.score)}%"></b></div></td>
      <td>${percent(e.heldOut)}</td><td>${percent(e.score)}</td><td>${i === 0 ? '–' : points(e.margin)}</td><td
        class="verdict">${e.accepted ? 'kept' : 'left out'}</td></tr>`
    })}</tbody></table></div>
    <p class="caption">Hollow: the candidate alone. Filled: the soup with it.
      The upright line is the score to beat, strictly. ${kept === 1 && 'No candidate beat it: this soup is a single model.'}</p></figure>`
}
