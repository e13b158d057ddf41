import { Command } from 'commander'
import type { Finding, ImportReport, UnreadFile } from '#shared/model/exchange.ts'
import { exportOptions, formatName, importOptions } from '#shared/model/exchange.ts'
import { userError } from '#shared/errors.ts'
import type { AppContext } from '../context.ts'
import { exportLosses } from '../exchange/index.ts'
import { openProject } from '../projects/index.ts'
import { progressBar } from '../terminal/progress.ts'
import { runWork } from '../work/client.ts'
import { output, untilDone } from './output.ts'

/** @throws one line naming the option */
function parsed<T>(
  schema: {
    safeParse(x: unknown): { success: true; data: T } | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } }
  },
  given: unknown,
): T {
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  throw userError(`--${issue.path.join('.')}: ${issue.message}`)
}

const list = (text: string) => text.split(',').map((t) => t.trim())

function bars() {
  const shown = new Map<string, ReturnType<typeof progressBar>>()
  return {
    onProgress: (p: { phase: string; done: number; total: number | null }) => {
      if (!shown.has(p.phase)) {
        for (const bar of shown.values()) bar.end()
        shown.set(p.phase, progressBar(p.phase, { unit: 'images' }))
      }
      shown.get(p.phase)!.update({ done: p.done, ...(p.total === null ? {} : { total: p.total }) })
    },
    end: () => [...shown.values()].at(-1)?.end(),
  }
}

/** Ctrl+C stops it between two images. */
const interruptible = <T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const abort = new AbortController()
  return untilDone({ result: body(abort.signal), cancel: () => abort.abort() })
}

const listed = (findings: readonly Finding[]) =>
  findings
    .slice(0, 20)
    .map((f) => `  ${f.level}: ${f.file}${f.line ? `:${f.line}` : ''}: ${f.reason}`)
    .join('\n') + (findings.length > 20 ? `\n  … and more; --json lists them` : '')

/** The report for a person; what matters most comes last. */
export function importLines(path: string, report: ImportReport): string[] {
  const { regions, labels, captions } = report.annotations
  const file = (u: UnreadFile) =>
    `  not read: ${u.file}${u.files > 1 ? ` (${u.files} files)` : ''}: ${u.looks}${u.reader ? `; --format ${u.reader} would read ${u.files > 1 ? 'them' : 'it'}` : ''}`
  const others = report.unreadFiles - report.unread.reduce((n, u) => n + u.files, 0)
  return [
    `${report.format}: ${report.images} images with ${regions} regions, ${labels} labels and ${captions} captions; added ${report.counts.added}, merged ${report.counts.merged}, unchanged ${report.counts.unchanged}; ${report.changed} changed, ${report.leftOut} left out`,
    ...(report.findings.length ? [listed(report.findings)] : []),
    ...report.notes.map((n) => `  note: ${n}`),
    ...(report.missing
      ? [`  ${report.missing} images were not found; what is annotated of them waits for their files (project link, or another import)`]
      : []),
    ...(report.unmentioned ? [`  ${report.unmentioned} images of ${path} are named by no annotation and were not taken`] : []),
    ...report.unread.slice(0, 20).map(file),
    ...(report.unread.length > 20 || others > 0 ? ['  … and more that were not read; --json lists them'] : []),
    ...report.skipped
      .slice(0, 10)
      .map((s) => `  passed over: ${s.files} ${s.ending ? `*.${s.ending}` : 'without an ending'} (${s.example}): ${s.reason}`),
    ...(report.unreadableImages
      ? [
          `  ${report.unreadableImages} images of ${path} cannot be read, and are left out of trainings until their files are put right`,
          ...report.unreadable.slice(0, 10).map((u) => `    ${u.file}: ${u.reason}`),
        ]
      : []),
    ...(report.nothingTaken ? [nothingLine(report)] : []),
  ]
}

