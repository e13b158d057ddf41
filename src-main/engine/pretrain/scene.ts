import type { CentreBox } from '../tasks/matching.ts'

/** A square scene of known content. */
export interface Scene {
  /** Of each pixel: 0 for the background, i + 1 for object i. */
  readonly owner: Uint8Array
  /** Boxes are relative to the scene. */
  readonly objects: readonly { readonly concept: number; readonly box: CentreBox }[]
}

/** Makes scene `number`, the same each time; writes its normalised pixels [3, side, side] into `out` at `offset`. */
export type DrawScene = (number: number, out: Float32Array, offset: number) => Scene
