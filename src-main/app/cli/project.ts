import { existsSync, statSync } from 'node:fs'
import { Command } from 'commander'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { progressBar } from '../terminal/progress.ts'
import type { AppContext } from '../context.ts'
import {
  checkProject,
  compareSnapshots,
  createProject,
  listSnapshots,
  openProject,
  projectInfo,
  restoreSnapshot,
  takeSnapshot,
} from '../projects/index.ts'
import { linkFolder } from '../media/scan.ts'
import { runWork } from '../work/client.ts'
import { unreadableMedia } from '../../db/media-file.ts'
import { createSampleProject } from '../sample/project.ts'
import { agreementCommand } from './agreement.ts'
import { output } from './output.ts'

export const projectCommand = (_: AppContext): Command => {
  const project = new Command('project')
  project
    .command('create <dir>')
    .description('create a project in a folder')
    .option('--name <name>', 'its name (default: the folder’s)')
    .option('--sample', 'fill it with the sample: pictographs in six styles')
    .action(async (dir: string, o: { name?: string; sample?: boolean; json?: boolean }) => {
      const bar = o.sample ? progressBar('sample') : undefined
      if (o.sample) await createSampleProject(dir, { onProgress: (done, total) => bar!.update({ done, total }) })
      bar?.end()
      const made = o.sample ? openProject(dir) : createProject(dir, { name: o.name })
      const info = projectInfo(made)
      made.close()
      output(Boolean(o.json)).answer(info, () => `made ${info.folder} (${info.media} images)`)
    })
  project
    .command('info <dir>')
    .description('show what a project contains')
    .action((dir: string, o: { json?: boolean }) => {
      const opened = openProject(dir, { readOnly: true })
      const info = projectInfo(opened)
      opened.close()
      output(Boolean(o.json)).answer(info, () =>
        Object.entries(info)
          .map(
            ([k, v]) => `${k.padEnd(14)} ${k === 'created' ? new Date(info.created).toISOString() : typeof v === 'object' ? listed(v) : v}`,
          )
          .join('\n'),
      )
    })
  project
    .command('link <dir> <folder>')
    .description('search a folder for images that were missing when their annotations were imported')
    .action(async (dir: string, folder: string, o: { json?: boolean }) => {
      if (!existsSync(folder) || !statSync(folder).isDirectory()) throw userError(sentence('file.no-such-path', { path: folder }))
      const opened = openProject(dir)
      try {
        const result = await linkFolder(opened, folder)
        output(Boolean(o.json)).answer(result, () => `${result.linked} images linked, ${result.missing} still without a file`)
      } finally {
        opened.close()
      }
    })
  project
    .command('look <dir>')
    .description('check that images can be decoded: new ones, and those that failed before')
    .action(async (dir: string, o: { json?: boolean }) => {
      const opened = openProject(dir)
      const bar = progressBar('files')
      try {
        const looked = await runWork(
          opened,
          { kind: 'check' },
          { onProgress: (p) => bar.update({ done: p.done, ...(p.total === null ? {} : { total: p.total }) }) },
        )
        bar.end()
        const images = unreadableMedia(opened.db).map(({ path, problem }) => ({ file: path, reason: problem }))
        output(Boolean(o.json)).answer({ ...looked, images }, () =>
          [
            `${looked.checked} files checked, ${looked.repaired} readable again, ${looked.unreadable} cannot be read`,
            ...images.slice(0, 20).map((i) => `  ${i.file}: ${i.reason}`),
            ...(looked.unreadable > 20 ? ['  … and more; --json lists them'] : []),
          ].join('\n'),
        )
      } finally {
        opened.close()
      }
    })
  project
    .command('check <dir>')
    .description('verify a project: database, files, journal, dataset hash')
    .option('--repair', 'rebuild derived data')
    .action((dir: string, o: { repair?: boolean; json?: boolean }) => {
      const opened = openProject(dir, { readOnly: !o.repair })
      try {
        const report = checkProject(opened, { repair: o.repair })
        const { count, regions } = report.incomplete
        const incomplete = [
          ...regions.map((r) => `incomplete: ${r.path}: region ${r.id} (${r.label}): ${r.missing.join(', ')}`),
          ...(count > regions.length ? [`incomplete: ${count - regions.length} more regions`] : []),
        ]
        const problemLines = () =>
          report.problems.length
            ? report.problems.map((p) => `${p.kind}: ${p.message}${p.repaired ? ' (repaired)' : ''}`).join('\n')
            : `nothing wrong (${Object.entries(report.checked)
                .map(([k, n]) => `${n} ${k}`)
                .join(', ')})`
        output(Boolean(o.json)).answer(report, () => [...incomplete, problemLines()].join('\n'))
        if (!report.ok) process.exitCode = 2
      } finally {
        opened.close()
      }
    })
  project
    .command('snapshot <dir> [name]')
    .description('name the current state of the dataset, or list the names')
    .option('--restore', 'restore the named state')
    .action((dir: string, name: string | undefined, o: { restore?: boolean; json?: boolean }) => {
      const opened = openProject(dir, { readOnly: name === undefined })
      try {
        if (name !== undefined && o.restore) restoreSnapshot(opened, name)
        else if (name !== undefined) takeSnapshot(opened, name)
        const snapshots = listSnapshots(opened)
        output(Boolean(o.json)).answer(
          snapshots,
          () =>
            snapshots.map((s) => `${new Date(s.at).toISOString()}  ${s.datasetHash.slice(0, 12)}  ${s.name}`).join('\n') || 'no snapshots',
        )
      } finally {
        opened.close()
      }
    })
  project
    .command('diff <dir> <from> [to]')
    .description('show the differences between two snapshots, or between one and the current state')
    .action((dir: string, from: string, to: string | undefined, o: { json?: boolean }) => {
      const opened = openProject(dir, { readOnly: true })
      try {
        const diff = compareSnapshots(opened, from, to)
        const { from: _from, to: _to, ...tables } = diff
        output(Boolean(o.json)).answer(diff, () =>
          Object.entries(tables)
            .map(([k, d]) => `${k.padEnd(12)} +${d.added} ~${d.changed} -${d.removed}`)
            .join('\n'),
        )
      } finally {
        opened.close()
      }
    })
  project.addCommand(agreementCommand())
  return project
}

const listed = (value: object) =>
  (Array.isArray(value)
    ? value.join(', ')
    : Object.entries(value)
        .map(([k, n]) => `${k} ${n}`)
        .join(', ')) || 'none'
