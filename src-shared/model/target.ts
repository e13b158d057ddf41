/** A training target for one image. Derived from accepted annotations only: proposals must not influence training. */
import type { Box, Rle } from './shape.ts'

/** Classes are indices into the task's classes. */
export type Target =
  | { readonly kind: 'class'; readonly class: number }
  | { readonly kind: 'classes'; readonly classes: readonly number[] }
  | { readonly kind: 'boxes'; readonly boxes: readonly { readonly class: number; readonly box: Box }[] }
  | { readonly kind: 'masks'; readonly masks: readonly { readonly class: number; readonly mask: Rle }[] }
  /** Images of one group depict the same: each one's texts describe the others too. */
  | { readonly kind: 'words'; readonly texts: readonly string[]; readonly group: number }

export type TargetOf<K extends Target['kind']> = Extract<Target, { kind: K }>

/** The accepted annotations of one image, as far as tasks use them. */
export interface Accepted {
  /** Classes of its image labels. */
  readonly labels?: readonly number[]
  readonly captions?: readonly string[]
  /** Images that depict the same have the same number. */
  readonly group?: number
}
