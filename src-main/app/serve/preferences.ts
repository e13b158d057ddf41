/** State kept between starts and independent of any project: settings and recent projects. */
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { DashiError } from '#shared/errors.ts'
import { recentProject, settings as settingsSchema, type RecentProject, type Settings } from '#shared/contract/app.ts'
import { replaceText } from '../../files/atomic.ts'
import { putNew } from '../../files/replace.ts'

const recentLength = 12
const stored = z.object({ settings: settingsSchema.prefault({}), recent: z.array(recentProject).default([]) })

export class Preferences {
  private readonly file: string
  private known: z.infer<typeof stored>
  /** When the file was written that is known. */
  private seen: number | null

  constructor(
    private readonly folder: string,
    private readonly changed: () => void = () => undefined,
  ) {
    this.file = join(folder, 'preferences.json')
    this.seen = writtenAt(this.file)
    this.known = read(this.file)
  }

  /** As the file says now: the terminal may have changed it meanwhile. */
  private get state(): z.infer<typeof stored> {
    const at = writtenAt(this.file)
    if (at === null || at === this.seen) return this.known
    this.seen = at
    return (this.known = read(this.file))
  }

  get settings(): Settings {
    return this.state.settings
  }
  /** Most recent first. */
  get recent(): RecentProject[] {
    return this.state.recent
  }

  /** A secret id of this installation, stored next to the preferences. If it cannot be stored, it lasts for this start only. */
  installation(): string {
    const file = join(this.folder, 'installation')
    try {
      return z.uuid().parse(readFileSync(file, 'utf8').trim())
    } catch {
      const made = randomUUID()
      try {
        replaceText(file, `${made}\n`, { mode: 0o600 })
      } catch (e) {
        if (!(e instanceof DashiError)) throw e
      }
      return made
    }
  }

  /** @param changed takes the place of what the file says now; all else stays. @returns all of them */
  saveSettings(changed: Partial<Settings>): Settings {
    const told = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined))
    const settings = { ...this.settings, ...told }
    this.write({ ...this.state, settings })
    return settings
  }
  /** Failing to record it does not prevent the project from opening. */
  noteOpened(folder: string, name: string): void {
    const others = this.state.recent.filter((r) => r.folder !== folder)
    try {
      this.write({ ...this.state, recent: [{ folder, name, opened: Date.now() }, ...others].slice(0, recentLength) })
    } catch (e) {
      if (!(e instanceof DashiError)) throw e
    }
  }
  forget(folder: string): void {
    this.write({ ...this.state, recent: this.state.recent.filter((r) => r.folder !== folder) })
  }

  private write(state: z.infer<typeof stored>): void {
    this.known = state
    putAside(this.file)
    replaceText(this.file, JSON.stringify(state, null, 2))
    this.seen = writtenAt(this.file)
    this.changed()
  }
}

/** The stored settings in a folder, as another process left them. */
export const storedSettings = (folder: string): Settings => read(join(folder, 'preferences.json')).settings

/** Folders of the recent projects, likewise. */
export const storedProjects = (folder: string): string[] => read(join(folder, 'preferences.json')).recent.map((r) => r.folder)

const whole = z.object({ settings: settingsSchema, recent: z.array(recentProject) })

/** A preferences file of another version, or not of ours, is moved aside rather than overwritten. */
function putAside(file: string): void {
  try {
    if (!existsSync(file) || whole.safeParse(JSON.parse(readFileSync(file, 'utf8'))).success) return
  } catch {
    // not JSON
  }
  for (let n = 1; ; n++) {
    const to = file.replace(/\.json$/, `.before-${n}.json`)
    if (!existsSync(to)) return putNew(file, to)
  }
}

const writtenAt = (file: string): number | null => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null

function read(file: string): z.infer<typeof stored> {
  try {
    return stored.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return stored.parse({}) // missing, or of another version: no reason to refuse to start
  }
}
