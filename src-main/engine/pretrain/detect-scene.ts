import type { CentreBox } from '../tasks/matching.ts'

/** A scene, with boxes relative to it. */
export interface DetectionScene {
  readonly objects: readonly { readonly concept: number; readonly box: CentreBox }[]
}
