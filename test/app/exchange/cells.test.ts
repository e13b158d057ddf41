/** No cell that we write is a formula to a spreadsheet, and each comes back as it was. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cell, cellText } from '../../../src-main/app/exchange/cells.ts'
import { projectOf, roundTrip } from './helpers.ts'

const hostile = [
  '=1+1',
  '=HYPERLINK("http://evil.example","x")',
  '+1',
  '-1',
  '-',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  '\n=1',
  '＝1',
  '＋1',
  '－1',
  '＠x',
  "'=1",
  "''=1",
  ' =1',
  'a;=1',
  'a\t=1',
  'a|=1',
  "=cmd|'/c calc'!A0",
]
const begins = /^[\s]*[=+\-@＝＋－＠]/

test('a text never becomes a formula, and a number stays a number', () => {
  for (const text of hostile) {
    const read = (parse(cell(text)) as string[][])[0]![0]
    expect(read, JSON.stringify(text)).not.toMatch(begins)
    expect(cellText(read!)).toBe(text)
  }
  for (const n of [-5, -0.25, 1e-7, 3]) expect(cell(n)).toBe(String(n))
  for (const text of ['', 'a', "it's", "'quoted'", 'a = b', 'x-y', '5']) expect([cell(text), cellText(text)]).toEqual([text, text])
})

test('whatever is written can be read back', () => {
  const text = fc.string({ unit: fc.constantFrom('=', '+', '-', '@', "'", '"', ',', ';', '\t', '\n', ' ', 'a', '＝', '1') })
  fc.assert(
    fc.property(text, (t) => cellText((parse(cell(t) || '""') as string[][])[0]![0]!) === t),
    { numRuns: 2000 },
  )
})

test('a dataset with such names round-trips', async () => {
  const names = hostile.map((t) => t.trim()).filter((t, i, all) => t && all.indexOf(t) === i)
  const p = await projectOf(
    names.map((label, i) => ({
      fileName: i % 2 ? `-${i}.png` : `=${i}.png`,
      width: 40,
      height: 30,
      split: '@split',
      regions: [{ label, shape: { kind: 'box', x: 1, y: 2, w: 3, h: 4 } }],
      captions: [{ text: label }],
    })),
  )
  const { out, records } = await roundTrip(p, { format: 'csv' })
  for (const row of parse(readFileSync(path.join(out, 'annotations.csv'), 'utf8')) as string[][])
    for (const field of row) if (!Number.isFinite(Number(field))) expect(field).not.toMatch(begins)
  expect(records.map((r) => [r.regions![0]!.label, r.captions![0]!.text, r.split]).sort()).toEqual(
    names.map((n) => [n, n, '@split']).sort(),
  )
})
