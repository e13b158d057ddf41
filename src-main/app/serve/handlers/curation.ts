import path from 'node:path'
import type { curationMethods } from '#shared/contract/curation.ts'
import type { Job } from '#shared/contract/app.ts'
import * as curation from '../../curation/index.ts'
import { type Project } from '../../projects/index.ts'
import type { App, Client } from '../app.ts'
import type { HandlersOf } from './index.ts'

export function curationHandlers({ options: { models } }: App): HandlersOf<typeof curationMethods> {
  const control = (job: Parameters<Parameters<Client['startJob']>[2]>[1]): curation.Control => ({
    signal: job.signal,
    onProgress: (p) => job.progress(p.done, p.total, p.phase),
    onTurn: job.turn,
  })

  /** A project names its own checkpoints by paths relative to itself. */
  const at = <O extends { model?: string }>(project: Project, options: O): O =>
    options.model === undefined ? options : { ...options, model: path.resolve(project.folder, options.model) }

  /** A job whose result is kept; the job itself ends with the summary. */
  const find = <K extends curation.Kind>(
    client: Client,
    kind: K,
    body: (project: Project, control: curation.Control) => Promise<curation.Found<K>>,
  ) => ({
    jobId: client.startJob(kind, '', async (project, job, tell) => {
      const began = performance.now()
      const found = await body(project, control(job))
      curation.keepResult(project, kind, found, (performance.now() - began) / 1000)
      if (kind === 'duplicates') tell('project.changed', { what: ['media'] })
      return found.summary as Job['result']
    }),
  })
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
    'curation.find-duplicates': (options, client) =>
      find(client, 'duplicates', (project, c) => curation.findDuplicates(models, project, at(project, options), c)),
    'curation.duplicates': (page, { project }) => curation.duplicateGroups(project, page),
    'curation.apply-duplicates': ({ action, groupIds }, client) => {
      const ids = curation.applyDuplicates(client.project, action, groupIds)
      if (ids.length) client.annotated(action.kind === 'tag' ? 'add tag' : 'remove images', ids)
      if (ids.length && action.kind === 'remove') client.tell('project.changed', { what: ['media'] })
      return { changed: ids.length }
    },
    'curation.propose-split': (options, client) => find(client, 'split', (project, c) => curation.proposeSplit(project, options, c)),
    'curation.apply-split': (_, client) => {
      const changed = curation.applySplit(client.project)
      if (changed) client.annotated('set split')
      return { changed }
    },
    'curation.balance': ({ beta }, { project }) => curation.classBalance(project, beta),
    'curation.check-captions': (options, client) =>
      find(client, 'captions', (project, c) => curation.checkCaptions(models, project, at(project, options), c)),
    'curation.caption-findings': ({ issue, ...page }, { project }) => {
      const all = (curation.keptResult(project, 'captions')?.details ?? []).filter((f) => issue === undefined || f.issue === issue)
      return { total: all.length, findings: slice(all, page) }
    },
    'curation.find-doubts': (options, client) =>
      find(client, 'doubts', (project, c) => curation.findDoubts(models, project, at(project, options), c)),
    'curation.doubts': (wanted, { project }) => curation.doubtful(project, wanted),
    'curation.make-index': (options, client) => ({
      jobId: client.startJob('index', '', (project, job) => curation.makeIndex(models, project, at(project, options), control(job))),
    }),
    'curation.similar': ({ query, ...options }, { project }) => curation.similarImages(models, project, query, at(project, options)),
    'curation.make-map': (options, client) =>
      find(client, 'map', (project, c) => curation.makeMap(models, project, at(project, options), c)),
    'curation.map': (_, { project }) => curation.keptResult(project, 'map')?.details ?? null,
  }
}
