import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { reportSchema, type ReportRow, type ReportScore } from '#shared/model/report.ts'
import { findings } from '../../../src-main/app/report/findings.ts'
import { placeLabels } from '../../../src-main/app/report/labels.ts'
import { renderReport, writeReport } from '../../../src-main/app/report/report.ts'
import { overSeeds, scored } from '../../../src-main/app/report/scored.ts'
import { wilson } from '../../../src-main/engine/metrics/wilson.ts'
import { example, exampleRows } from './example.ts'

/** `right` of `n`; the pictures named right are the first ones, so that a better row is right wherever a worse one is. */
const nested = (right: number, n = 400): ReportScore => ({
  accuracy: right / n,
  interval: wilson(right, n),
  n,
  outcomes: '1'.repeat(right) + '0'.repeat(n - right),
})
const unpaired = (right: number, n = 400): ReportScore => ({ ...nested(right, n), outcomes: undefined })
const row = (kind: ReportRow['kind'], id: ReportScore, ood: ReportScore, more: Partial<ReportRow> = {}): ReportRow => ({
  name: kind.toUpperCase(),
  kind,
  id,
  ood,
  ...more,
})
const about = (pattern: RegExp, rows: ReportRow[], ledgers?: Parameters<typeof findings>[0]['ledgers']) =>
  findings({ rows, ledgers }).filter((f) => pattern.test(f.pattern ?? f.text))

