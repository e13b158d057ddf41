/** The folders of a project's images: what may be read in each, and moving images. */
import { realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { userError } from '#shared/errors.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import type { Media, Root } from '#shared/model/media.ts'
import { sentence } from '#shared/sentences/table.ts'
import { isBare } from '../../db/image-content.ts'
import { imageAt } from '../../db/images.ts'
import { mutate } from '../../db/journal.ts'
import { metaOfKind, setMeta } from '../../db/meta.ts'
import { rootAt, roots } from '../../db/roots.ts'
import { type Opened, Within } from '../../files/within.ts'
import type { Project } from './project.ts'

/** Roots inside the project's folder are stored as relative paths, so that the project can be moved as a whole. */
function storedRoot(project: Project, folder: string): string {
  const path = relative(project.folder, resolve(project.folder, folder))
  if (path.startsWith('..') || isAbsolute(path)) return resolve(project.folder, folder)
  return path.split(sep).join('/') || '.'
}

/** A model's folder as the project stores it: relative if it lies in the project, so that both may be moved. */
export function storedFolder(project: Project, folder: string): string {
  const inside = relative(project.folder, folder)
  return inside.startsWith('..') || isAbsolute(inside) ? folder : inside
}

/** The id of a folder's root, which is added if missing. */
export function ensureRootIn(project: Project, edit: { insert(table: 'root', row: StoredRow): number }, folder: string): number {
  const path = storedRoot(project, folder)
  return rootAt(project.db, path) ?? edit.insert('root', { path })
}

export const listRoots = ({ db }: Project): Root[] => roots(db)

/** Finds the image that refers to the same file under another root, if one root contains the other. */
export function placedElsewhere(project: Project): (root: string, path: string) => { root: string; path: string } | null {
  const known = listRoots(project).map(({ id, path }) => ({ id, folder: resolve(project.folder, path) }))
  return (root, path) => {
    for (const { id, folder } of known) {
      if (folder === root || !(root.startsWith(folder + sep) || folder.startsWith(root + sep))) continue
      const inside = relative(folder, join(root, path))
      if (inside.startsWith('..') || isAbsolute(inside)) continue
      const there = inside.split(sep).join('/')
      if (imageAt(project.db, id, there) !== undefined) return { root: folder, path: there }
    }
    return null
  }
}

/** Points a root at another folder, for images that were moved together. */
export function moveRoot(project: Project, rootId: number, folder: string): void {
  mutate(project.db, project.user, 'move folder', (edit) => edit.update('root', rootId, { path: storedRoot(project, folder) }))
}

/**
 * Points images at other files, keeping their annotations. If an image with that file already exists, it is removed
 * if it has no annotations; otherwise both are unchanged.
 * @returns the number of moved images
 */
export function relocateMedia(
  project: Project,
  root: string,
  moves: readonly { id: number; path: string; facts: { width: number; height: number; orientation: number } }[],
): number {
  let moved = 0
  mutate(project.db, project.user, 'link images', (edit) => {
    const rootId = ensureRootIn(project, edit, root)
    for (const { id, path, facts } of moves) {
      const other = imageAt(project.db, rootId, path)
      if (other === id || (other !== undefined && !isBare(project.db, other))) continue
      if (other !== undefined) edit.remove('media', other)
      edit.update('media', id, { root_id: rootId, path, ...facts })
      moved++
    }
  })
  return moved
}

/**
 * A person's consent to a folder's links, tied to the folder as it is on this disk, so that a project from elsewhere brings no consent
 * along. The time of birth tells it from a later folder that was given the same inode. Null where the folder is missing.
 */
const agreementOf = (folder: string): string | null => {
  try {
    const at = realpathSync.native(folder)
    const { dev, ino, birthtimeNs } = statSync(at, { bigint: true })
    return JSON.stringify([at, String(dev), String(ino), String(birthtimeNs)])
  } catch {
    return null
  }
}

/** Records the user's consent to links that lead out of this image folder. */
export function agreeToLinks({ db, folder }: Project, root: string): void {
  const path = resolve(folder, root)
  const agreement = agreementOf(path)
  const known = roots(db).find((r) => resolve(folder, r.path) === path)
  if (known && agreement) db.transaction(() => setMeta(db, `links:${known.id}`, agreement))
}

/** What may be read in each image folder, by root id. */
export function placesOf(project: Project): Map<number, Within> {
  const agreed = new Map(metaOfKind(project.db, 'links').map((r) => [r.key, r.value]))
  return new Map(
    listRoots(project).map(({ id, path }) => {
      const folder = resolve(project.folder, path)
      const agreement = agreed.get(`links:${id}`)
      return [id, new Within({ folder, links: agreement !== undefined && agreement === agreementOf(folder) })]
    }),
  )
}

function placeOf(project: Project, rootId: number): Within {
  const place = placesOf(project).get(rootId)
  if (!place) throw userError(sentence('root.none', { id: rootId }))
  return place
}

/** The image's file, opened. Throws dataError if a link leads out of its folder. */
export const openMedia = (project: Project, media: Pick<Media, 'rootId' | 'path'>): Opened =>
  placeOf(project, media.rootId).open(media.path)

/** The path of the image's file. Throws dataError if a link leads out of its folder. */
export function mediaFile(project: Project, media: Pick<Media, 'rootId' | 'path'>): string {
  return placeOf(project, media.rootId).file(media.path)
}
