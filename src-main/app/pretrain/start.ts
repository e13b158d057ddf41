import { augment, augmentRng, augmentSchema, type AugmentConfig } from '../../engine/data/augment.ts'
import { preprocessSchema } from '../../engine/data/preprocess.ts'
import type { Value } from '../../engine/graph/graph.ts'
import { clipTensors, imageEmbedding, imageTokens } from '../../engine/models/clip.ts'
import type { ClipConfig } from '../../engine/models/clip-config.ts'
import { Params, tensorsInMemory } from '../../engine/nn/params.ts'
import { encoder, layerNorm } from '../../engine/nn/transformer.ts'
import { reshape, slice } from '../../engine/ops/index.ts'
import { BatchSession } from '../../engine/runtime/infer.ts'
import { discriminant } from './discriminant.ts'
import { LAYOUT, lookAtPlaces, seeEdges } from './edges.ts'
import type { Picture } from './pictures.ts'
import { recipe } from './recipe.ts'

/** The table of concept embeddings [concepts, projection_dim] that pre-training learns beside the model. */
export const PROTOTYPES = 'prototypes'

type Tensors = Map<string, Float32Array>
const normalisation = preprocessSchema.parse({})

/**
 * A start in closed form, without which an image tower learns nothing from five thousand pictures for hours. The first
 * block says of each patch where its edges run and how it is coloured; the heads of the next four bring that to the class
 * token, mapped by linear discriminant analysis to what tells the concepts apart; all else begins near the identity. The
 * prototypes are the concepts' means. From there gradients do the rest.
 */
export async function warmStart(config: ClipConfig, weights: Tensors, concepts: number, pictures: readonly Picture[]): Promise<Tensors> {
  const { hidden_size: d, num_hidden_layers: layers } = config.vision_config
  for (let i = 0; i < layers; i++)
    for (const name of ['mlp.fc2.weight', 'self_attn.out_proj.weight'])
      scale(weights.get(`vision_model.encoder.layers.${i}.${name}`)!, 0.01)
  seeEdges(config, weights, normalisation)

  const seen = await contents(config, weights, pictures)
  const conceptOf = Array.from({ length: SIGHTS }, () => pictures.map((p) => p.concept)).flat()
  const features = LAYOUT.place - LAYOUT.features
  const { map, bias } = await discriminant(seen, conceptOf, concepts, features)
  lookAtPlaces(config, weights, scale(map, FEATURE_SIZE), scale(bias, FEATURE_SIZE))
  const projection = scale(weights.get('visual_projection.weight')!, 0.1)
  for (let f = 0; f < features; f++) projection.fill(0, f * d, (f + 1) * d)[f * d + LAYOUT.features + f] = 1

  const embeddings = await embed(config, weights, pictures, 1, (p, pixels) => imageEmbedding(p, config, pixels))
  return weights.set(
    PROTOTYPES,
    meansOf(
      embeddings,
      pictures.map((p) => p.concept),
      concepts,
    ),
  )
}

/** Sights of each picture that the analysis takes: as it is, and varied. */
const SIGHTS = 12
/** Small beside the tokens, whose sizes should not change as the layers add to them. */
const FEATURE_SIZE = 0.03

const scale = (x: Float32Array, by: number): Float32Array => x.forEach((value, i) => (x[i] = value * by)) ?? x

/** What the patch tokens say after the first block [sights · n, places · content]. */
export const contents = (config: ClipConfig, weights: Tensors, pictures: readonly Picture[], sights = SIGHTS) =>
  embed(config, weights, pictures, sights, (p, pixels) => {
    const v = config.vision_config
    const tokens = encoder(p, 'vision_model.encoder', imageTokens(p, config, pixels), { ...v, num_hidden_layers: 1 })
    const seen = layerNorm(p, 'vision_model.encoder.layers.1.layer_norm1', tokens, v.layer_norm_eps)
    const patches = slice(slice(seen, { axis: 1, start: 1 }), { axis: 2, start: 0, end: LAYOUT.content })
    const [b, n, c] = patches.shape as [number, number, number]
    return reshape(patches, [b, n * c])
  })

export async function embed(
  config: ClipConfig,
  weights: Tensors,
  pictures: readonly Picture[],
  sights: number,
  build: (p: Params, pixels: Value) => Value,
): Promise<Float32Array> {
  const { image_size: size } = config.vision_config
  const source = tensorsInMemory('start', clipTensors(config).shapes(), (name) => weights.get(name)!)
  const session = await BatchSession.create(Math.min(128, pictures.length), ['pixels'], (g, b) => ({
    y: build(new Params(g, source), g.input('pixels', 'float32', [b, 3, size, size])),
  }))
  const { y } = await session.run(pictures.length * sights, (row, { pixels }, slot) => {
    const sight = Math.floor(row / pictures.length)
    const view = sight ? varied : plain
    const image = { width: recipe.renderSize, height: recipe.renderSize, channels: 4 as const, data: pictures[row % pictures.length]!.rgba }
    augment(
      image,
      { width: size, height: size },
      view,
      normalisation,
      augmentRng(recipe.seed, -sight, row),
      pixels as Float32Array,
      slot * 3 * size * size,
    )
  })
  await session.release()
  return y!
}
const plain: AugmentConfig = augmentSchema.parse({})
const varied: AugmentConfig = augmentSchema.parse({ minScale: 0.65, maxScale: 1.5, aspect: 1.08, rotate: 8 })

/** The classes' mean directions [classes, d] of x [n, d]. */
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
    scale(row, 1 / Math.hypot(...row))
  }
  return means
}
