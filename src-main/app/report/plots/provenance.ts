/** What is needed to reproduce the report: the command, versions, data and checkpoints. */
import type { Report } from '#shared/model/report.ts'
import { html, type Html } from '../html.ts'
import { definePlot } from '../plot.ts'

export default definePlot({
  id: 'again',
  order: 80,
  title: 'To make it again',
  style: `
    .versions{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:10px 20px;margin:14px 0}
    .versions div:first-child{grid-column:1/-1}
  `,
  draw: provenance,
})

function provenance({ setting, rows }: Report): Html {
  const saved = rows.filter((r) => r.checkpoint)
  return html`${setting.command && html`<pre><code>${setting.command}</code></pre>`}
    <dl class="versions"><div><dt>Data hash</dt><dd><code>${setting.dataHash}</code></dd></div>
      ${Object.entries(setting.versions).map(([name, version]) => html`<div><dt>${name}</dt><dd><code>${version}</code></dd></div>`)}</dl>
    ${
      saved.length > 0 &&
      html`<details><summary>Checkpoints</summary><div class="scroll"><table><thead><tr><th scope="col">Model<th
      scope="col" class="text">Folder</tr></thead><tbody>${saved.map(
        (r) => html`<tr><th scope="row">${r.name}</th><td
      class="text"><code>${r.checkpoint}</code></td></tr>`,
      )}</tbody></table></div></details>`
    }`
}
