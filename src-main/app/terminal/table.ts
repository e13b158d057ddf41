import { paint, textWidth, type Style, type Terminal } from './stream.ts'

export interface Column<Row> {
  readonly title: string
  /** Numbers to the right (the default for all but the first column). */
  readonly align?: 'left' | 'right'
  /** The cell's text; null or undefined is shown as a dash. */
  readonly value: (row: Row) => string | number | null | undefined
  readonly style?: (row: Row) => Style | undefined
}

/** Aligned columns under a rule; ends with a newline. Styled only where `to` takes colours. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], to?: Terminal): string {
  const texts = rows.map((row) => columns.map((c) => String(c.value(row) ?? '–')))
  const widths = columns.map((c, i) => Math.max(textWidth(c.title), ...texts.map((cells) => textWidth(cells[i]!))))
  const line = (cells: readonly string[], style: (i: number) => Style | undefined) =>
    cells
      .map((text, i) => {
        const space = ' '.repeat(widths[i]! - textWidth(text))
        const right = (columns[i]!.align ?? (i === 0 ? 'left' : 'right')) === 'right'
        const wanted = style(i)
        const shown = wanted ? paint(wanted, text, to) : text
        return right ? space + shown : i === cells.length - 1 ? shown : shown + space
      })
      .join('  ')
      .trimEnd()
  return [
    line(
      columns.map((c) => c.title),
      () => 'bold',
    ),
    paint('dim', widths.map((w) => '─'.repeat(w)).join('──'), to),
    ...rows.map((row, r) => line(texts[r]!, (i) => columns[i]!.style?.(row))),
    '',
  ].join('\n')
}
