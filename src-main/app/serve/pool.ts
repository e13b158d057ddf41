/** Which projects are open, and for how many windows and jobs: opened by the first, closed some time after the last. */
import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { closeInterrupted, openProject, type Project } from '../projects/index.ts'

export interface OpenProject {
  /** Stands for the project in URLs. */
  readonly key: string
  readonly project: Project
}

interface Entry extends OpenProject {
  users: number
  closing: NodeJS.Timeout | null
}

/** A window that is loaded again comes back within this time (ms) and finds its project open. */
const linger = 5000

export class ProjectPool {
  private readonly entries = new Map<string, Entry>()

  /** Each `take` needs one `release`. */
  take(folder: string, open: (folder: string) => Project = openProject): OpenProject {
    const path = resolve(folder)
    const key = createHash('sha256').update(path).digest('hex').slice(0, 16)
    let entry = this.entries.get(key)
    if (!entry) {
      this.entries.set(key, (entry = { key, project: open(path), users: 0, closing: null }))
      closeInterrupted(entry.project)
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
    for (const key of [...this.entries.keys()]) this.close(key)
  }

  private close(key: string): void {
    const entry = this.entries.get(key)
    if (!entry) return
    if (entry.closing) clearTimeout(entry.closing)
    this.entries.delete(key)
    entry.project.close()
  }
}
