/** A rendered image: square RGBA bytes at the recipe's size, and the concept that it shows. */
export interface Picture {
  readonly concept: number
  readonly rgba: Uint8Array
}
