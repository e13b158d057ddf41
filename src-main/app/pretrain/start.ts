import { augment, augmentSchema } from '../../engine/data/augment.ts'
import { preprocessSchema } from '../../engine/data/preprocess.ts'
import { Rng } from '../../engine/data/rng.ts'
import { clipTensors, imageEmbedding } from '../../engine/models/clip.ts'
import type { ClipConfig } from '../../engine/models/clip-config.ts'
import { Params, tensorsInMemory } from '../../engine/nn/params.ts'
import { BatchSession } from '../../engine/runtime/infer.ts'
import type { Picture } from './pictures.ts'
import { recipe } from './recipe.ts'

/** The table of concept embeddings [concepts, projection_dim] that pre-training learns beside the model. */
export const PROTOTYPES = 'prototypes'

type Tensors = Map<string, Float32Array>

/**
 * A start in closed form, without which an image tower learns nothing from five thousand pictures for hours. The first
 * layer's heads each look at one place of the grid and carry its coarsest cosines to the class token, which so begins as a
 * small copy of the picture; the other layers begin near the identity. The projection whitens what differs within a
 * concept (linear discriminant analysis), and the prototypes are the concepts' means. From there gradients do the rest.
 * Needs at least as many heads as patches, of at least 12 dimensions each.
 */
export async function warmStart(config: ClipConfig, weights: Tensors, concepts: number, pictures: readonly Picture[]): Promise<Tensors> {
  lookAtPlaces(config, weights)
  const d = config.vision_config.hidden_size
  if (config.projection_dim !== d) throw new Error(`a warm start needs projection_dim ${config.projection_dim} = hidden_size ${d}`)
  weights.set('visual_projection.weight', Float32Array.from({ length: d * d }, (_, i) => Number(i % d === Math.floor(i / d))))
  const features = await plainFeatures(config, weights, pictures)
  const { mean, means, whitening } = discriminant(features, pictures.map((p) => p.concept), concepts, d)
  const bias = weights.get('vision_model.post_layernorm.bias')!
  weights.set('vision_model.post_layernorm.bias', bias.map((b, i) => b - mean[i]!))
  weights.set('visual_projection.weight', whitening)
  const prototypes = new Float32Array(concepts * d)
  for (let c = 0; c < concepts; c++) {
    const row = prototypes.subarray(c * d, (c + 1) * d)
    for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) row[i]! += whitening[i * d + j]! * (means[c * d + j]! - mean[j]!)
    const norm = Math.hypot(...row)
    for (let i = 0; i < d; i++) row[i]! /= norm
  }
  return weights.set(PROTOTYPES, prototypes)
}

const CODE = 12 // numbers in a place's code
const SHARPNESS = 2.5
const CONTENT = 0.3 // size of a token's content beside its code, so that the norms hardly distort it

/** cos and sin of three frequencies along x and y: the product of two codes is largest where the places are the same. */
const code = (x: number, y: number): number[] => [x, y].flatMap((t) => [1, 2, 3].flatMap((k) => [Math.cos((Math.PI / 6) * k * t), Math.sin((Math.PI / 6) * k * t)]))

function lookAtPlaces({ vision_config: v }: ClipConfig, weights: Tensors): void {
  const d = v.hidden_size
  const grid = v.image_size / v.patch_size
  const width = d / v.num_attention_heads
  const content = d - CODE
  const patch = weights.get('vision_model.embeddings.patch_embedding.weight')!
  const filter = patch.length / d
  patch.forEach((w, i) => (patch[i] = i < content * filter ? w * CONTENT : 0))
  const position = weights.get('vision_model.embeddings.position_embedding.weight')!.fill(0)
  for (let i = 0; i < grid * grid; i++) position.set(code(i % grid, Math.floor(i / grid)), (1 + i) * d + content)
  weights.get('vision_model.embeddings.class_embedding')!.fill(0)

  const layer = (i: number, name: string) => weights.get(`vision_model.encoder.layers.${i}.${name}`)!
  for (let i = 0; i < v.num_hidden_layers; i++)
    for (const name of ['mlp.fc2.weight', 'self_attn.out_proj.weight']) layer(i, name).forEach((w, k, all) => (all[k] = w * 0.05))
  const [q, k, value, out] = ['q', 'k', 'v', 'out'].map((x) => layer(0, `self_attn.${x}_proj.weight`).fill(0)) as [Float32Array, Float32Array, Float32Array, Float32Array]
  q.fill(0)
  const query = layer(0, 'self_attn.q_proj.bias')
  for (let h = 0; h < v.num_attention_heads; h++) {
    const place = h % (grid * grid)
    query.set(code(place % grid, Math.floor(place / grid)).map((x) => x * SHARPNESS * Math.sqrt(width)), h * width)
    for (let i = 0; i < CODE; i++) k[(h * width + i) * d + content + i] = 1
    // Heads beyond the number of places look once more and carry finer cosines.
    const finer = width * Math.floor(h / (grid * grid))
    for (let i = 0; i < width; i++) value[(h * width + i) * d + finer + i] = 1
  }
  for (let i = 0; i < d; i++) out[i * d + i] = 1
}