describe('findings', () => {
  test('FT over LP in distribution and under it out of distribution is what Kumar et al. report', () => {
    const found = findings({ rows: [row('lp', nested(280), nested(260)), row('ft', nested(320), nested(220))] })
    expect(found.map((f) => [f.pattern, f.verdict])).toEqual([
      ['In distribution, full fine-tuning beats the linear probe', 'shows'],
      ['Out of distribution, the linear probe beats full fine-tuning', 'shows'],
    ])
    expect(found[0]!.text).toMatch(
      /^FT 80\.0%, LP 70\.0%: \+10\.0 points, 95% interval \+7\.\d to \+1[23]\.\d \(McNemar χ², 40 of 400 pictures differ, corrected p < 0\.001\)\.$/,
    )
  })

  test('the other sign, beyond the noise, is reversed; within the noise it is undecided, and what would decide it is said', () => {
    expect(about(/^In dist.*linear probe/, [row('lp', nested(320), nested(1)), row('ft', nested(280), nested(1))])[0]!.verdict).toBe(
      'reversed',
    )
    const close = about(/^In dist.*linear probe/, [row('lp', nested(280), nested(1)), row('ft', nested(283), nested(1))])[0]!
    expect(close.verdict).toBe('unclear')
    expect(close.text).toContain('exact McNemar, 3 of 400 pictures differ, corrected p = 0.50')
    expect(close.text).toContain('would take some 1,000 pictures')
  })

  test('without outcomes the intervals must lie apart', () => {
    const [overlap] = about(/^In dist/, [row('lp', unpaired(280), unpaired(200)), row('ft', unpaired(300), unpaired(200))])
    expect(overlap).toMatchObject({ verdict: 'unclear', text: 'FT 75.0%, LP 70.0%: +5.0 points (the 95% intervals overlap).' })
    const [apart] = about(/^In dist/, [row('lp', unpaired(240), unpaired(200)), row('ft', unpaired(320), unpaired(200))])
    expect(apart!.verdict).toBe('shows')
  })

  test('a difference that one test would show is undecided among many (Holm)', () => {
    const slightly = row('coop', nested(207), nested(200)) // 7 pictures of one side: p = 0.016
    const zero = row('zero-shot', nested(200), nested(200))
    const [alone] = about(/^Learned prompts/, [{ ...slightly, ood: undefined }, zero])
    expect(alone).toMatchObject({ verdict: 'shows' })
    const [among] = about(/^Learned prompts/, [slightly, zero, row('lp', nested(200), nested(200)), row('ft', nested(200), nested(200))])
    expect(among).toMatchObject({ verdict: 'unclear' })
  })

  describe('of several seeds', () => {
    /** Pictures that both seeds got right, that one did, that none did. */
    const seeded = (both: number, one: number, none: number, [a, b]: [number, number]): ReportScore => ({
      ...{ accuracy: (a + b) / 2, interval: [0, 1], n: both + one + none, seeds: [a, b] },
      outcomes: '2'.repeat(both) + '1'.repeat(one) + '0'.repeat(none),
    })
    const lp = row('lp', seeded(200, 40, 160, [0.55, 0.55]), nested(1))

    test('pictures count once, with the mean of the seeds', () => {
      const [found] = about(/^In dist.*linear probe/, [lp, row('ft', seeded(240, 40, 120, [0.66, 0.64]), nested(1))])
      expect(found!.verdict).toBe('shows')
      // 40 pictures went from none to one seed, 40 from one to both: each by a half, of 400.
      expect(found!.text).toContain('+10.0 points, 95% interval +8.0 to +12.0 (paired over 400 pictures, each the mean of 2 seeds')
      expect(found!.text).toContain('which say +11.0, +9.0')
    })

    test('seeds of unlike sign decide nothing, however many the pictures', () => {
      const [found] = about(/^In dist.*linear probe/, [lp, row('ft', seeded(240, 40, 120, [0.76, 0.54]), nested(1))])
      expect(found).toMatchObject({ verdict: 'unclear' })
      expect(found!.text).toContain('The seeds disagree.')
    })

    test('one score of several: means, and an interval over pictures', () => {
      const of = (outcomes: string): ReportScore => ({
        accuracy: [...outcomes].filter((x) => x === '1').length / 4,
        interval: [0, 1],
        n: 4,
        outcomes,
      })
      const { interval, ...score } = overSeeds([of('1100'), of('1010')])
      expect(score).toEqual({ accuracy: 0.5, n: 4, outcomes: '2110', seeds: [0.5, 0.5], metrics: {} })
      expect(interval[0]).toBeCloseTo(0.5 - (1.96 * Math.sqrt(1 / 6)) / 2, 12)
      expect(overSeeds([of('1100')])).toEqual(of('1100'))
    })
  })

  test('out of distribution means all shifts together', () => {
    const shifted = (kind: string, ood: number, sketch: number) => row(kind, nested(100), nested(ood), { sketch: nested(sketch) })
    const [found] = about(/^Out of dist.*linear probe/, [shifted('lp', 200, 300), shifted('ft', 220, 200)])
    expect(found!.verdict).toBe('shows')
    expect(found!.text).toContain('LP 62.5%, FT 52.5%: +10.0 points')
  })

  test('halfway to the fine-tuned weights is compared with them', () => {
    const [quarter, half] = [0.25, 0.5].map((alpha) =>
      row('soup', nested(400 * alpha + 100), nested(300), { name: `WiSE-FT ${alpha}`, method: 'wise-ft', alpha }),
    )
    const found = about(/^(In|Out of) dist.*halfway/, [row('ft', nested(300), nested(200)), quarter!, half!])
    expect(found.map((f) => f.text.slice(0, 12))).toEqual(['WiSE-FT 0.5 ', 'WiSE-FT 0.5 '])
    expect(found.map((f) => f.verdict)).toEqual(['shows', 'unclear'])
  })

  const entry = (name: string, accepted: boolean) => ({ name, heldOut: 0.7, score: 0.7, accepted, margin: 0 })
  const sweep = [1, 2].map((i) => ({ ...row('sweep', nested(280 + i), nested(200)), name: `Sweep ${i}`, heldOut: nested(280 + i) }))

  test('a greedy soup of one model is called that, and compared with nothing', () => {
    const ledgers = [{ title: 'Greedy', entries: [entry('Sweep 2', true), entry('Sweep 1', false)] }]
    const rows = [...sweep, row('soup', nested(282), nested(200), { name: 'Greedy soup', method: 'greedy' })]
    expect(about(/kept a single model/, rows, ledgers)).toHaveLength(1)
    expect(about(/^The greedy soup beats/, rows, ledgers)).toHaveLength(0)
  })

  test('a uniform soup far below its worst ingredient collapsed', () => {
    const soup = (right: number) => row('soup', nested(right), nested(right), { name: 'Uniform soup', method: 'uniform' })
    expect(about(/collapsed/, [...sweep, soup(60)])[0]!.text).toBe(
      'The uniform soup collapsed: 15.0% in distribution, below even its worst ingredient (70.3%). Its ingredients are not linearly connected.',
    )
    expect(about(/by no more than the noise/, [...sweep, soup(275)])).toHaveLength(1)
    expect(about(/collapsed|below its worst/, [...sweep, soup(290)])).toHaveLength(0)
  })

  test('soups are measured against the single run that the held-out set chose, not the best on the test set', () => {
    const rows = [...sweep, row('soup', nested(300), nested(300), { name: 'Uniform soup', method: 'uniform' })]
    rows[0]!.ood = nested(390)
    expect(about(/uniform soup beats/, rows)[0]!.text).toContain('Sweep 2 50.0%')
  })
})

