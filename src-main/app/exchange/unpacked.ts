/** What an import unpacks into the project's `media` folder, and what of it goes again where the import fails. */
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
  /** Made by this import, so that all in them is. */
  private readonly made: string[] = []
  /** They were there: of what is in them only what this import placed is its own. */
  private readonly met: string[] = []
  private readonly before: number

  constructor(private readonly project: Project) {
    this.before = countMedia(project)
  }

  /** A folder below `media`, made where it is not there. */
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

  /** The import failed. What it unpacked goes, but for images that the project has come to refer to. @returns the error to throw */
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
        // what cannot be removed stays; the failure that led here is the one to tell
      }
    }
    for (const folder of this.made) if (free(folder)) attempt(() => rmSync(folder, { recursive: true, force: true }))
    // A folder that was there holds what earlier imports took: new files go where nothing new was taken in.
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
