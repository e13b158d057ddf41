/** What a model is to answer for one image. Made of the image's annotations, and only of accepted ones: a proposal teaches nothing. */
import type { Box, Rle } from './shape.ts'

/** Classes are indices into those of the task. */
export type Target =
  | { readonly kind: 'class'; readonly class: number }
  | { readonly kind: 'classes'; readonly classes: readonly number[] }
  | { readonly kind: 'boxes'; readonly boxes: readonly { readonly class: number; readonly box: Box }[] }
  | { readonly kind: 'masks'; readonly masks: readonly { readonly class: number; readonly mask: Rle }[] }
  /** Images of one group show the same: their texts suit one another. */
  | { readonly kind: 'words'; readonly texts: readonly string[]; readonly group: number }

export type TargetOf<K extends Target['kind']> = Extract<Target, { kind: K }>

/** The accepted annotations of one image, as far as a task takes any. */
export interface Accepted {
  /** Classes of its image labels. */
  readonly labels?: readonly number[]
  readonly captions?: readonly string[]
  /** Images that show the same have the same number. */
  readonly group?: number
}