function nothingLine(report: ImportReport): string {
  const [first] = report.unread.filter((u) => u.likely)
  const why = first
    ? `${first.file} was not read (${first.looks}${first.reader ? `; --format ${first.reader} would read it` : ''})`
    : (report.findings.find((f) => f.level === 'left out')?.reason ?? 'nothing could be read')
  return `no annotation was taken: ${why}`
}

export const importCommand = (_: AppContext): Command =>
  new Command('import')
    .description('take images and annotations into a project')
    .argument('<path>', 'file or folder')
    .requiredOption('--project <dir>', 'project folder')
    .option('--format <name>', `auto, or one of ${formatName.options.join(', ')}`, 'auto')
    .option('--images <dir>', 'where the images lie')
    .option('--follow-links', 'read links that lead out of the folder of images, now and later')
    .option('--no-check', 'do not look whether each image can be decoded')
    .option('--split <name>', 'the split of everything imported')
    .option('--base <pixel>', 'Pascal VOC: the number of the first pixel, auto, 0 or 1')
    .option(
      '--annotators <which>',
      'where several people annotated an image: first (the ground truth, or the first that was not cancelled) or all',
    )
    .option('--second-opinion <name>', 'as what this person says of the project’s images: beside what is there, as proposals')
    .action(async (path: string, o: { project: string; json?: boolean } & Record<string, unknown>) => {
      const options = parsed(importOptions, {
        secondOpinion: o['secondOpinion'],
        format: o['format'],
        images: o['images'],
        split: o['split'],
        base: o['base'],
        annotators: o['annotators'],
        followLinks: Boolean(o['followLinks']),
        check: o['check'] !== false,
      })
      const project = openProject(o.project)
      try {
        const { onProgress, end } = bars()
        const report = await interruptible((signal) => runWork(project, { kind: 'import', path, options }, { signal, onProgress }))
        end()
        const out = output(Boolean(o.json))
        out.answer(report, () => importLines(path, report).join('\n'))
        if (report.nothingTaken) {
          if (out.json) out.say(nothingLine(report))
          process.exitCode = 2
        }
      } finally {
        project.close()
      }
    })

export const exportCommand = (_: AppContext): Command =>
  new Command('export')
    .description('write a project’s images and annotations in a format')
    .argument('<path>', 'folder or file to write')
    .requiredOption('--project <dir>', 'project folder')
    .requiredOption('--format <name>', 'as for import')
    .option('--overwrite', 'replace an earlier export, where nobody has put anything into it since')
    .option('--no-images', 'annotations only')
    .option('--states <names>', 'annotations in these states: accepted, proposed, rejected', list)
    .option('--task <kind>', 'YOLO: rows of boxes, polygons, rotated boxes or keypoints: auto, detect, segment, obb or pose')
    .option('--base <pixel>', 'Pascal VOC: the number of the first pixel, 0 or 1')
    .action(async (path: string, o: { project: string; json?: boolean; images: boolean } & Record<string, unknown>) => {
      const options = parsed(exportOptions, {
        format: o['format'],
        overwrite: Boolean(o['overwrite']),
        states: o['states'],
        task: o['task'],
        base: o['base'],
        ...(o.images ? {} : { images: 'none' }),
      })
      const project = openProject(o.project, { readOnly: true })
      try {
        const { onProgress, end } = bars()
        for (const l of exportLosses(project, options))
          output(Boolean(o.json)).say(`${options.format} cannot hold ${l.count} ${l.feature}: ${l.becomes}`)
        const report = await interruptible((signal) => runWork(project, { kind: 'export', path, options }, { signal, onProgress }))
        end()
        output(Boolean(o.json)).answer(report, () =>
          [
            `${report.path}: ${report.images} images in ${report.files} files`,
            ...report.losses.map((l) => `  the format cannot hold ${l.count} ${l.feature}: ${l.becomes}`),
            listed(report.findings),
          ].join('\n'),
        )
      } finally {
        project.close()
      }
    })
