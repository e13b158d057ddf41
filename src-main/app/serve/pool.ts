/** Reference-counted open projects: opened for the first window or job, closed a while after the last. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { forgetHead } from '../../db/head.ts'
import { openProject, type Project } from '../projects/index.ts'

export interface OpenProject {
  /** Identifies the project in URLs. */
  readonly key: string
  /** Replaced when the project is reopened. */
  readonly project: Project
}

interface Entry extends OpenProject {
  project: Project
  /** Whether windows were notified that its file was replaced. */
  told: boolean
  users: number
  closing: NodeJS.Timeout | null
}

/** Identifies the project of a folder in URLs. */
export const keyOf = (folder: string): string => createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 16)

/** How long (ms) a project stays open after its last user, so that a reloading window finds it open. */
const linger = 5000
/** How often, in ms, the files are checked for having been replaced. */
const pace = 1000

export interface PoolHooks {
  /** A project was opened or reopened. */
  opened?(opened: OpenProject): void
  /** A project is about to be closed. */
  closed?(opened: OpenProject): void
  /** Called once for each project whose file is no longer the one that was opened. */
  replaced?(opened: OpenProject): void
}

export class ProjectPool {
  private readonly entries = new Map<string, Entry>()
  private readonly watch: NodeJS.Timeout

  constructor(private readonly hears: PoolHooks = {}) {
    this.watch = setInterval(() => this.look(), pace)
    this.watch.unref()
  }

  look(): void {
    for (const entry of this.entries.values()) {
      if (entry.told || !entry.project.db.look()) continue
      entry.told = true
      this.hears.replaced?.(entry)
    }
  }

  /** Closes a project and opens what is now at its path, for all its users. */
  reopen(opened: OpenProject, open: (folder: string) => Project = openProject): void {
    const entry = this.entries.get(opened.key)
    if (!entry) throw userError(sentence('project.not-open'))
    const { folder } = entry.project
    if (!existsSync(join(folder, 'project.db'))) throw userError(sentence('project.gone', { folder }))
    openProject(folder, { readOnly: true }).close() // if that cannot be opened, the current project stays open
    entry.project.close()
    forgetHead(join(folder, 'project.db'))
    entry.project = open(folder)
    entry.told = false
    this.hears.opened?.(entry)
  }

  /** Each `take` needs one `release`. */
  take(folder: string, open: (folder: string) => Project = openProject): OpenProject {
    const path = resolve(folder)
    const key = keyOf(path)
    let entry = this.entries.get(key)
    if (!entry) {
      this.entries.set(key, (entry = { key, project: open(path), users: 0, closing: null, told: false }))
      this.hears.opened?.(entry)
    }
    if (entry.closing) clearTimeout(entry.closing)
    entry.closing = null
    entry.users++
    return entry
  }

  release({ key }: OpenProject): void {
    const entry = this.entries.get(key)
    if (!entry || --entry.users > 0) return
    entry.closing = setTimeout(() => this.close(key), linger)
    entry.closing.unref()
  }

  byKey = (key: string): OpenProject | undefined => this.entries.get(key)

  closeAll(): void {
    clearInterval(this.watch)
    for (const key of [...this.entries.keys()]) this.close(key)
  }

  private close(key: string): void {
    const entry = this.entries.get(key)
    if (!entry) return
    if (entry.closing) clearTimeout(entry.closing)
    this.entries.delete(key)
    this.hears.closed?.(entry)
    entry.project.close()
  }
}
