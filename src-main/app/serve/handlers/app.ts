import { existsSync, type Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { appMethods } from '#shared/contract/app.ts'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { checkModelFolders } from '../../merging/model-folders.ts'
import { lookAt } from '../../media/look.ts'
import { isImageName } from '../../media/scan.ts'
import { defaultUser } from '../../projects/index.ts'
import { makeRoom, storageOf } from '../../storage/storage.ts'
import { installation, notices } from '../../../program.ts'
import type { HandlersOf, Parts } from '../parts.ts'

export const appHandlers = (app: Parts): HandlersOf<typeof appMethods> => ({
  'app.hello': ({ name }, client) => ({
    client: client.id,
    version: app.options.host.version,
    instance: app.instance,
    user: (client.name = name ?? client.name) ?? defaultUser(),
    settings: app.preferences.settings,
    recent: app.preferences.recent.filter((r) => existsSync(join(r.folder, 'project.db'))),
    project: app.options.project ?? null,
  }),
  'settings.save': (changed) => {
    const before = app.preferences.settings
    if (changed.modelFolders) checkModelFolders(changed.modelFolders, before.modelFolders)
    const settings = app.preferences.saveSettings(changed)
    app.tellAll('settings.changed', settings)
    if (JSON.stringify(settings.caches) !== JSON.stringify(before.caches)) app.caches.bound()
    if (settings.diskBudget !== before.diskBudget) void makeRoom(app.options.models, 0)
    return null
  },
  'caches.usage': () => app.caches.usage(),
  'caches.clear': async ({ cache }) => {
    await app.caches.clear(cache)
    return app.caches.usage()
  },
  'storage.usage': () => storageOf(app.options.models),
  'dialogs.folder': ({ title, start }) => app.options.host.pickFolder(title, start ?? undefined),
  'files.list': async ({ folder }) => {
    const path = resolve(folder ?? homedir())
    const entries = await readdir(path, { withFileTypes: true }).catch((e: unknown): Dirent[] => {
      throw dataError(path, sentence('folder.unreadable'), e)
    })
    const folders = entries
      .filter((e) => e.isDirectory() && !e.name.startsWith('.'))
      .map((e) => ({ name: e.name, path: join(path, e.name), project: existsSync(join(path, e.name, 'project.db')) }))
      .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
    const parent = dirname(path)
    return {
      folder: path,
      parent: parent === path ? null : parent,
      folders,
      project: existsSync(join(path, 'project.db')),
      images: entries.filter((e) => e.isFile() && isImageName(e.name)).length,
    }
  },
  'files.look': ({ paths }) => paths.map(lookAt),
  'app.about': () => ({ version: app.options.host.version, installation: installation(), runtime: `Node ${process.versions.node}` }),
  'app.notices': async () => ({ text: await notices() }),
  'jobs.list': () => app.queue.list(),
  'jobs.cancel': ({ id }) => {
    app.queue.cancel(id)
    return null
  },
  'jobs.arrange': ({ id, ...when }) => {
    app.queue.arrange(id, when)
    return null
  },
  'jobs.again': ({ id }, client) => {
    if (app.queue.again(id) !== null) client.tell('runs.changed', {})
    return null
  },
  'jobs.dismiss': ({ id }) => {
    app.queue.dismiss(id)
    return null
  },
})
