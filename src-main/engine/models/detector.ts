/**
 * What a family of detectors computes, as three graphs: image → state, texts → queries, both → boxes and logits. Other
 * words on the same image cost the last two, a threshold none.
 */
import type { Box } from '#shared/model/shape.ts'
import type { Value } from '../graph/graph.ts'
import type { Params } from '../nn/params.ts'

/** Tensors by name. */
export type Values = Readonly<Record<string, Value>>
export type Arrays = Readonly<Record<string, Float32Array>>

/**
 * A detector by words or by an example; boxes are [centre x, centre y, width, height], relative to the model's input.
 * Each text is one query. A family that reads all labels as one prompt can do so too: its queries are the prompt's
 * tokens, and boxes may depend on them.
 */
export interface Detector {
  /** Templates of a checkpoint that has none of its own. */
  readonly templates: readonly string[]
  /** Width of a query. */
  readonly width: number
  /** Number of boxes, for pixels of this size. */
  boxes(height: number, width: number): number
  /** Shapes of what is kept of an image with n boxes. */
  state(n: number): Readonly<Record<string, readonly number[]>>
  /** pixels [B, 3, H, W] → state, the images' one after another. */
  encode(p: Params, pixels: Value): Values
  /** What its heads read of each patch, [B·N, D]; of families with such heads. */
  features?(p: Params, pixels: Value): Value
  /** ids [B, T] (int32) and the index of each text's end [B] → queries [B, width]. */
  words(p: Params, ids: Value, at: Value): Value
  /** State and queries [Q, width] → boxes [N, 4] and logits [Q, N], whose sigmoid is the score. */
  answer(p: Params, state: Values, queries: Value): { readonly boxes: Value; readonly logits: Value }
  /** The query for what is in a region of an encoded image, relative to the input, and the box that it was read from. */
  exampleOf(state: Arrays, region?: Box): { readonly query: Float32Array; readonly box: number }
}
