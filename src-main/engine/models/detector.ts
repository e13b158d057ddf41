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
 * Each text is one query. A family that reads all labels as one prompt is a {@link Grounding} instead.
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

/**
 * What a family of detectors computes that reads all labels as one caption ("a cat. a dog.") together with the image: words
 * change what is made of the image, so that only its first features can be kept.
 */
export interface Grounding {
  /** Templates of a checkpoint that has none of its own. */
  readonly templates: readonly string[]
  /** Number of tokens of a caption, and of rows of the token table, at most. */
  readonly context: number
  readonly vocabulary: number
  /** Tokens that end a phrase. */
  readonly delimiters: readonly number[]
  /** Shapes of what is kept of an image of this size in pixels. */
  state(height: number, width: number): Readonly<Record<string, readonly number[]>>
  /** pixels [1, 3, H, W] → state. */
  encode(p: Params, pixels: Value): Values
  /** Features of a caption's tokens [T, D]. */
  words(p: Params, caption: CaptionOf<Value>): Value
  /** Boxes [N, 4] as a {@link Detector}'s, and logits [T, N], whose sigmoid is how well a box fits a token. */
  answer(
    p: Params,
    size: readonly [height: number, width: number],
    state: Values,
    words: Value,
    caption: CaptionOf<Value>,
  ): { readonly boxes: Value; readonly logits: Value }
}

/** A caption of T tokens, of which the last ones may be padding. Integers are int32. */
export interface CaptionOf<T> {
  /** [T]. */
  readonly ids: T
  /** Of each token in its phrase [T]. */
  readonly places: T
  /** Added to logits of attention [T, T]: tokens read those of their own phrase. */
  readonly apart: T
  /** Added to logits for each token [T]: nothing reads padding. */
  readonly absent: T
}
