/**
 * Confines access to the files of an image folder: a link that leads out is refused unless the person agreed to that
 * folder's links. Links inside the folder are treated like files; hard links cannot be recognised.
 */
import { closeSync, fstatSync, openSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { dataError } from '#shared/errors.ts'
import { say, sentence } from '#shared/sentences/table.ts'

export interface ImageRoot {
  /** An absolute path. */
  readonly folder: string
  /** Whether the person agreed to links that lead out of it. */
  readonly links: boolean
}

export interface Opened {
  readonly fd: number
  /** A path to the opened file itself, if the system provides one; valid until closed. */
  readonly path: string
  close(): void
}

/** Compares names only: neither path needs to exist. Both are absolute. */
export const isBelow = (folder: string, path: string): boolean => path.startsWith(folder.endsWith(sep) ? folder : folder + sep)

const real = (path: string): string | null => {
  try {
    return realpathSync.native(path)
  } catch {
    return null // missing or a cycle of links: unreadable in any case
  }
}

export class Within {
  private readonly root: string | null

  constructor(private readonly of: ImageRoot) {
    this.root = real(of.folder)
  }

  get folder(): string {
    return this.of.folder
  }
  get links(): boolean {
    return this.of.links
  }

  /** The target of a path that leads out of the folder without consent; null if it may be read or does not exist. */
  linkOut(rel: string): string | null {
    if (this.of.links) return null
    const to = real(join(this.folder, rel))
    return to === null || this.has(to) ? null : to
  }

  private has(path: string): boolean {
    return this.root !== null && (path === this.root || isBelow(this.root, path))
  }

  /**
   * The file's path, whether it exists or not.
   * @throws a data error if it leads out of the folder
   */
  file(rel: string): string {
    const to = this.linkOut(rel)
    if (to !== null) throw dataError(rel, linkSentence(to))
    return join(this.folder, rel)
  }

  /**
   * Opens the file and checks what was opened, even if the path has changed meanwhile.
   * @throws a data error if it leads out of the folder
   */
  open(rel: string): Opened {
    const fd = openSync(this.file(rel), 'r')
    try {
      const to = real(join(this.folder, rel))
      const [opened, named] = [fstatSync(fd, { bigint: true }), to === null ? null : statSync(to, { bigint: true })]
      if (!this.of.links && !(to !== null && this.has(to) && named?.ino === opened.ino && named.dev === opened.dev))
        throw dataError(rel, sentence('file.replaced-meanwhile'))
      return { fd, path: process.platform === 'linux' ? `/proc/self/fd/${fd}` : to!, close: () => closeSync(fd) }
    } catch (e) {
      closeSync(fd)
      throw e
    }
  }
}

const linkSentence = (to: string) => sentence('file.link-out', { target: to })
/** Why a file that links out of its folder is not read, for reports that store text. */
export const linkReason = (to: string) => say(linkSentence(to))
