/** A training target for one image. Derived from accepted annotations only: proposals must not influence training. */
import type { Box, Rle } from './shape.ts'

/** In pixels of the upright image. */
export interface ClassBox {
  readonly class: number
  readonly box: Box
}
/** Of the upright image's size. */
export interface ClassMask {
  readonly class: number
  readonly mask: Rle
}

/** Classes are indices into the task's classes. */
export type Target =
  | { readonly kind: 'class'; readonly class: number }
  | { readonly kind: 'classes'; readonly classes: readonly number[] }
  | { readonly kind: 'boxes'; readonly boxes: readonly ClassBox[] }
  | { readonly kind: 'masks'; readonly masks: readonly ClassMask[] }
  /** Images of one group depict the same: each one's texts describe the others too. */
  | { readonly kind: 'words'; readonly texts: readonly string[]; readonly group: number }

export type TargetOf<K extends Target['kind']> = Extract<Target, { kind: K }>

/** The accepted annotations of one image, as far as tasks use them. */
export interface Accepted {
  /** Classes of its image labels. */
  readonly labels?: readonly number[]
  /** Its regions with a label: boxes around all of them that have an extent, masks of those that have an area. */
  readonly boxes?: readonly ClassBox[]
  readonly masks?: readonly ClassMask[]
  readonly captions?: readonly string[]
  /** Images that depict the same have the same number. */
  readonly group?: number
}
