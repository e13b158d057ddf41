import { existsSync, statSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { basename, dirname, join, resolve } from 'node:path'
import type { projectMethods } from '#shared/contract/projects.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { isWritable } from '../../../files/access.ts'
import * as projects from '../../projects/index.ts'
import type { Client } from '../client.ts'
import type { Parts } from '../parts.ts'
import { mediaOverview } from '../../media/overview.ts'
import { keyOf } from '../pool.ts'
import { runWork } from '../../work/client.ts'
import type { HandlersOf } from '../parts.ts'

const scan = (client: Client, folder: string, followLinks = false) =>
  client.queue('scan', { folder, followLinks }, { subject: folder }).jobId

/**
 * Where to create the project of an image folder: inside it, so that both move together, or in our data folder if it
 * is read-only.
 */
function placeFor(app: Parts, folder: string): string {
  if (isWritable(folder)) return folder
  return join(app.options.host.dataFolder, `${basename(folder)}-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`)
}

function existingFolder(folder: string): string {
  const at = resolve(folder)
  if (!existsSync(at)) throw userError(sentence('folder.missing', { folder: at }))
  if (!statSync(at).isDirectory()) throw userError(sentence('folder.is-file', { folder: at }))
  return at
}

function freeName(folder: string, name: string): string {
  for (let n = 1; ; n++) {
    const free = join(folder, n === 1 ? name : `${name}-${n}`)
    if (!existsSync(free)) return free
  }
}

export const projectHandlers = (app: Parts): HandlersOf<typeof projectMethods> => ({
  'projects.open': ({ folder }, client) => {
    const images = existingFolder(folder)
    const place = existsSync(join(images, 'project.db')) ? images : placeFor(app, images)
    const fresh = !existsSync(join(place, 'project.db'))
    const opened = app.pool.take(place, (at) => (fresh ? projects.createProject(at, { name: basename(images) }) : projects.openProject(at)))
    client.open(opened)
    if (fresh) projects.setFirst(opened.project, images)
    const info = projects.projectInfo(opened.project)
    app.preferences.noteOpened(place, info.name)
    return {
      key: opened.key,
      info,
      first: projects.firstOf(opened.project),
      recovered: opened.project.recovered,
      replaced: opened.project.db.look(),
      jobId: fresh ? scan(client, images) : null,
    }
  },
  'projects.known': ({ key }) => {
    const folders = [app.pool.byKey(key)?.project.folder, app.options.project, ...app.preferences.recent.map((r) => r.folder)]
    return { folder: folders.find((f) => f && keyOf(f) === key && existsSync(join(f, 'project.db'))) ?? null }
  },
  'projects.close': (_, client) => {
    client.open(null)
    return null
  },
  'projects.presence': (_, { project }) => project.db.look(),
  'projects.save-copy': ({ folder }, { project }) => ({
    folder: projects.rescueCopy(project, freeName(resolve(folder), `${basename(project.folder)}-copy`)),
  }),
  'projects.reopen': (_, client) => {
    app.pool.reopen(client.current)
    client.tell('project.replaced', { replaced: null })
    client.tell('project.changed', { what: ['media', 'labels', 'snapshots', 'runs'] })
    client.tell('annotations.changed', { mediaIds: [], action: 'open', origin: null })
    return null
  },
  'projects.info': (_, { project }) => projects.projectInfo(project),
  'projects.forget': ({ folder }) => {
    app.preferences.forget(folder)
    return null
  },
  'projects.sample': () => {
    const folder = join(app.options.host.dataFolder, 'sample')
    return { jobId: app.queue.add('sample', { request: { folder }, subject: folder }).jobId }
  },
  'projects.add-folder': ({ folder, followLinks }, client) => ({ jobId: scan(client, resolve(folder), followLinks) }),
  'projects.add-images': ({ files }, client) => ({
    jobId: client.queue('scan', { files }, { subject: files.length === 1 ? files[0]! : dirname(files[0]!) }).jobId,
  }),
  'projects.survey': ({ folder }, { project }) => runWork(project, { kind: 'survey', folder: existingFolder(folder) }),
  'projects.set-up': (options, client) => {
    const folder = existingFolder(options.folder)
    return { jobId: client.queue('set-up', { ...options, folder }, { subject: folder }).jobId }
  },
  'projects.overview': (_, { project }) => mediaOverview(project),
  'projects.first-done': (_, { project }) => {
    projects.setFirst(project, null)
    return null
  },
  'projects.link-images': ({ folder }, client) => {
    const at = existingFolder(folder)
    return { jobId: client.queue('link', { folder: at }, { subject: at }).jobId }
  },
  'snapshots.list': (_, { project }) => projects.listSnapshots(project),
  'snapshots.take': ({ name }, client) => {
    const taken = projects.takeSnapshot(client.project, name)
    client.tell('project.changed', { what: ['snapshots'] })
    return taken
  },
  'snapshots.remove': ({ name }, client) => {
    projects.removeSnapshot(client.project, name)
    client.tell('project.changed', { what: ['snapshots'] })
    return null
  },
  'snapshots.compare': ({ from, to }, { project }) => projects.compareSnapshots(project, from, to),
  'snapshots.restore': ({ name }, client) => {
    projects.restoreSnapshot(client.project, name)
    client.annotated(`go back to ${name}`)
    client.tell('project.changed', { what: ['media', 'labels'] })
    return null
  },
})
