/** A device is one record in its own file in `devices/`; everything that lists, chooses or runs on devices reads it. */
import type { WayTo } from '#shared/model/devices.ts'
import type { Words } from '#shared/model/words.ts'

/** The installed build of onnxruntime. */
export interface Installed {
  /** Names of the execution providers that this build of onnxruntime contains. */
  readonly providers: ReadonlySet<string>
  /** The folder of its libraries for this system. */
  readonly folder: string
}

/** What decides whether a device can be had here. */
export interface Here {
  readonly platform: NodeJS.Platform
  /** As Node names it. */
  readonly arch: string
  /** How this program was installed. */
  readonly installation: 'desktop' | 'source' | 'npm'
  /** Names of graphics cards, as the system gives them. */
  readonly graphics: readonly string[]
  /** Whether a program is installed. */
  has(program: string): boolean
}

export interface DeviceRecord {
  /** The device's name on the command line, in jobs and in checkpoint records. */
  readonly id: string
  /** Sort key for lists; `auto` tries devices in this order. */
  readonly order: number
  readonly title: Words
  readonly about: Words
  /** Documentation of its execution provider. */
  readonly reference: string
  /** A placeholder for whichever of the others is fastest on this machine. */
  readonly chooses?: true
  /**
   * Outputs can stay in its memory. onnxruntime-node exposes device buffers for WebGPU only; others copy outputs on
   * every run.
   */
  readonly keepsTensors?: true
  /** A session accepts batches of several sizes without recompiling its kernels for each. */
  readonly anyBatch?: true
  /** Whether it can be tried on this machine; by default, whether onnxruntime contains its provider. */
  isThere?(installed: Installed): boolean
  /** How to make it available. */
  readonly hint?: string
  /** What to install for it, or why that is of no use here; for those who miss it. */
  way?(here: Here): WayTo
}

/** Nothing that could be installed here would help. */
export const never = (what: Words): WayTo => ({ possible: false, what, command: null })

export const defineDevice = (device: DeviceRecord): DeviceRecord => device
