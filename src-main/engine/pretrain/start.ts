/** Initialisation for pre-training. */
import { augment, augmentRng, augmentSchema, type AugmentConfig } from '../data/augment.ts'
import { preprocessSchema } from '../data/preprocess.ts'
import type { Value } from '../graph/graph.ts'
import type { Architecture } from '../models/model.ts'
import { Params, tensorsInMemory } from '../nn/params.ts'
import { BatchSession } from '../runtime/infer.ts'
import { discriminant } from './discriminant.ts'
import type { Picture } from './picture.ts'
import { recipe } from './recipe.ts'

/** The table of concept embeddings [concepts, dim] learned along with the model. */
export const PROTOTYPES = 'prototypes'

type Tensors = Map<string, Float32Array>
const normalisation = preprocessSchema.parse({})

/**
 * Initialises in closed form; otherwise an image tower learns nothing from five thousand images for hours. Linear
 * discriminant analysis maps the patch descriptors to features that separate the concepts, and the prototypes are the
 * concepts' means. Changes `weights` in place.
 */
export async function warmStart(model: Architecture, weights: Tensors, concepts: number, pictures: readonly Picture[]): Promise<Tensors> {
  const form = model.closedForm
  if (!form) throw new Error(`${model.family.name} has no closed-form initialisation`)
  form.see(weights, normalisation)
  const seen = await embed(model, weights, pictures, SIGHTS, (p, pixels) => form.contents(p, pixels))
  const conceptOf = Array.from({ length: SIGHTS }, () => pictures.map((p) => p.concept)).flat()
  const { map, bias } = await discriminant(seen, conceptOf, concepts, form.features)
  form.read(weights, map, bias)
  const embeddings = await embed(model, weights, pictures, 1, (p, pixels) => model.image.embed(p, pixels))
  const prototypes = meansOf(
    embeddings,
    pictures.map((p) => p.concept),
    concepts,
  )
  return weights.set(PROTOTYPES, prototypes)
}

/** Views of each image for the analysis: the original and augmented ones. */
const SIGHTS = 12

/** The graph's output for every view of the images [sights · n, …], grouped by view. */
export async function embed(
  model: Architecture,
  weights: ReadonlyMap<string, Float32Array>,
  pictures: readonly Picture[],
  sights: number,
  build: (p: Params, pixels: Value) => Value,
): Promise<Float32Array> {
  const { size } = model.image
  const source = tensorsInMemory('start', model.tensors.shapes(), (name) => weights.get(name)!)
  const session = await BatchSession.create(Math.min(128, pictures.length), ['pixels'], (g, b) => ({
    y: build(new Params(g, source), g.input('pixels', 'float32', [b, 3, size, size])),
  }))
  const { y } = await session.run(pictures.length * sights, (row, { pixels }, slot) => {
    const sight = Math.floor(row / pictures.length)
    const { rgba } = pictures[row % pictures.length]!
    const image = { width: recipe.renderSize, height: recipe.renderSize, channels: 4 as const, data: rgba }
    const rng = augmentRng(recipe.seed, -sight, row)
    const into = pixels as Float32Array
    augment(image, { width: size, height: size }, sight ? varied : plain, normalisation, rng, into, slot * 3 * size * size)
  })
  await session.release()
  return y!
}
const plain: AugmentConfig = augmentSchema.parse({})
const varied: AugmentConfig = augmentSchema.parse({ minScale: 0.65, maxScale: 1.5, aspect: 1.08, rotate: 8 })

/** The mean directions [classes, d] of the classes in x [n, d]. */
function meansOf(x: Float32Array, classOf: readonly number[], classes: number): Float32Array {
  const d = x.length / classOf.length
  const means = new Float32Array(classes * d)
  classOf.forEach((c, r) => {
    const row = x.subarray(r * d, (r + 1) * d)
    const norm = Math.hypot(...row)
    for (let i = 0; i < d; i++) means[c * d + i]! += row[i]! / norm
  })
  for (let c = 0; c < classes; c++) {
    const row = means.subarray(c * d, (c + 1) * d)
    const norm = Math.hypot(...row)
    row.forEach((value, i) => (row[i] = value / norm))
  }
  return means
}
