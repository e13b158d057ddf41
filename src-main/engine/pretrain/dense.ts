/**
 * The first part of training a detector: every patch of an object learns what the object is and where it ends, which teaches
 * a hundred times as much a scene as one prediction for each object does (Tian et al. 2019, "FCOS", §3.1). The words of the
 * patches are told apart by a softmax over all of them, and scores by the focal loss that detectors are used with.
 */
import type { Graph, Value } from '../graph/graph.ts'
import type { Detector, Values } from '../models/detector.ts'
import type { Params } from '../nn/params.ts'
import { add, argmax, cast, div, equal, gemm, l2Normalize, mul, reduceSum, reshape, sigmoid, transpose, unsqueeze } from '../ops/index.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import { crossEntropy } from '../tasks/losses.ts'
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

/** The loss of a batch, and its parts. @param table queries of all concepts, [concepts, width], of length 1 */
export function denseLoss(graph: Graph, detector: Detector, p: Params, shape: DenseShape, table: Float32Array) {
  const { images, size } = shape
  const n = images * detector.boxes(size, size)
  const found: Values = detector.encode(p, graph.input('pixels', 'float32', [images, 3, size, size]))
  const concepts = table.length / detector.width
  const queries = graph.constant(table, 'float32', [concepts, detector.width])
  const input = (name: string) => graph.input(name, 'float32', [n, 1])
  const mean = (x: Value, weight: Value) => div(reduceSum(mul(x, weight)), reduceSum(weight))
  const concept = graph.input('concept', 'int32', [n])
  const share = input('share')
  const core = input('core')

  const cosines = gemm(l2Normalize(found['classes']!), queries, undefined, { transB: true }) // [N, concepts]
  const weight = div(share, reduceSum(share))
  const logits = mul(cosines, recipe.sharpness)
  const naming = crossEntropy(logits, concept, { weight: reshape(weight, [n]) })

  const all = Int32Array.from({ length: concepts }, (_, i) => i)
  const own = cast(equal(unsqueeze(concept, [1]), graph.constant(all, 'int32', [1, concepts])), 'float32')
  const wanted = mul(own, core)
  const scores = transpose(detector.answer(p, found, queries).logits, [1, 0])
  const focal = div(reduceSum(mul(sigmoidFocal(scores, wanted), input('decided'))), reduceSum(core))

  const boxes = graph.input('boxes', 'float32', [n, 4])
  const distance = mean(boxDistance(found['boxes']!, boxes), share)
  const giou = mean(giouLoss(found['boxes']!, boxes), share)
  const right = equal(cast(argmax(logits, { axis: 1 }), 'int32'), concept)
  const { weights: w } = recipe
  const loss = add(add(mul(naming, w.naming), mul(focal, w.focal)), add(mul(distance, w.distance), mul(giou, w.giou)))
  return {
    loss,
    naming,
    focal,
    distance,
    giou,
    /** The mean score that the patches in the middle of objects give to these. */
    score: mean(reduceSum(mul(sigmoid(scores), own), { axes: [1], keepdims: true }), core),
    /** Share of the objects' patches that are named right. */
    named: reduceSum(mul(cast(right, 'float32'), reshape(weight, [n]))),
  }
}

/** The feeds of scenes from number `first` on. */
export function denseFeeds({ images, size, patch }: DenseShape, draw: DrawScene, first: number): Record<string, Tensor> {
  const grid = Math.floor(size / patch)
  const n = images * grid * grid
  const volume = 3 * size * size
  const pixels = new Float32Array(images * volume)
  const t = patchTargets(n)
  for (let i = 0; i < images; i++) showPatches(draw(first + i, pixels, i * volume), grid, patch, t, i * grid * grid)
  const column = (data: Float32Array) => tensor(data, 'float32', [n, 1])
  return {
    pixels: tensor(pixels, 'float32', [images, 3, size, size]),
    concept: tensor(t.concept, 'int32', [n]),
    share: column(t.share),
    core: column(t.core),
    decided: column(t.decided),
    boxes: tensor(t.boxes, 'float32', [n, 4]),
  }
}