/** What the class token holds for each picture, unvaried, on white [n, d]. */
async function plainFeatures(config: ClipConfig, weights: Tensors, pictures: readonly Picture[]): Promise<Float32Array> {
  const { image_size: size } = config.vision_config
  const source = tensorsInMemory('start', clipTensors(config), (name) => weights.get(name)!)
  const session = await BatchSession.create(128, ['pixels'], (g, b) => ({
    y: imageEmbedding(new Params(g, source), config, g.input('pixels', 'float32', [b, 3, size, size])),
  }))
  const plain = augmentSchema.parse({})
  const { y } = await session.run(pictures.length, (row, { pixels }, slot) => {
    const image = { width: recipe.renderSize, height: recipe.renderSize, channels: 4 as const, data: pictures[row]!.rgba }
    augment(image, { width: size, height: size }, plain, preprocessSchema.parse({}), Rng.of(0), pixels as Float32Array, slot * 3 * size * size)
  })
  await session.release()
  return y!
}

/** Mean of all, means by concept [concepts, d], and L⁻¹ of the covariance within concepts S + λI = L·Lᵀ, [d, d], which whitens it. */
function discriminant(x: Float32Array, concept: readonly number[], concepts: number, d: number) {
  const n = concept.length
  const mean = new Float64Array(d)
  const means = new Float64Array(concepts * d)
  const counts = new Float64Array(concepts)
  concept.forEach((c, r) => {
    counts[c]!++
    for (let i = 0; i < d; i++) {
      means[c * d + i]! += x[r * d + i]!
      mean[i]! += x[r * d + i]! / n
    }
  })
  means.forEach((m, i) => (means[i] = m / counts[Math.floor(i / d)]!))
  const s = new Float64Array(d * d)
  concept.forEach((c, r) => {
    for (let i = 0; i < d; i++) {
      const a = x[r * d + i]! - means[c * d + i]!
      for (let j = 0; j <= i; j++) s[i * d + j]! += (a * (x[r * d + j]! - means[c * d + j]!)) / n
    }
  })
  let trace = 0
  for (let i = 0; i < d; i++) trace += s[i * d + i]!
  for (let i = 0; i < d; i++) s[i * d + i]! += (0.05 * trace) / d
  return { mean, means, whitening: inverseOfCholesky(s, d) }
}

/** L⁻¹ for a symmetric positive definite matrix L·Lᵀ, given by its lower half (Golub & Van Loan, algorithm 4.2.1). */
function inverseOfCholesky(s: Float64Array, d: number): Float32Array {
  const l = s.slice()
  for (let j = 0; j < d; j++) {
    for (let k = 0; k < j; k++) for (let i = j; i < d; i++) l[i * d + j]! -= l[i * d + k]! * l[j * d + k]!
    const root = Math.sqrt(l[j * d + j]!)
    for (let i = j; i < d; i++) l[i * d + j]! /= root
  }
  const inverse = new Float64Array(d * d)
  for (let c = 0; c < d; c++)
    for (let i = c; i < d; i++) {
      let sum = i === c ? 1 : 0
      for (let k = c; k < i; k++) sum -= l[i * d + k]! * inverse[k * d + c]!
      inverse[i * d + c] = sum / l[i * d + i]!
    }
  return Float32Array.from(inverse)
}
