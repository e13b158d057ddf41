/** Which patterns of the literature these figures show: each with its verdict, the effect sizes and the test. */
import type { Finding } from '#shared/model/report.ts'
import { html } from '../html.ts'
import { definePlot } from '../plot.ts'

export default definePlot({
  id: 'findings',
  order: 30,
  title: 'Which patterns of the papers show here',
  style: `
    .findings{list-style:none;margin:0;padding:0}
    .findings li{display:grid;grid-template-columns:96px 1fr;gap:4px 16px;padding:11px 0;border-top:1px solid var(--line)}
    .findings p{margin:0;text-wrap:pretty}
    .findings p.soft{font-size:14px}
    .findings cite{font-style:normal;font-size:13px;white-space:nowrap}
    .badge{justify-self:start;align-self:start;font-size:12px;font-weight:600;line-height:1;padding:5px 9px;border-radius:99px;
      color:var(--v);border:1px solid color-mix(in srgb,var(--v) 45%,transparent);
      background:color-mix(in srgb,var(--v) 10%,transparent);margin-top:1px}
    .v-shows{--v:var(--good)}
    .v-reversed{--v:var(--bad)}
    .v-unclear{--v:var(--mid)}
    .v-note{--v:var(--soft)}
    @media (max-width:640px){
      .findings li{grid-template-columns:1fr}
    }
  `,
  draw: ({ findings }) => findings.length > 0 && list(findings),
})

const verdicts: Record<Finding['verdict'], string> = { shows: 'Shows', unclear: 'Undecided', reversed: 'Reversed', note: 'Note' }

const list = (findings: readonly Finding[]) =>
  html`<ul class="findings">${findings.map(
    (f) =>
      html`<li class="v-${f.verdict}"><span class="badge">${verdicts[f.verdict]}</span><div>
        ${f.pattern && html`<p><b>${f.pattern}</b> <cite>${f.source}</cite></p>`}<p
        class="${f.pattern ? 'soft' : ''}">${f.text.replace(/p ([=<]) /, 'p\u00a0$1\u00a0')}</p></div></li>`,
  )}</ul><p class="caption">Rows are compared picture by picture:
    McNemar’s test, exact under 25 discordant pictures, χ² with continuity correction above; of several seeds,
    a normal test of each picture’s mean over them, which holds for these concepts and drawings, and the seeds must
    agree in sign; p-values corrected by Holm’s method for all comparisons of this list; intervals by paired bootstrap.
    “Undecided” means a corrected p of 0.05 or more: no evidence for the pattern, and none against it.
    Rows without outcomes for each picture are compared by whether their intervals overlap.</p>`
