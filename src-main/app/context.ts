import type { EngineClient } from '../engine/index.ts'

/** What every feature of the application needs from its composition root. */
export interface AppContext {
  readonly engine: EngineClient
  /** The checkpoint in the box. */
  readonly nano: string
  /** Where what can be made again is kept: the sample, features, thumbnails. */
  readonly cache: string
  /** How many bytes of images that models have encoded are kept in the cache, as the settings say now. */
  readonly encodingBytes?: () => number
  /** Where checkpoints lie that are no project's, as the settings say now. */
  readonly modelFolders?: () => readonly string[]
  /** How often a training's state is written; every 30 seconds unless told. */
  readonly saveEverySeconds?: number
}
