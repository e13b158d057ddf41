import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { runsMethods } from '#shared/contract/runs.ts'
import { getRun } from '../../projects/index.ts'
import { refuseInside } from '../../projects/kept.ts'
import { runsCsv, writeEventFiles } from '../../training/export-runs.ts'
import { dataPreview } from '../../training/preview.ts'
import { deleteRuns, runsRemoval } from '../../training/remove-runs.ts'
import { readLines } from '../../training/run-lines.ts'
import { readAnswers, readSeries, runFolder } from '../../training/run-log.ts'
import { noteRun } from '../../training/notes.ts'
import { listRunEntries } from '../../training/runs.ts'
import { SystemUses } from '../../training/system-use.ts'
import type { Client } from '../client.ts'
import type { HandlersOf, Parts } from '../parts.ts'

export function runsHandlers({ options: { models }, runs }: Parts): HandlersOf<typeof runsMethods> {
  const entries = ({ project }: Pick<Client, 'project'>, ids: readonly string[]) => {
    const all = new Map(listRunEntries(models, project, runs.latest).map((r) => [r.id, r]))
    return ids.flatMap((id) => all.get(id) ?? [])
  }
  const uses = new SystemUses(() => models.engine.use())
  return {
    'training.data': ({ recipe, data }, { project }) => dataPreview(project, recipe, data),
    'runs.series': ({ runId }, { project }) => readSeries(project, getRun(project, runId)),
    'runs.log': ({ runId, after }, { project }) => readLines(runFolder(project, getRun(project, runId).id), after),
    'runs.use': (_input, { project }) => uses.sample(project.folder),
    'runs.answers': ({ runId }, { project }) => readAnswers(project, getRun(project, runId).id),
    'runs.note': ({ runId, note }, client) => {
      noteRun(client.project, runId, note)
      client.tell('runs.changed', {})
      return null
    },
    'runs.removal': ({ runIds }, { project }) => runsRemoval(project, runIds),
    'runs.delete': ({ runIds }, client) => {
      const removed = deleteRuns(client.project, runIds)
      client.tell('runs.changed', {})
      return removed
    },
    'runs.csv': ({ runIds }, client) => runsCsv(entries(client, runIds)),
    'runs.tensorboard': ({ runIds, folder }, client) => {
      const target = path.resolve(folder)
      refuseInside(client.project, target)
      mkdirSync(target, { recursive: true })
      const found = entries(client, runIds)
      writeEventFiles(client.project, found, target)
      return { folder: target, runs: found.length }
    },
  }
}
