/** What a model that makes masks offers. An image is encoded once; each further query costs only the last graph. */
import type { Value } from '../graph/graph.ts'
import type { Params } from '../nn/params.ts'

/** The tensors of an encoded image that queries need, by name. */
export type ImageState = Readonly<Record<string, Value>>

/** Embeddings of patches in the space of texts. */
export interface DensePatches {
  /** pixels [B, 3, H, W] → [B, h, w, dim], not normalised. */
  embed(p: Params, pixels: Value): Value
  /** Beginnings of the names of the tensors that lead into the space of texts, and of all those since the last layer's input. */
  readonly projection: readonly string[]
  readonly last: readonly string[]
}

/** Masks for words or for example images. */
export interface Segmenter {
  /**
   * Whether the queries compete for each pixel (softmax over them, so that one of them must be the background) or each
   * is decided by itself (sigmoid).
   */
  readonly competing: boolean
  /** Whether a query's embedding is normalised; several prompts for one query are then averaged as unit vectors. */
  readonly unit: boolean
  /** Whether a large or long image may be cut into overlapping windows; otherwise it is resized as a whole. */
  readonly windows: boolean
  /**
   * The part of the state that holds an embedding of each patch, [h, w, dim], with which queries are compared: an example
   * is then a mean of patches, because embeddings of images and of texts are not compared with each other. Without it, an
   * example is a picture of its own.
   */
  readonly patches?: string
  /** pixels [1, 3, H, W] → the image's state. */
  encode(p: Params, pixels: Value): ImageState
  /** What training needs of a model that compares patches with texts. */
  readonly dense?: DensePatches
  /**
   * Embeddings of texts or images, [Q, dim], as the model's towers give them → logits [Q, h, w]. For the states of B images,
   * Q/B queries each, one image's after the other's.
   */
  masks(p: Params, state: ImageState, queries: Value): Value
}

/** Prompts for P masks, in pixels of the model's input image. */
export interface Prompts {
  /** [P, N, 2], x and y. The corners of a box are two further points. */
  readonly points: Value
  /** Kinds of the points, [P, N] (int32), by {@link PointKind}. */
  readonly kinds: Value
  /** Logits of previous masks, [P, 1, side, side]. */
  readonly mask?: Value
}

/** The first two are labels of clicks. `none` is the point that stands for a missing box. */
export const PointKind = { outside: 0, inside: 1, topLeft: 2, bottomRight: 3, none: 4 } as const

/** Masks for points and boxes. */
export interface PromptedSegmenter {
  /** Side in pixels of the square input image. */
  readonly size: number
  /** Side of the low-resolution masks. */
  readonly side: number
  /** Number of masks for an ambiguous prompt, after the one for an unambiguous prompt. */
  readonly choices: number
  /** Whether a box is followed by a point of kind `none`, too. */
  readonly closesBoxes?: boolean
  /** Shape of an image's embedding: [1, C, g, g], or [1, n, 1, 1] of several grids one after the other. */
  readonly embedding: readonly [number, number, number, number]
  /** pixels [1, 3, size, size] → embedding. */
  embed(p: Params, pixels: Value): Value
  /** Logits [P, 1 + choices, side, side] and predicted IoU [P, 1 + choices]. */
  masks(p: Params, embedding: Value, prompts: Prompts): { readonly logits: Value; readonly iou: Value }
}
