import type { AppContext } from '../context.ts'

/** What the terminal needs beyond the application: the browser face, which only a composition root can start. */
export interface CliContext extends AppContext {
  startServer(options: { project?: string; port?: number }): Promise<{ newUrl(): string; close(): Promise<void> | void }>
  /** The built desktop program and Electron's own, where that is installed. */
  readonly desktop: { readonly main: string; readonly electron: string | null }
}
