/** A device is one record in a file of its own in `devices/`; whatever lists, chooses or runs on devices reads it. */
import type { Words } from '#shared/model/words.ts'

/** The installed build of onnxruntime. */
export interface Installed {
  /** Names of the execution providers that this build of onnxruntime contains. */
  readonly providers: ReadonlySet<string>
  /** The folder of its libraries for this system. */
  readonly folder: string
}

export interface DeviceRecord {
  /** As the terminal, jobs and checkpoints' records name it. */
  readonly id: string
  /** Lists are sorted by it, and `auto` tries devices in this order. */
  readonly order: number
  readonly title: Words
  readonly about: Words
  /** Where its execution provider is described. */
  readonly reference: string
  /** Stands for whichever of the others is fastest here. */
  readonly chooses?: true
  /** Outputs can stay in its memory. onnxruntime-node hands over device buffers of WebGPU only; others are copied out each run. */
  readonly keepsTensors?: true
  /** A session may be given batches of several sizes without compiling its kernels for each. */
  readonly anyBatch?: true
  /** Whether it can be tried here; by default, where onnxruntime contains its provider. */
  isThere?(installed: Installed): boolean
  /** How to make it available. */
  readonly hint?: string
}

export const defineDevice = (device: DeviceRecord): DeviceRecord => device
