/** Comparisons as one table for a spreadsheet. */
import type { Comparison } from '#shared/contract/evaluation.ts'
import type { RegionComparison } from '#shared/model/region-comparison.ts'

const cell = (v: string | number) => {
  const text = typeof v === 'string' && /^[=+\-@\t\r]/.test(v) ? `'${v}` : String(v)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
const lines = (rows: readonly (readonly (string | number)[])[]) => rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')

const head = ['what', 'model', 'split', 'class', 'other', 'value', 'low', 'high', 'n']

/** The figures of a comparison, one line per model, split and metric; then those of each class, and the confusions. */
export function comparisonCsv(result: Comparison): string {
  const of = result.rows.flatMap((r) =>
    Object.entries(r.splits).flatMap(([split, e]) => [
      ['accuracy', r.name, split, '', '', e.accuracy, e.interval[0], e.interval[1], e.n],
      ...e.perClass.flatMap((c, k) =>
        c.n ? [['class', r.name, split, result.classes[k]!, '', c.correct / c.n, c.interval[0], c.interval[1], c.n]] : [],
      ),
    ]),
  )
  const pairs = result.pairs.map((p) => ['mcnemar-p', result.rows[p.a]!.name, p.split, '', result.rows[p.b]!.name, p.p, '', '', ''])
  const confused = result.confusions.flatMap(({ row, split, cells }) =>
    cells.map((c) => ['confusion', result.rows[row]!.name, split, result.classes[c.truth]!, result.classes[c.said]!, c.n, '', '', '']),
  )
  return lines([head, ...of, ...pairs, ...confused])
}

/**
 * The same of detectors or segmenters: a line per model, split and metric, then those of each label. `n` counts images, of a label its
 * regions. A difference in the main metric has its interval, and its p a line of its own.
 */
export function regionCsv({ main, rows, pairs }: RegionComparison): string {
  const of = rows.flatMap((r) =>
    Object.entries(r.splits).flatMap(([split, e]) => [
      ...Object.entries(e.metrics).map(([id, value]) => [id, r.name, split, '', '', value, ...(e.intervals[id] ?? ['', '']), e.n]),
      ...e.labels.flatMap(({ label, regions, metrics }) =>
        Object.entries(metrics).map(([id, value]) => [id, r.name, split, label, '', value, '', '', regions]),
      ),
    ]),
  )
  const compared = pairs.flatMap(({ split, a, b, difference, interval, p }) => {
    const [one, other] = [rows[a]!.name, rows[b]!.name]
    const n = rows[a]!.splits[split]?.n ?? ''
    return [
      [`${main}-difference`, one, split, '', other, difference, ...interval, n],
      ['bootstrap-p', one, split, '', other, p, '', '', n],
    ]
  })
  return lines([head, ...of, ...compared])
}
