/** Formats an import's report as text. */
import type { Finding, ImportReport, UnreadFile } from '#shared/model/exchange.ts'

export const listed = (findings: readonly Finding[]) =>
  findings
    .slice(0, 20)
    .map((f) => `  ${f.level}: ${f.file}${f.line ? `:${f.line}` : ''}: ${f.reason}`)
    .join('\n') + (findings.length > 20 ? `\n  … and more; --json lists them` : '')

/** The report as lines, the most important last. */
export function importLines(path: string, report: ImportReport): string[] {
  const { regions, labels, captions } = report.annotations
  const file = (u: UnreadFile) =>
    [
      `  not read: ${u.file}${u.files > 1 ? ` (${u.files} files)` : ''}: ${u.looks}`,
      ...(u.reader ? [`--format ${u.reader} would read ${u.files > 1 ? 'them' : 'it'}`] : []),
    ].join('; ')
  const others = report.unreadFiles - report.unread.reduce((n, u) => n + u.files, 0)
  return [
    [
      `${report.format}: ${report.images} images with ${regions} regions, ${labels} labels and ${captions} captions`,
      `added ${report.counts.added}, merged ${report.counts.merged}, unchanged ${report.counts.unchanged}`,
      `${report.changed} changed, ${report.leftOut} left out`,
    ].join('; '),
    ...(report.findings.length ? [listed(report.findings)] : []),
    ...report.notes.map((n) => `  note: ${n}`),
    ...(report.missing
      ? [`  ${report.missing} images were not found; their annotations wait for the files (project link, or another import)`]
      : []),
    ...(report.unmentioned ? [`  ${report.unmentioned} images of ${path} are not named by any annotation and were left out`] : []),
    ...report.unread.slice(0, 20).map(file),
    ...(report.unread.length > 20 || others > 0 ? ['  … and more that were not read; --json lists them'] : []),
    ...report.skipped
      .slice(0, 10)
      .map((s) => `  skipped: ${s.files} ${s.ending ? `*.${s.ending}` : 'without an extension'} (${s.example}): ${s.reason}`),
    ...(report.unreadableImages
      ? [
          `  ${report.unreadableImages} images of ${path} cannot be read, and are left out of training until their files are fixed`,
          ...report.unreadable.slice(0, 10).map((u) => `    ${u.file}: ${u.reason}`),
        ]
      : []),
    ...(report.nothingTaken ? [nothingLine(report)] : []),
  ]
}

export function nothingLine(report: ImportReport): string {
  const [first] = report.unread.filter((u) => u.likely)
  const why = first
    ? `${first.file} was not read (${first.looks}${first.reader ? `; --format ${first.reader} would read it` : ''})`
    : (report.findings.find((f) => f.level === 'left out')?.reason ?? 'nothing could be read')
  return `no annotations were imported: ${why}`
}
