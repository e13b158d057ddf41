import { Command } from 'commander'
import { type ExportReport, exportOptions, importOptions } from '#shared/model/exchange.ts'
import { userError } from '#shared/errors.ts'
import type { AppContext } from '../context.ts'
import { canExport, canImport, exportLosses, formatRecord, formats, settingsOf } from '../exchange/index.ts'
import { openProject } from '../projects/index.ts'
import { progressBar } from '../terminal/progress.ts'
import { renderTable } from '../terminal/table.ts'
import { runWork } from '../work/client.ts'
import { importLines, listed, nothingLine } from './exchange-report.ts'
import { output, untilDone } from './output.ts'
import { addSettingOptions, dashed, givenSettings } from './settings.ts'

/** @throws a one-line user error naming the option */
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

const importing = formats.filter(canImport)
const exporting = formats.filter(canExport)
const importSettings = formats.map(({ id, title, importSettings: schema }) => ({ id, title, schema }))
const exportSettings = formats.map(({ id, title, exportSettings: schema }) => ({ id, title, schema }))

const named = (key: string) => `--${dashed(key)}`

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

/** Ctrl+C stops between two images. */
const interruptible = <T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const abort = new AbortController()
  return untilDone({ result: body(abort.signal), cancel: () => abort.abort() })
}

export const importCommand = (_: AppContext): Command =>
  addSettingOptions(new Command('import'), importSettings)
    .argument('<path>', 'file or folder')
    .requiredOption('--project <dir>', 'project folder')
    .option('--format <name>', `auto, or one of ${importing.map((f) => f.id).join(', ')}; “dashi formats” describes them`, 'auto')
    .option('--images <dir>', 'folder of the images')
    .option('--follow-links', 'follow links that lead out of the folder of images, now and later')
    .option('--no-check', 'do not check that each image can be decoded')
    .option('--split <name>', 'put everything imported into this split')
    .option(
      '--annotators <which>',
      'where several people annotated an image: first (the ground truth, else the first not cancelled) or all',
    )
    .option('--second-opinion <name>', 'import as this person’s proposals, alongside the project’s own annotations')
    .action(async (path: string, o: { project: string; json?: boolean } & Record<string, unknown>) => {
      const options = parsed(importOptions, {
        secondOpinion: o['secondOpinion'],
        format: o['format'],
        images: o['images'],
        split: o['split'],
        settings: givenSettings(importSettings, o),
        annotators: o['annotators'],
        followLinks: Boolean(o['followLinks']),
        check: o['check'] !== false,
      })
      if (options.format !== 'auto') settingsOf(formatRecord(options.format), 'import', options.settings, named)
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
  addSettingOptions(new Command('export'), exportSettings)
    .argument('<path>', 'folder or file to write')
    .requiredOption('--project <dir>', 'project folder')
    .requiredOption('--format <name>', `one of ${exporting.map((f) => f.id).join(', ')}; “dashi formats” describes them`)
    .option('--overwrite', 'replace an earlier export, unless files were added to it since')
    .option('--no-images', 'annotations only')
    .option('--states <names>', 'annotations in these states: accepted, proposed, rejected', list)
    .action(async (path: string, o: { project: string; json?: boolean; images: boolean } & Record<string, unknown>) => {
      const options = parsed(exportOptions, {
        format: o['format'],
        overwrite: Boolean(o['overwrite']),
        states: o['states'],
        settings: givenSettings(exportSettings, o),
        ...(o.images ? {} : { images: 'none' }),
      })
      settingsOf(formatRecord(options.format), 'export', options.settings, named)
      const project = openProject(o.project, { readOnly: true })
      try {
        const { onProgress, end } = bars()
        for (const l of exportLosses(project, options))
          output(Boolean(o.json)).say(`${options.format} cannot hold ${l.count} ${l.feature}, which ${l.becomes.en}`)
        const report = await interruptible((signal) => runWork(project, { kind: 'export', path, options }, { signal, onProgress }))
        end()
        output(Boolean(o.json)).answer(plain(report), () =>
          [
            `${report.path}: ${report.images} images in ${report.files} files`,
            ...report.losses.map((l) => `  the format cannot hold ${l.count} ${l.feature}, which ${l.becomes.en}`),
            listed(report.findings),
          ].join('\n'),
        )
      } finally {
        project.close()
      }
    })

/** JSON output contains the English sentences only. */
const plain = (report: ExportReport) => ({ ...report, losses: report.losses.map((l) => ({ ...l, becomes: l.becomes.en })) })

export const formatsCommand = (_: AppContext): Command =>
  new Command('formats').action((o: { json?: boolean }) => {
    const rows = formats.map((f) => ({
      name: f.id,
      title: f.title.en,
      about: f.about.en,
      imports: canImport(f),
      exports: canExport(f),
      extensions: f.extensions,
      reference: f.reference,
    }))
    output(Boolean(o.json)).answer(rows, () =>
      renderTable(
        [
          { title: 'format', value: (r) => r.name },
          { title: 'imports', align: 'left', value: (r) => (r.imports ? 'yes' : '') },
          { title: 'exports', align: 'left', value: (r) => (r.exports ? 'yes' : '') },
          { title: 'about', align: 'left', value: (r) => `${r.title}: ${r.about}` },
        ],
        rows,
      ),
    )
  })
