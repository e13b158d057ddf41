/** Messages between the page and the worker that draws regions. Both are from the same build, so types are enough. */
import type { PaintWindow } from '../masks/paint.ts'
import type { SceneRegion, Style } from './scene.ts'

export type ToRaster =
  | { type: 'load'; regions: readonly SceneRegion[] }
  | { type: 'update'; set: readonly SceneRegion[]; delete: readonly number[] }
  | { type: 'draw'; ticket: number; window: PaintWindow; style: Style; except: readonly number[]; hideAll: boolean }

/** `bitmap`: the whole window; null if nothing changed. */
export interface FromRaster {
  ticket: number
  window: PaintWindow
  bitmap: ImageBitmap | null
  /** Milliseconds spent. */
  took: number
}
