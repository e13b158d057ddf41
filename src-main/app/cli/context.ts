import type { AppContext } from '../context.ts'

/** What the terminal needs beyond the application: starting the server and the desktop, which only a composition root can do. */
export interface CliContext extends AppContext {
  startServer(options: { project?: string; port?: number }): Promise<{ newUrl(): string; close(): Promise<void> | void }>
  readonly desktop: {
    /** The entry file that Electron runs. */
    readonly main: string
    /** Whether there is a display for a window. */
    readonly screen: boolean
    /** Electron's executable; null if it is not installed. */
    program(): string | null
    /** Downloads Electron; returns the reason if that failed. */
    fetch(): Promise<string | null>
    /** A known obstacle to running it here, with the remedy. */
    obstacle(): string | null
  }
}
