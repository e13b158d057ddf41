/**
 * The first part of training a detector: every patch of an object learns where the object ends, which teaches a hundred times
 * as much a scene as one prediction for each object does (Tian et al. 2019, "FCOS", §3.1). Those in its middle learn to answer
 * for it, by the focal loss that detectors are used with.
 */
import type { Graph, Value } from '../graph/graph.ts'
import type { Detector, Values } from '../models/detector.ts'
import type { Params } from '../nn/params.ts'
import { add, div, mul, reduceSum, sigmoid, transpose } from '../ops/index.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import { boxDistance, giouLoss, sigmoidFocal } from '../tasks/region-losses.ts'
import { patchTargets, showPatches } from './patches.ts'
import { detectRecipe as recipe } from './detect-recipe.ts'
import type { DrawScene } from './scene.ts'

export interface DenseShape {
  readonly images: number
  /** Side of the images and of their patches, in px. */
  readonly size: number
  readonly patch: number
}

/** The loss of a batch that is asked for anything by one query, and its parts. */
export function denseLoss(graph: Graph, detector: Detector, p: Params, { images, size }: DenseShape) {
  const n = images * detector.boxes(size, size)
  const found: Values = detector.encode(p, graph.input('pixels', 'float32', [images, 3, size, size]))
  const input = (name: string) => graph.input(name, 'float32', [n, 1])
  const mean = (x: Value, weight: Value) => div(reduceSum(mul(x, weight)), reduceSum(weight))
  const [share, core] = [input('share'), input('core')]

  const { logits } = detector.answer(p, found, graph.input('query', 'float32', [1, detector.width])) // [1, N]
  const scores = transpose(logits, [1, 0])
  const focal = div(reduceSum(mul(sigmoidFocal(scores, core), input('decided'))), reduceSum(core))
  const boxes = graph.input('boxes', 'float32', [n, 4])
  // Boxes are those of the patches that answer; the others of an object say less about them, and help to learn what it is.
  const counted = add(core, mul(share, recipe.others))
  const distance = mean(boxDistance(found['boxes']!, boxes), counted)
  const giou = mean(giouLoss(found['boxes']!, boxes), counted)
  const { weights: w } = recipe
  const loss = add(mul(focal, w.focal), add(mul(distance, w.distance), mul(giou, w.giou)))
  /** `score`: the mean of those that patches in the middle of objects give. */
  return { loss, focal, distance, giou, score: mean(sigmoid(scores), core) }
}

/** The feeds of scenes from number `first` on. @param query [width], of length 1 */
export function denseFeeds(
  { images, size, patch }: DenseShape,
  draw: DrawScene,
  first: number,
  query: Float32Array,
): Record<string, Tensor> {
  const grid = Math.floor(size / patch)
  const n = images * grid * grid
  const volume = 3 * size * size
  const pixels = new Float32Array(images * volume)
  const t = patchTargets(n)
  for (let i = 0; i < images; i++) showPatches(draw(first + i, pixels, i * volume), grid, patch, t, i * grid * grid)
  const column = (data: Float32Array) => tensor(data, 'float32', [n, 1])
  return {
    pixels: tensor(pixels, 'float32', [images, 3, size, size]),
    query: tensor(query, 'float32', [1, query.length]),
    share: column(t.share),
    core: column(t.core),
    decided: column(t.decided),
    boxes: tensor(t.boxes, 'float32', [n, 4]),
  }
}
