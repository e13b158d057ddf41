/** What the application needs from its host: the desktop, or a server whose screen is elsewhere. */
import type { FolderChoice } from '#shared/contract/app.ts'
import type { Channel } from '#shared/contract/rpc.ts'
import type { StartChild } from '../files/child.ts'

export interface Host {
  readonly version: string
  /** For settings and the list of recent projects. */
  readonly configFolder: string
  /** For what can be recreated: thumbnails, the sample. */
  readonly cacheFolder: string
  /** For new projects without a given location. */
  readonly dataFolder: string
  /** Starts our programs as separate processes, if not with Node. */
  readonly startChild?: StartChild
  /** A native folder dialog, if the host has one. */
  pickFolder(title: string, start?: string): Promise<FolderChoice>
}

/** What a host connects its windows to. */
export interface Served {
  /** Called for each new window; its calls arrive on this channel. */
  attach(channel: Channel): void
  /** Serves pixels, at paths starting with `/media/`. `signal` aborts when the window no longer wants the answer. */
  respond(path: string, signal: AbortSignal): Promise<Response>
  close(): Promise<void>
}