describe('the page', () => {
  const page = renderReport({ ...example, findings: findings(reportSchema.parse(example)) })

  test('is self-contained, with every row, ledger, picture and finding', () => {
    expect(page).not.toMatch(/<script|<link|@import|url\(|(?:src|href)="(?!data:)/)
    for (const r of exampleRows) expect(page).toContain(r.name)
    expect(page.match(/<article class="picture">/g)).toHaveLength(6)
    expect(page).toContain('kept 3 of 6')
    expect(page).not.toMatch(/NaN|undefined|\[object|Infinity/)
    expect(Buffer.byteLength(page)).toBeLessThan(400_000)
  })

  test('every drawing has a name, every picture a text, and the elements close', () => {
    for (const svg of page.match(/<svg[^>]*>/g)!) expect(svg).toMatch(/aria-hidden="true"|role="img"\s+aria-label="[^"]+"/)
    for (const img of page.match(/<img[^>]*>/g)!) expect(img).toMatch(/alt="Picture of the class [^"]+"/)
    for (const tag of ['svg', 'g', 'table', 'section', 'figure', 'div', 'ul', 'li', 'span', 'td', 'b', 'details'])
      expect(page.match(new RegExp(`<${tag}[\\s>]`, 'g'))?.length ?? 0, tag).toBe(page.match(new RegExp(`</${tag}>`, 'g'))?.length ?? 0)
  })

  test('names from files are text, never markup', () => {
    const hostile = '<img src=x onerror=alert(1)>"&'
    const text = renderReport({
      ...example,
      title: hostile,
      rows: exampleRows.map((r, i) => (i === 1 ? { ...r, name: hostile, checkpoint: hostile } : r)),
    })
    expect(text).not.toContain('<img src=x')
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&amp;')
  })

  test('a diverged run is marked as such', () => {
    const loss = [2, 1.5, 1.2, null, null]
    expect(renderReport({ ...example, rows: [{ ...exampleRows[2]!, curve: { loss } }] })).toContain('diverged at step 4')
  })

  test('a single row without curves, soups or pictures is a report too', () => {
    const text = renderReport({ ...example, rows: [exampleRows[0]!], ledgers: [], pictures: [] })
    expect(text).not.toMatch(/id="(training|soups|pictures|styles|findings)"/)
    expect(text).toContain('58.3')
  })

  test('accuracies of 0 and 1 have no logit and are drawn at the edge', () => {
    const extreme = renderReport({ ...example, rows: [row('lp', nested(0), nested(400)), row('ft', nested(400), nested(0))] })
    expect(extreme).not.toMatch(/NaN|Infinity/)
  })

  test('outcomes must be as many as the pictures', () => {
    const wrong = { ...exampleRows[0]!, id: { ...exampleRows[0]!.id!, n: 3 } }
    expect(() => renderReport({ ...example, rows: [wrong] })).toThrow('expected one character for each of n pictures')
  })

  test('is written whole', async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'report-'))
    await writeReport(path.join(dir, 'report.html'), example)
    expect(fs.readFileSync(path.join(dir, 'report.html'), 'utf8')).toMatch(/^<!doctype html>[^]*<\/html>\n$/)
    expect(fs.readdirSync(dir)).toEqual(['report.html'])
    fs.rmSync(dir, { recursive: true })
  })
})

test('a score keeps the outcome of each picture for paired tests, and every metric', () => {
  const score = scored({ classes: 2, labels: Int32Array.of(0, 1, 1), logits: Float32Array.of(2, 1, 0, 3, 5, 4) })
  expect(score).toMatchObject({ accuracy: 2 / 3, interval: wilson(2, 3), n: 3, outcomes: '110' })
  expect(score.metrics).toMatchObject({ accuracy: 2 / 3, meanPerClass: 3 / 4 })
})

test('names of dots that lie close together do not cover one another', () => {
  const dots = [0, 1, 2, 3].map((i) => ({ x: 200 + 9 * i, y: 100 + 5 * i, text: `Model ${i}` }))
  const labels = placeLabels(dots, { left: 0, right: 400, top: 0, bottom: 200 })
  const boxes = labels.map(({ x, y, anchor, text }) => ({
    left: anchor === 'start' ? x : anchor === 'end' ? x - 7 * text.length : x - 3.5 * text.length,
    width: 7 * text.length,
    y,
  }))
  boxes.forEach((a, i) =>
    boxes
      .slice(i + 1)
      .forEach((b) => expect(Math.abs(a.y - b.y) >= 13 || a.left + a.width <= b.left || b.left + b.width <= a.left).toBe(true)),
  )
})
