import type { AppContext } from '../context.ts'

/** What the terminal needs beyond the application: the browser face, which only a composition root can start. */
export interface CliContext extends AppContext {
  startServer(options: { project?: string; port?: number }): Promise<{ newUrl(): string; close(): Promise<void> | void }>
  readonly desktop: {
    /** What Electron is to run. */
    readonly main: string
    /** Whether a window could be shown. */
    readonly screen: boolean
    /** Electron's program; null where it is not installed. */
    program(): string | null
    /** Has it fetched; the reason where that could not be. */
    fetch(): Promise<string | null>
    /** What is known to keep it from running here, with the cure. */
    obstacle(): string | null
  }
}
