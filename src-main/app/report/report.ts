/** The comparison as one self-contained HTML file: no scripts, fonts or external URLs. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { percent } from '#shared/format.ts'
import { reportSchema, type Finding, type Report, type ReportInput, type ReportRow, type ReportScore } from '#shared/model/report.ts'
import { replaceText } from '../../files/atomic.ts'
import { lstat } from '../../files/places.ts'
import { html, Html, type Content } from './html.ts'
import { plots } from './plots.ts'
import { shiftsOf } from './scored.ts'
import { style } from './style.ts'

/** Throws a ZodError if `input` is not a valid report. */
export function renderReport(input: ReportInput): string {
  const report = reportSchema.parse(input)
  const { title } = report
  const section = (id: string, heading: string, content: Content) =>
    content && html`<section id="${id}" aria-labelledby="${id}-h"><h2 id="${id}-h">${heading}</h2>${content}</section>`
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta
  name="color-scheme" content="light dark"><meta name="generator" content="Dashi">
<title>${title}</title><style>${style}${plots.map((p) => new Html(p.style ?? ''))}</style></head><body>
${header(report)}
<main>
${plots.map(({ id, title: heading, draw }) => section(id, heading, draw(report)))}
</main></body></html>
`.text
}

const generator = '<meta name="generator" content="Dashi">'
const isOurs = (text: string) => text.slice(0, 4096).includes(generator)

/** @throws a user error if the file exists and is not one of our reports */
export const writeReport = (file: string, report: ReportInput): void => replaceText(file, renderReport(report), { isOurs })

/** `report.html` in a folder, with the first free number if a foreign file has that name. */
export function reportPlace(folder: string): string {
  for (let n = 1; ; n++) {
    const file = path.join(folder, n === 1 ? 'report.html' : `report-${n}.html`)
    const info = lstat(file)
    if (!info || (info.isFile() && isOurs(readFileSync(file, 'utf8')))) return file
  }
}

const bowl = html`<svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true"><path
  d="M3 15h26c0 6.5-4.2 11.2-8.6 12.6V29H11.6v-1.4C7.2 26.2 3 21.5 3 15z" fill="currentColor"/><path
  d="M11 11c-1.6-2 1.6-3.400 0-6M16 11c-1.6-2 1.6-3.400 0-6M21 11c-1.6-2 1.6-3.400 0-6"
  fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"/></svg>`

function header({ title, subtitle, created, setting, rows, findings }: Report): Html {
  const facts: [string, Content][] = [
    ['Model', setting.model],
    ['Classes', setting.classes],
    ...setting.data.map(({ name, n }): [string, Content] => [name, n.toLocaleString('en')]),
    ['Device', setting.device],
    [setting.seeds.length > 1 ? 'Seeds' : 'Seed', setting.seeds.join(', ')],
    ['Data', html`<code>${setting.dataHash.slice(0, 12)}</code>`],
  ]
  return html`<header class="top"><p class="brand">${bowl} Dashi <span class="soft">· <time
    datetime="${created}">${created.slice(0, 16).replace('T', ' ')} UTC</time></span></p>
    <h1>${title}</h1>${subtitle && html`<p class="subtitle">${subtitle}</p>`}
    <p class="lead">${lead(rows, findings)}</p>
    <dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></header>`
}

/** A summary in one or two sentences. */
function lead(rows: readonly ReportRow[], findings: readonly Finding[]): Content {
  const top = (of: (row: ReportRow) => ReportScore | undefined) =>
    rows
      .flatMap((row) => {
        const score = of(row)
        return score ? [{ name: row.name, accuracy: score.accuracy }] : []
      })
      .reduce<{ name: string; accuracy: number } | null>((a, b) => (a && a.accuracy >= b.accuracy ? a : b), null)
  const [id, ood] = [top((row) => row.id), top(shiftsOf)]
  const score = ({ name, accuracy }: { name: string; accuracy: number }) => html`<b>${name}</b> at ${percent(accuracy)}%`
  const best =
    id &&
    ood &&
    (id.name === ood.name
      ? html`${score(id)} is best in distribution, and out of distribution too (${percent(ood.accuracy)}%).`
      : html`Best in distribution is ${score(id)}, out of distribution ${score(ood)}.`)
  const patterns = findings.filter((f) => f.pattern !== null)
  const count = (verdict: Finding['verdict']) => patterns.filter((f) => f.verdict === verdict).length
  const verdicts =
    patterns.length > 0 &&
    `Of ${patterns.length} patterns that the papers report, ${count('shows') || 'none'} show here, ` +
      `${count('reversed') || 'none'} reversed, ${count('unclear') || 'none'} undecided.`
  return html`${best} ${verdicts}`
}
