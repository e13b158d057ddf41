import { existsSync, readFileSync } from 'node:fs'
import { Command } from 'commander'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { LabelOperation, LabelPreview, SchemaImportReport } from '#shared/model/label-schema.ts'
import { ioError } from '../../files/words.ts'
import { replaceText } from '../../files/atomic.ts'
import { changeLabels, importLabelSchema, labelSchema, previewLabels, previewLabelSchema, readLabelSchema } from '../annotations/index.ts'
import type { AppContext } from '../context.ts'
import { labelCounts, listLabels, openProject, type Project } from '../projects/index.ts'
import { renderTable } from '../terminal/table.ts'
import { output } from './output.ts'

interface Common {
  project: string
  dryRun?: boolean
  json?: boolean
}

/** Runs with the project open, read-only for a dry run. */
function within<T>(o: Common, body: (project: Project) => T, readOnly = Boolean(o.dryRun)): T {
  const project = openProject(o.project, { readOnly })
  try {
    return body(project)
  } finally {
    project.close()
  }
}

function labelId(project: Project, name: string): number {
  const label = listLabels(project).find((l) => l.name === name)
  if (!label) throw userError(sentence('command.no-label', { label: JSON.stringify(name) }))
  return label.id
}

const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`

function told({ regions, imageLabels, images, effects, removed }: LabelPreview, dry: boolean): string {
  const lines = effects.map(
    (e) => `  ${e.label}${e.fresh ? ' (new)' : ''}: ${counted(e.regions, 'region')}, ${counted(e.imageLabels, 'image label')}`,
  )
  const gone = removed.length ? [`  gone: ${removed.join(', ')}`] : []
  return [
    `${counted(regions, 'region')} and ${counted(imageLabels, 'image label')} ` +
      `on ${counted(images, 'image')} ${dry ? 'would change' : 'changed'}`,
    ...lines,
    ...gone,
  ].join('\n')
}

/** Previews the operation, or carries it out. */
function carriedOut(o: Common, operation: (project: Project) => LabelOperation): void {
  const document = within(o, (project) => (o.dryRun ? previewLabels : changeLabels)(project, operation(project)))
  output(Boolean(o.json)).answer({ ...document, applied: !o.dryRun }, () => told(document, Boolean(o.dryRun)))
}

/** Parses `colour=red`; true, false and numbers get their types, as in the window's fields. */
function attributeOf(text: string): { name: string; value: string | number | boolean } {
  const at = text.indexOf('=')
  if (at < 1) throw userError(sentence('command.split-attribute', { found: JSON.stringify(text) }))
  const [name, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()]
  const number = Number(value)
  return { name, value: value === 'true' ? true : value === 'false' ? false : value !== '' && Number.isFinite(number) ? number : value }
}

export const labelsCommand = (_: AppContext): Command => {
  const labels = new Command('labels')
  const command = (spec: string, about: string) =>
    labels.command(spec).description(about).requiredOption('--project <dir>', 'project folder')
  command('list', 'list the labels and how often they are used').action((o: Common) => {
    const document = within(
      o,
      (project) => {
        const [counts, all] = [labelCounts(project), listLabels(project)]
        const names = new Map(all.map((l) => [l.id, l.name]))
        return all.map(({ id, parentId, ...l }) => ({
          ...l,
          parent: parentId === null ? null : names.get(parentId)!,
          ...(counts.get(id) ?? { regions: 0, images: 0 }),
        }))
      },
      true,
    )
    output(Boolean(o.json)).answer(document, () =>
      renderTable(
        [
          { title: 'label', align: 'left', value: (l) => l.name },
          { title: 'below', align: 'left', value: (l) => l.parent ?? '' },
          { title: 'regions', value: (l) => String(l.regions) },
          { title: 'images', value: (l) => String(l.images) },
          { title: 'attributes', align: 'left', value: (l) => l.attributes.map((a) => a.name).join(', ') },
        ],
        document,
      ),
    )
  })
  command('export <file>', 'write the label set to a file (JSON); - for stdout')
    .option('--overwrite', 'replace an existing file')
    .action((file: string, o: Common & { overwrite?: boolean }) => {
      const schema = within(o, labelSchema, true)
      const text = `${JSON.stringify(schema, null, 2)}\n`
      if (file === '-') return void process.stdout.write(text)
      if (existsSync(file) && !o.overwrite) throw userError(sentence('command.file-exists', { path: file }))
      try {
        replaceText(file, text)
      } catch (e) {
        throw ioError(file, 'written', e)
      }
      output(Boolean(o.json)).answer(
        { file, labels: schema.labels.length },
        () => `${counted(schema.labels.length, 'label')} written to ${file}`,
      )
    })
  command('import <file>', 'import labels from a file: new ones are added, gaps in known ones are filled')
    .option('--replace', 'overwrite the project’s labels with the file’s')
    .option('--dry-run', 'only report what would change')
    .action((file: string, o: Common & { replace?: boolean }) => {
      const schema = readLabelSchema(textOf(file), file)
      const mode = o.replace ? 'replace' : 'merge'
      const report = within(o, (project) => (o.dryRun ? previewLabelSchema : importLabelSchema)(project, schema, mode))
      output(Boolean(o.json)).answer({ ...report, applied: !o.dryRun }, () => imported(report, Boolean(o.dryRun)))
    })
  command('rename <label> <name>', 'rename a label')
    .option('--dry-run', 'only report what would change')
    .action((label: string, name: string, o: Common) => carriedOut(o, (project) => ({ kind: 'rename', id: labelId(project, label), name })))
  command('merge <label...>', 'merge labels into another one')
    .requiredOption('--into <label>', 'label to merge them into')
    .option('--dry-run', 'only report what would change')
    .action((given: string[], o: Common & { into: string }) =>
      carriedOut(o, (project) => ({ kind: 'merge', ids: given.map((name) => labelId(project, name)), into: labelId(project, o.into) })),
    )
  command('split <label> <name>', 'move some of a label’s annotations to another one, created if needed')
    .option('--attribute <name=value>', 'regions with this value')
    .option('--tag <tag>', 'on images with this tag')
    .option('--shape <kind>', 'regions of this shape: box, rotated-box, polygon, mask, polyline or keypoints')
    .option('--dry-run', 'only report what would change')
    .action((label: string, name: string, o: Common & { attribute?: string; tag?: string; shape?: string }) =>
      carriedOut(o, (project) => ({
        kind: 'split',
        id: labelId(project, label),
        parts: [
          {
            name,
            where: {
              ...(o.attribute !== undefined && { attribute: attributeOf(o.attribute) }),
              ...(o.tag !== undefined && { tag: o.tag }),
              ...(o.shape !== undefined && { kind: o.shape as 'box' }),
            },
          },
        ],
      })),
    )
  return labels
}

function textOf(file: string): string {
  if (!existsSync(file)) throw userError(sentence('file.no-such-path', { path: file }))
  try {
    return readFileSync(file, 'utf8')
  } catch (e) {
    throw ioError(file, 'read', e)
  }
}

function imported({ added, changed, unchanged, kept }: SchemaImportReport, dry: boolean): string {
  return [
    `${counted(added.length, 'label')} ${dry ? 'would be added' : 'added'}, ` +
      `${changed.length} ${dry ? 'would change' : 'changed'}, ${unchanged} as they were`,
    ...changed.slice(0, 20).map((c) => `  ${c.name}: ${c.fields.join(', ')}`),
    ...(changed.length > 20 ? [`  … and ${changed.length - 20} more; --json lists them`] : []),
    ...kept.map((line) => `  not taken: ${line}`),
  ].join('\n')
}
