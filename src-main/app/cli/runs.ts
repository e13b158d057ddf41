import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Command, Option } from 'commander'
import type { RunEntry } from '#shared/contract/training.ts'
import { userError } from '#shared/errors.ts'
import { points } from '#shared/format.ts'
import { keptOf, knowledgeOf, largeLosses } from '#shared/model/knowledge.ts'
import type { RunNote } from '#shared/model/run-note.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { AppContext } from '../context.ts'
import { openProject, type Project } from '../projects/index.ts'
import { type Column, renderTable } from '../terminal/table.ts'
import { runsCsv, writeEventFiles } from '../training/export-runs.ts'
import { noteRun } from '../training/notes.ts'
import { deleteRuns, runsRemoval } from '../training/remove-runs.ts'
import { listRunEntries } from '../training/runs.ts'
import { output } from './output.ts'

interface Options {
  project: string
  json?: boolean
}

const command = (name: string, about: string) => new Command(name).description(about).requiredOption('--project <dir>', 'project folder')

export function runsCommand(app: AppContext): Command {
  const withProject = <T>({ project: folder }: Options, readOnly: boolean, body: (project: Project, runs: RunEntry[]) => T): T => {
    const project = openProject(folder, { readOnly })
    try {
      return body(project, listRunEntries(app, project, new Map()))
    } finally {
      project.close()
    }
  }
  /** Changes what is said about one run, and answers with it. */
  const note = (o: Options, run: string, change: (before: RunEntry) => Partial<RunNote>) =>
    withProject(o, false, (project, runs) => {
      const found = runOf(runs, run)
      const { name, ...noted } = noteRun(project, found.id, change(found))
      const said = { id: found.id, name: name ?? found.name, ...noted }
      output(Boolean(o.json)).answer(said, () => [said.name, said.tags.join(' '), said.note].filter(Boolean).join('\n'))
    })

  return new Command('runs')
    .addCommand(
      command('list', 'list the runs, newest first').action((o: Options) =>
        withProject(o, true, (_, runs) => output(Boolean(o.json)).answer(runs.map(shown), () => renderTable(columns, runs))),
      ),
    )
    .addCommand(
      command('rename', 'give a run and its checkpoint another name; folders keep theirs')
        .argument('<run>', 'name or id')
        .argument('<name>', 'the new name')
        .action((run: string, name: string, o: Options) => note(o, run, () => ({ name: name.trim() || null }))),
    )
    .addCommand(
      command('note', 'write a note on a run; an empty one removes it')
        .argument('<run>', 'name or id')
        .argument('<text>', 'the note')
        .action((run: string, text: string, o: Options) => note(o, run, () => ({ note: text }))),
    )
    .addCommand(
      command('tag', 'add tags to a run')
        .argument('<run>', 'name or id')
        .argument('<tags...>', 'tags to add')
        .option('--remove', 'remove these tags instead')
        .action((run: string, tags: string[], o: Options & { remove?: boolean }) =>
          note(o, run, ({ tags: before }) => ({ tags: o.remove ? before.filter((t) => !tags.includes(t)) : [...before, ...tags] })),
        ),
    )
    .addCommand(
      command('delete', 'delete runs that have ended, with their checkpoints')
        .argument('<runs...>', 'names or ids')
        .option('--yes', 'delete; without it, only say what would be lost')
        .action((names: string[], o: Options & { yes?: boolean }) =>
          withProject(o, !o.yes, (project, runs) => {
            const ids = names.map((n) => runOf(runs, n).id)
            const removal = o.yes ? deleteRuns(project, ids) : runsRemoval(project, ids)
            output(Boolean(o.json)).answer({ deleted: Boolean(o.yes), ...removal }, () =>
              [
                `${o.yes ? 'Deleted' : 'Would delete'} ${ids.length - removal.active.length} runs,`,
                `${removal.checkpoints.length} checkpoints, ${(removal.bytes / 1e6).toFixed(1)} MB`,
                ...(removal.usedBy.length ? [`\nMade from them, and kept: ${removal.usedBy.map((u) => u.name).join(', ')}`] : []),
                ...(removal.annotations ? [`\nAnnotations by them, and kept: ${removal.annotations}`] : []),
                ...(removal.active.length ? [`\nNot ended yet, and left: ${removal.active.join(', ')}`] : []),
                ...(o.yes ? [] : ['\nDelete them with --yes.']),
              ].join(' '),
            )
          }),
        ),
    )
    .addCommand(
      command('export', 'write the runs as a table or for TensorBoard')
        .argument('<out>', 'CSV file, or folder of event files')
        .argument('[runs...]', 'names or ids; all by default')
        .addOption(new Option('--as <format>', 'format').choices(['csv', 'tensorboard']).default('csv'))
        .action((out: string, names: string[], o: Options & { as: 'csv' | 'tensorboard' }) =>
          withProject(o, true, (project, runs) => {
            const chosen = names.length ? names.map((n) => runOf(runs, n)) : runs
            const target = path.resolve(out)
            mkdirSync(o.as === 'csv' ? path.dirname(target) : target, { recursive: true })
            if (o.as === 'csv') writeFileSync(target, runsCsv(chosen))
            else writeEventFiles(project, chosen, target)
            output(Boolean(o.json)).answer({ out: target, runs: chosen.length }, () => `${target}: ${chosen.length} runs`)
          }),
        ),
    )
}

/** @throws a user fault if no run, or more than one, is called so */
function runOf(runs: readonly RunEntry[], name: string): RunEntry {
  const found = runs.filter((r) => r.id === name || r.name === name)
  if (found.length === 1) return found[0]!
  const ids = found.map((r) => r.id).join(', ')
  throw userError(found.length ? sentence('run.several', { name, ids }) : sentence('run.none', { id: name }))
}

const shown = ({ id, name, kind, recipe, status, created, finished, metrics, settings, note, tags, pinned, model }: RunEntry) => {
  const { loss: _, ...figures } = metrics
  return { id, name, kind, recipe, status, created, finished, metrics: figures, settings, note, tags, pinned, model }
}

const columns: Column<RunEntry>[] = [
  { title: 'run', value: (r) => `${r.pinned ? '* ' : ''}${r.name}` },
  { title: 'kind', align: 'left', value: (r) => r.kind },
  { title: 'recipe', align: 'left', value: (r) => r.recipe },
  { title: 'status', align: 'left', value: (r) => r.status },
  { title: 'ID %', value: (r) => percent(r.metrics['id']) },
  { title: 'OOD %', value: (r) => percent(r.metrics['ood']) },
  { title: 'kept', value: (r) => keptText(r) },
  { title: 'tags', align: 'left', value: (r) => r.tags.join(' ') },
  { title: 'note', align: 'left', value: (r) => r.note.split('\n', 1)[0] ?? '' },
]
/** In points, with a mark where much was forgotten. */
function keptText({ metrics }: RunEntry): string | null {
  const knowledge = knowledgeOf(metrics)
  if (knowledge?.kind === 'unchanged') return 'unchanged'
  const kept = keptOf(knowledge)
  return kept === null ? null : `${points(kept)}${largeLosses(knowledge).length ? ' !' : ''}`
}
const percent = (v: unknown) => (typeof v === 'number' ? (100 * v).toFixed(1) : null)
