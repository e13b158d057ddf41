/** What the application asks of whatever it runs in: a desktop window, or a server whose screen is elsewhere. */
import type { FolderChoice } from '#shared/contract/app.ts'
import type { Channel } from '#shared/contract/rpc.ts'
import type { StartChild } from '../files/child.ts'

export interface Host {
  readonly version: string
  /** Where settings and the list of recent projects are kept. */
  readonly configFolder: string
  /** For what can be made again: thumbnails, the sample. */
  readonly cacheFolder: string
  /** Where new projects go that the user gave no place to. */
  readonly dataFolder: string
  /** Programs of ours as processes of their own, where it is not done with Node. */
  readonly startChild?: StartChild
  /** A native dialog, where the host has one. */
  pickFolder(title: string, start?: string): Promise<FolderChoice>
}

/** What a host hands its windows to. */
export interface Served {
  /** A window was opened: its calls come by this channel. */
  attach(channel: Channel): void
  /** Pixels: paths that begin with `/media/`. `signal` aborts when the window no longer wants the answer. */
  respond(path: string, signal: AbortSignal): Promise<Response>
  close(): Promise<void>
}
