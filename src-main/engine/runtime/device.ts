/** A device is one record in its own file in `devices/`; everything that lists, chooses or runs on devices reads it. */
import type { Words } from '#shared/model/words.ts'

/** The installed build of onnxruntime. */
export interface Installed {
  /** Names of the execution providers that this build of onnxruntime contains. */
  readonly providers: ReadonlySet<string>
  /** The folder of its libraries for this system. */
  readonly folder: string
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
}

export const defineDevice = (device: DeviceRecord): DeviceRecord => device
