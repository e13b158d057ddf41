/** Tracks what an import unpacks into the project's `media` folder, to remove it if the import fails. */
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { cancelled, dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { isRootUsed } from '../../db/exchange.ts'
import { diskFull, inWords, notWritable } from '../../files/words.ts'
import { countMedia } from '../projects/media.ts'
import type { Project } from '../projects/project.ts'
import { listRoots } from '../projects/index.ts'
import { forgetPlaced, notePlaced, placedIn } from './placed.ts'
import { safeName } from './target.ts'

export class Unpacked {
  /** Folders created by this import, with everything in them. */
  private readonly made: string[] = []
  /** Folders that existed before; only files that this import placed in them are its own. */
  private readonly met: string[] = []
  private readonly before: number

  constructor(private readonly project: Project) {
    this.before = countMedia(project)
  }

  /** A folder below `media`, created if missing. */
  folder = (name: string): string => {
    const folder = path.join(this.project.folder, 'media', safeName(name))
    try {
      mkdirSync(path.dirname(folder), { recursive: true })
      mkdirSync(folder)
      this.made.push(folder)
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code !== 'EEXIST') throw e
      if (!this.made.includes(folder)) this.met.push(folder)
      notePlaced(folder)
    }
    return folder
  }

  /**
   * Called when the import failed: removes what it unpacked, except images the project already refers to.
   * @returns the error to throw
   */
  undo(given: string, error: unknown, aborted: boolean): unknown {
    const stayed = Math.max(0, countMedia(this.project) - this.before)
    const referred = new Set(
      listRoots(this.project)
        .filter((r) => isRootUsed(this.project.db, r.id))
        .map((r) => path.resolve(this.project.folder, r.path)),
    )
    const free = (folder: string) => ![...referred].some((root) => root === folder || root.startsWith(folder + path.sep))
    const attempt = (body: () => void) => {
      try {
        body()
      } catch {
        // a failure to remove must not hide the original one
      }
    }
    for (const folder of this.made) if (free(folder)) attempt(() => rmSync(folder, { recursive: true, force: true }))
    // An existing folder holds files of earlier imports; remove the new ones only if nothing new was stored.
    if (stayed === 0) for (const folder of this.met) for (const file of placedIn(folder)) attempt(() => rmSync(file, { force: true }))
    for (const folder of [...this.made, ...this.met]) forgetPlaced(folder)
    const media = path.join(this.project.folder, 'media')
    attempt(() => existsSync(media) && this.made.length && !readdirSync(media).length && rmdirSync(media))
    if (aborted) return cancelled()
    const kept = stayed ? sentence('exchange.some-stayed', { images: stayed }) : sentence('exchange.none-added')
    if (diskFull(error)) return dataError(given, sentence('exchange.disk-full', { kept }), error)
    if (notWritable(error, this.project.folder)) return dataError(given, sentence('exchange.not-writable', { kept }), error)
    return inWords(error)
  }
}
