import type { Device } from '#shared/model/devices.ts'
import type { SlurmSettings } from '#shared/model/slurm.ts'
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
  /** The device of what names none, as the settings say now; `auto` unless told. */
  readonly device?: () => Device
  /** Where models of the hub are downloaded to; without it none are. */
  readonly hub?: HubPlace
  /** How often a training's state is written; every 30 seconds unless told. */
  readonly saveEverySeconds?: number
  /** Jobs on a Slurm cluster; without it none are. */
  readonly slurm?: SlurmPlace
  /** The bound on what is kept on disk; without it there is none. */
  readonly storage?: StoragePlace
}

export interface StoragePlace {
  /** In bytes, as the settings say now; null: none. */
  budget(): number | null
  /** Keeps another for the next time, in megabytes; 0: none. */
  keep(megabytes: number): void
  /** Folders of the projects that were opened lately. */
  projects(): readonly string[]
}

/** How this program reaches a Slurm cluster. */
export interface SlurmPlace {
  /** What is asked of it, as the settings say now. */
  settings(): SlurmSettings
  /** Keeps them for the next time. */
  keep(settings: SlurmSettings): void
  /** Its PATH has Slurm's programs; SLURM_CONF, if any. */
  readonly env: NodeJS.ProcessEnv
  /** This program's folder, with `out/main/cli.js`. */
  readonly program: string
  /** How often it looks, in ms: at what the nodes have written, and at what Slurm says. */
  readonly pace?: { readonly files: number; readonly states: number }
}

/** The device to compute on: what is asked for, otherwise what the settings say. */
export const deviceFor = (app: Pick<AppContext, 'device'>, asked?: Device): Device => asked ?? app.device?.() ?? 'auto'

/** Where models of the hub come from and go to. */
export interface HubPlace {
  /** The folder with a subfolder for each downloaded model. */
  readonly folder: string
  /** Where the token is kept if this machine has no keychain. */
  readonly secrets: string
  /** HF_ENDPOINT, HF_HUB_OFFLINE, HF_TOKEN, and the PATH on which the keychain's program is looked for. */
  readonly env: NodeJS.ProcessEnv
  /** How patient it is with the network, in ms; for tests. */
  readonly pace?: Partial<HubPace>
}
export interface HubPace {
  /** Attempts without any progress before it gives up. */
  readonly attempts: number
  /** The wait after the first failure, which doubles with each further one up to `most`. */
  readonly first: number
  readonly most: number
  /** A connection on which nothing came for so long counts as cut. */
  readonly stall: number
  /** The longest wait that a server may ask for. */
  readonly patience: number
}
