import path from 'node:path'
import type { mergingMethods } from '#shared/contract/merging.ts'
import { mergeMethods, methodOf, sharesOf } from '../../../engine/merge/index.ts'
import { besideOf, lineBetween } from '../../merging/beside.ts'
import { registerMerge } from '../../merging/merge.ts'
import { soupOf } from '../../merging/soup.ts'
import { getRun } from '../../projects/index.ts'
import { ownName } from '../../training/names.ts'
import type { HandlersOf, Parts } from '../parts.ts'
import { jsonSchemaOf } from './schema.ts'
import { queueRun } from './training.ts'

export const mergingHandlers = ({ options: { models } }: Parts): HandlersOf<typeof mergingMethods> => ({
  'merging.methods': () =>
    mergeMethods
      .filter((m) => !m.terminalOnly)
      .map(({ id, title, about, citation, settings, most = null, least, relative = false, chooses = false, mix = null }) => ({
        name: id,
        title,
        about,
        citation,
        schema: jsonSchemaOf(settings),
        min: Math.max(2, least),
        max: most,
        relative,
        chooses,
        mix,
      })),
  'merging.shares': ({ method, settings, n }) => sharesOf(methodOf(method, settings), n)?.slice() ?? null,
  'merging.start': ({ method, settings, checkpoints, name: given, dtype, insist }, client) => {
    const name = ownName(client.project, given?.trim() || `${method} of ${checkpoints.length}`)
    const request = {
      name,
      method: methodOf(method, settings),
      checkpoints: checkpoints.map((c) => path.resolve(client.project.folder, c)),
      dtype,
      insist,
    }
    return queueRun(client, 'merge', name, (project) => registerMerge(project, request))
  },
  'merging.beside': ({ runId }, { project }) => besideOf(models, project, getRun(project, runId)),
  'merging.line': ({ base, tuned, method, setting }, { project }) => lineBetween(models, project, base, tuned, method, setting),
  'merging.sweep': (asked, client) => ({ jobId: client.queue('line', asked).jobId }),
  'merging.soup': ({ runId }, { project }) => soupOf(models, project, getRun(project, runId)),
})
