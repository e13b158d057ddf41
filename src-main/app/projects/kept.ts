/** Paths that no export, merge or training may replace: the project's own files, and every image that it refers to. */
import { join, resolve, sep } from 'node:path'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { imageFolders, isImageAt } from '../../db/images.ts'
import { folded, isWithin, type Kept, realPlace } from '../../files/places.ts'
import { projectFiles, projectFolders } from '../../files/project-files.ts'
import type { Project } from './project.ts'
import { listRoots } from './places.ts'

const folders = ['media', ...projectFolders]

/** Includes missing folders and images: they may be on an unmounted disk. */
export function* keptOf(project: Project, target: string): Generator<Kept> {
  const { db, folder } = project
  yield { place: folder, name: 'the project’s own folder' }
  for (const name of projectFiles) yield { place: join(folder, name), name: 'a file of the project’s own' }
  for (const name of folders) yield { place: join(folder, name), name: 'a folder of the project’s own' }
  const roots = new Map(listRoots(project).map((r) => [r.id, resolve(folder, r.path)]))
  for (const place of roots.values()) yield { place, name: 'a folder of the project’s images' }
  for (const { root, path } of imageFolders(db))
    yield { place: join(roots.get(root) ?? folder, path), name: 'a folder of the project’s images' }
  for (const [id, root] of roots) {
    const [above, at] = [realPlace(root), realPlace(target)]
    const inside = at.split(sep).slice(above.split(sep).length).join('/')
    if (folded(at).startsWith(folded(above + sep)) && isImage(db, id, inside)) yield { place: target, name: 'an image of the project' }
  }
}

const isImage = (db: Project['db'], root: number, path: string) =>
  [path, path.normalize('NFC'), path.normalize('NFD')].some((p) => isImageAt(db, root, p))

/** Refuses a target in one of the project's own folders, whether it exists or not. */
export function refuseInside({ folder }: Project, target: string): void {
  const own = folders.find((name) => isWithin(target, [join(folder, name)]))
  if (own) throw userError(sentence('project.own-folder', { place: target, folder: own }))
}
