import type { curationMethods } from '#shared/contract/curation.ts'
import * as curation from '../../curation/index.ts'
import type { Project } from '../../projects/index.ts'
import { modelIn } from '../../work/curation.ts'
import type { Client } from '../client.ts'
import type { HandlersOf, Parts } from '../parts.ts'

export function curationHandlers({ options: { models } }: Parts): HandlersOf<typeof curationMethods> {
  const find = (client: Client, kind: curation.Kind, options: unknown) => ({ jobId: client.queue(kind, options).jobId })
  const kept = <K extends curation.Kind>(project: Project, kind: K) => {
    const found = curation.keptResult(project, kind)
    return found && { info: found.info, summary: found.summary }
  }
  const slice = <T>(all: readonly T[], { offset, limit }: { offset: number; limit: number }) => all.slice(offset, offset + limit)

  return {
    'curation.status': (_, { project }) => ({
      duplicates: kept(project, 'duplicates'),
      split: kept(project, 'split'),
      captions: kept(project, 'captions'),
      doubts: kept(project, 'doubts'),
      map: kept(project, 'map'),
    }),
    'curation.find-duplicates': (options, client) => find(client, 'duplicates', options),
    'curation.duplicates': (page, { project }) => curation.duplicateGroups(project, page),
    'curation.apply-duplicates': ({ action, groupIds }, client) => {
      const ids = curation.applyDuplicates(client.project, action, groupIds)
      if (ids.length) client.annotated(action.kind === 'tag' ? 'add tag' : 'remove images', ids)
      if (ids.length && action.kind === 'remove') client.tell('project.changed', { what: ['media'] })
      return { changed: ids.length }
    },
    'curation.propose-split': (options, client) => find(client, 'split', options),
    'curation.apply-split': (_, client) => {
      const changed = curation.applySplit(client.project)
      if (changed) client.annotated('set split')
      return { changed }
    },
    'curation.balance': ({ beta }, { project }) => curation.classBalance(project, beta),
    'curation.check-captions': (options, client) => find(client, 'captions', options),
    'curation.caption-findings': ({ issue, ...page }, { project }) => {
      const all = (curation.keptResult(project, 'captions')?.details ?? []).filter((f) => issue === undefined || f.issue === issue)
      return { total: all.length, findings: slice(all, page) }
    },
    'curation.find-doubts': (options, client) => find(client, 'doubts', options),
    'curation.doubts': (wanted, { project }) => curation.doubtful(project, wanted),
    'curation.make-index': (options, client) => ({ jobId: client.queue('index', options).jobId }),
    'curation.similar': ({ query, ...options }, { project }) => curation.similarImages(models, project, query, modelIn(project, options)),
    'curation.make-map': (options, client) => find(client, 'map', options),
    'curation.map': (_, { project }) => curation.keptResult(project, 'map')?.details ?? null,
  }
}
