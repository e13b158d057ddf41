/** What outlives a start of the program and belongs to no project: settings, and which projects were open. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { recentProject, settings as settingsSchema, type RecentProject, type Settings } from '#shared/contract/app.ts'

const recentLength = 12
const stored = z.object({ settings: settingsSchema.prefault({}), recent: z.array(recentProject).default([]) })

export class Preferences {
  private readonly file: string
  private state: z.infer<typeof stored>

  constructor(
    private readonly folder: string,
    private readonly changed: () => void = () => undefined,
  ) {
    this.file = join(folder, 'preferences.json')
    this.state = read(this.file)
  }

  get settings(): Settings {
    return this.state.settings
  }
  /** The latest first. */
  get recent(): RecentProject[] {
    return this.state.recent
  }

  saveSettings(settings: Settings): void {
    this.write({ ...this.state, settings })
  }
  noteOpened(folder: string, name: string): void {
    const others = this.state.recent.filter((r) => r.folder !== folder)
    this.write({ ...this.state, recent: [{ folder, name, opened: Date.now() }, ...others].slice(0, recentLength) })
  }
  forget(folder: string): void {
    this.write({ ...this.state, recent: this.state.recent.filter((r) => r.folder !== folder) })
  }

  private write(state: z.infer<typeof stored>): void {
    this.state = state
    mkdirSync(this.folder, { recursive: true })
    const beside = `${this.file}.part`
    const fd = openSync(beside, 'w')
    writeSync(fd, JSON.stringify(state, null, 2))
    fsyncSync(fd)
    closeSync(fd)
    renameSync(beside, this.file)
    this.changed()
  }
}

function read(file: string): z.infer<typeof stored> {
  try {
    return stored.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return stored.parse({}) // missing, or of another version: preferences are not worth refusing to start for
  }
}
