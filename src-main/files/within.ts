/**
 * The files of a folder of images, and nothing beside it: a link that leads out of the folder is refused unless the person agreed to
 * that folder's links. Links within the folder are as good as files; a hard link cannot be told from one.
 */
import { closeSync, fstatSync, openSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'

export interface ImageRoot {
  /** Absolute. */
  readonly folder: string
  /** The person agreed to links that lead out of it. */
  readonly links: boolean
}

export interface Opened {
  readonly fd: number
  /** Of the very file that was opened, as far as the system has a name for that; good until it is closed. */
  readonly path: string
  close(): void
}

/** By their names alone: neither needs to be there. Both absolute. */
export const isBelow = (folder: string, path: string): boolean => path.startsWith(folder.endsWith(sep) ? folder : folder + sep)

const real = (path: string): string | null => {
  try {
    return realpathSync.native(path)
  } catch {
    return null // nothing there, or a circle of links: nothing that could be read either
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

  /** Where the path leads, if that is out of the folder and nobody agreed; null where it may be read, or there is nothing. */
  linkOut(rel: string): string | null {
    if (this.of.links) return null
    const to = real(join(this.folder, rel))
    return to === null || this.has(to) ? null : to
  }

  private has(path: string): boolean {
    return this.root !== null && (path === this.root || isBelow(this.root, path))
  }

  /** The file's path, be there one or not. Throws dataError where it leads out. */
  file(rel: string): string {
    const to = this.linkOut(rel)
    if (to !== null) throw dataError(rel, linkReason(to))
    return join(this.folder, rel)
  }

  /** What was opened is what was looked at, whatever the path leads to by now. Throws dataError where it leads out. */
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

export const linkReason = (to: string) =>
  `a link that leads out of its folder, to ${to}; it is read only where that was agreed to (--follow-links)`
