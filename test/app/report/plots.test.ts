/** What every plot of the report must have and do, as soon as its file is there. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { reportSchema } from '#shared/model/report.ts'
import { findings } from '../../../src-main/app/report/findings.ts'
import { html } from '../../../src-main/app/report/html.ts'
import { plots } from '../../../src-main/app/report/plots.ts'
import { renderReport } from '../../../src-main/app/report/report.ts'
import { example } from './example.ts'

const folder = path.join(import.meta.dirname, '../../../src-main/app/report/plots')
const report = reportSchema.parse({ ...example, findings: findings(reportSchema.parse(example)) })

it('there is one record per file, each with its own name, title and order', () => {
  expect(plots).toHaveLength(readdirSync(folder).length)
  for (const key of ['id', 'order', 'title'] as const) expect(new Set(plots.map((p) => p[key])).size).toBe(plots.length)
})

it.each(plots.map((p) => [p.id, p] as const))('%s draws something of a whole report', (_, plot) => {
  const drawn = html`${plot.draw(report)}`.text
  expect(drawn.length).toBeGreaterThan(100)
})

it('the page holds them in their order', () => {
  const page = renderReport(report)
  expect([...page.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id)).toEqual(plots.map((p) => p.id))
  for (const { style } of plots) if (style) expect(page).toContain(style)
})
