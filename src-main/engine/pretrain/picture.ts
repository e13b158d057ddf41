/** A rendered picture: RGBA bytes of a square of the recipe's size, and which concept it shows. */
export interface Picture {
  readonly concept: number
  readonly rgba: Uint8Array
}
