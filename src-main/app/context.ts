import type { EngineClient } from '../engine/index.ts'

/** What every feature of the application needs from its composition root. */
export interface AppContext {
  readonly engine: EngineClient
  /** The checkpoint in the box. */
  readonly nano: string
  /** Where what can be made again is kept: the sample, features, thumbnails. */
  readonly cache: string
  /** Where checkpoints lie that are no project's, as the settings say now. */
  readonly modelFolders?: () => readonly string[]
  /** How often a training's state is written; every 30 seconds unless told. */
  readonly saveEverySeconds?: number
}
