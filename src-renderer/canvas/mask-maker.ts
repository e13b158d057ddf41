/** How a tool gets masks from a model. The application provides the maker: the canvas knows of no model. */
import type { Author } from '#shared/model/author.ts'
import type { Box, Rle } from '#shared/model/shape.ts'
import type { Point } from './plane.ts'

/** A point in image pixels that is, or is not, part of what is wanted. */
export interface MaskClick extends Point {
  readonly positive: boolean
}
export interface MaskPrompt {
  readonly clicks: readonly MaskClick[]
  readonly box?: Box
}
export interface MaskCandidate {
  /** The model's own estimate, 0 to 1. */
  readonly score: number
  /** Of the image's size, not empty. */
  readonly mask: Rle
  readonly author: Author
}

export interface MaskMaker {
  /** Masks of the open image, best first; null if there is no answer, which the maker has reported. */
  ask(prompt: MaskPrompt): Promise<readonly MaskCandidate[] | null>
}
