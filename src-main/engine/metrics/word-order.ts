/**
 * Whether a model tells captions of the same words apart: Thrush et al. 2022, Winoground: Probing vision and language models for
 * visio-linguistic compositionality, CVPR, §3.2.
 */

/** A smaller difference of cosines is a tie: rounding tells nothing apart. */
export const TIE = 1e-5

const above = (a: number, b: number): boolean => a - b > TIE

/** Cosines of an image with its caption and with the swapped one. @returns whether its own is higher; a tie is not */
export const prefersOwn = (own: number, swapped: number): boolean => above(own, swapped)

/** Cosines of two images with each other's captions: `ij` of caption i and image j, each caption true of its own image. */
export interface Quadruple {
  readonly c0i0: number
  readonly c1i0: number
  readonly c0i1: number
  readonly c1i1: number
}

/** Text: both images prefer their caption; image: both captions prefer their image; group: both of that. */
export function winoground({ c0i0, c1i0, c0i1, c1i1 }: Quadruple): {
  readonly text: boolean
  readonly image: boolean
  readonly group: boolean
} {
  const text = above(c0i0, c1i0) && above(c1i1, c0i1)
  const image = above(c0i0, c0i1) && above(c1i1, c1i0)
  return { text, image, group: text && image }
}
