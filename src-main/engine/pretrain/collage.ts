/** A square scene of known content. */
export interface Collage {
  /** RGB from 0 to 1, row-major. */
  readonly rgb: Float32Array
  /** Of each pixel: 0 for the background, i + 1 for object i. */
  readonly owner: Uint8Array
  /** The concept of each object. */
  readonly concepts: readonly number[]
}
