import type { PreprocessConfig } from '../data/preprocess.ts'
import type { Value } from '../graph/graph.ts'
import type { Params } from '../nn/params.ts'
import { encoder, layerNorm } from '../nn/transformer.ts'
import { reshape, slice } from '../ops/index.ts'
import type { ClipConfig } from './clip-config.ts'
import type { ClosedForm } from './model.ts'

/*
 * The image tower in closed form, part one: patch tokens that describe their patch. Entries of the residual stream (D
 * = 192):
 *   0 … 31     edge strength in 8 directions, in 4 quarters of the patch
 *   32 … 43    mean colour of the 4 quarters
 *   44 … 47    the class token's marker
 *   48 … 119   brightness gradient in x and y at 36 points of the patch, which the first MLP turns into edge
 * strengths;
 *   48 … 183   afterwards, where the class token collects its features
 *   184 … 191  column and row in the grid, one-hot
 */
export const LAYOUT = { content: 48, colour: 32, mark: 44, slopes: 48, features: 48, place: 184, width: 192 } as const

const GRID = 4 // patches per side
const QUARTERS = 2 // per side of a patch
const DIRECTIONS = 8
const SLOPES = 6 // per side of a patch

const BRIGHTNESS = [0.3, 0.59, 0.11]
const MIDDLE = 0.7 // roughly the mean of drawings on white; colours are relative to it
const COLOUR_SIZE = 0.4
/**
 * Scale of the position marker relative to a token's content. The norms bring content far above it to one size, like
 * HOG's contrast normalisation.
 */
const PLACE_SIZE = 0.5
/** Scale of the class token's marker after the first norm: no larger than the features added to it. */
const MARK_SIZE = 0.05
/** Makes QuickGELU a sharp rectifier. */
const GAIN = 6
const EDGE_SIZE = 2.5

type Tensors = ReadonlyMap<string, Float32Array>
const layerOf = (weights: Tensors, i: number) => (name: string) => weights.get(`vision_model.encoder.layers.${i}.${name}`)!

/**
 * Histograms of oriented gradients (Dalal & Triggs 2005) as a patch embedding and an MLP: gradients s at 36 points,
 * hidden units relu(s · direction) for 16 directions, summed over each quarter with opposite directions merged.
 * Changes `weights` in place.
 */
export function seeEdges(
  { vision_config: v }: ClipConfig,
  weights: Tensors,
  { image_mean: mean, image_std: std }: Pick<PreprocessConfig, 'image_mean' | 'image_std'>,
): void {
  const { patch_size: size, hidden_size: d, intermediate_size: hidden } = v
  if (d !== LAYOUT.width || v.image_size / size !== GRID || size % (2 * SLOPES) || hidden < SLOPES ** 2 * 2 * DIRECTIONS)
    throw new Error(`the closed form needs width ${LAYOUT.width}, a ${GRID}×${GRID} grid and a patch size divisible by ${2 * SLOPES}`)
  const patch = weights.get('vision_model.embeddings.patch_embedding.weight')!.fill(0)
  const paint = (row: number, x0: number, y0: number, side: number, value: (channel: number, x: number, y: number) => number) => {
    for (let c = 0; c < 3; c++)
      for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) patch[((row * 3 + c) * size + y0 + y) * size + x0 + x] = value(c, x, y)
  }
  const cell = size / SLOPES
  for (let at = 0; at < SLOPES ** 2; at++)
    for (const along of [0, 1])
      paint(
        LAYOUT.slopes + 2 * at + along,
        (at % SLOPES) * cell,
        Math.floor(at / SLOPES) * cell,
        cell,
        (c, x, y) => (((along ? y : x) < cell / 2 ? -1 : 1) * BRIGHTNESS[c]! * std[c]!) / (cell ** 2 / 2),
      )

  const quarter = size / QUARTERS
  const position = weights.get('vision_model.embeddings.position_embedding.weight')!.fill(0)
  for (let q = 0; q < QUARTERS ** 2; q++)
    for (let channel = 0; channel < 3; channel++) {
      const row = LAYOUT.colour + 3 * q + channel
      paint(row, (q % QUARTERS) * quarter, Math.floor(q / QUARTERS) * quarter, quarter, (c) =>
        c === channel ? (COLOUR_SIZE * std[c]!) / quarter ** 2 : 0,
      )
      for (let i = 1; i <= GRID ** 2; i++) position[i * d + row] = COLOUR_SIZE * (mean[channel]! - MIDDLE)
    }
  for (let i = 0; i < GRID ** 2; i++) for (const k of placeEntries(i)) position[(1 + i) * d + k] = PLACE_SIZE
  weights.get('vision_model.embeddings.class_embedding')!.fill(0).set([1, 1, -1, -1], LAYOUT.mark)
  weights.get('vision_model.pre_layrnorm.weight')!.fill(MARK_SIZE, LAYOUT.mark, LAYOUT.content)

  const layer = layerOf(weights, 0)
  const [into, out] = [layer('mlp.fc1.weight'), layer('mlp.fc2.weight')]
  const cells = (SLOPES / QUARTERS) ** 2
  for (let at = 0; at < SLOPES ** 2; at++)
    for (let k = 0; k < 2 * DIRECTIONS; k++) {
      const unit = at * 2 * DIRECTIONS + k
      const angle = (Math.PI * k) / DIRECTIONS
      into.fill(0, unit * d, (unit + 1) * d)
      into[unit * d + LAYOUT.slopes + 2 * at] = GAIN * Math.cos(angle)
      into[unit * d + LAYOUT.slopes + 2 * at + 1] = GAIN * Math.sin(angle)
      const q = Math.floor((Math.floor(at / SLOPES) * QUARTERS) / SLOPES) * QUARTERS + Math.floor(((at % SLOPES) * QUARTERS) / SLOPES)
      for (let row = 0; row < d; row++) out[row * hidden + unit] = row === q * DIRECTIONS + (k % DIRECTIONS) ? EDGE_SIZE / cells / GAIN : 0
    }
}

/** The two entries that encode position `i` of the grid. */
function placeEntries(i: number): [number, number] {
  return [LAYOUT.place + (i % GRID), LAYOUT.place + GRID + Math.floor(i / GRID)]
}

const SHARPNESS = 2.5

/**
 * Part two: the heads of layers 1 … 4. Each head attends to one grid position and carries a third of its content to
 * the class token (three heads per position). `read` [features, positions · content] maps the contents to features;
 * `bias` [features] is added. Changes `weights` in place.
 */
export function lookAtPlaces({ vision_config: v }: ClipConfig, weights: Tensors, read: Float32Array, bias: Float32Array): void {
  const { hidden_size: d, num_attention_heads: heads } = v
  const width = d / heads
  const parts = LAYOUT.content / width
  const layers = (GRID ** 2 * parts) / heads
  const columns = GRID ** 2 * LAYOUT.content
  for (let l = 0; l < layers; l++) {
    const layer = layerOf(weights, 1 + l)
    const [q, k, value, out] = (['q', 'k', 'v', 'out'] as const).map((x) => layer(`self_attn.${x}_proj.weight`).fill(0)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ]
    q.fill(0)
    const query = layer('self_attn.q_proj.bias')
    for (let h = 0; h < heads; h++) {
      const place = (l * heads + h) % GRID ** 2
      const part = Math.floor((l * heads + h) / GRID ** 2)
      for (let i = 0; i < 2 * GRID; i++) k[(h * width + i) * d + LAYOUT.place + i] = 1
      // 1 where the row or column matches and −1 elsewhere: only the exact position scores above 0.
      for (let i = 0; i < 2 * GRID; i++)
        query[h * width + i] = (placeEntries(place).includes(LAYOUT.place + i) ? 1 : -1) * SHARPNESS * Math.sqrt(width)
      for (let i = 0; i < width; i++) {
        value[(h * width + i) * d + part * width + i] = 1
        for (let f = 0; f < bias.length; f++)
          out[(LAYOUT.features + f) * d + h * width + i] = read[f * columns + place * LAYOUT.content + part * width + i]!
      }
    }
    bias.forEach((b, f) => (layer('self_attn.out_proj.bias')[LAYOUT.features + f] = b / layers))
  }
}

/** Small relative to the tokens, so that adding features hardly changes their norm. */
const FEATURE_SIZE = 0.03

const scale = (x: Float32Array, by: number): Float32Array => {
  for (let i = 0; i < x.length; i++) x[i] = x[i]! * by
  return x
}

/**
 * The first block encodes each patch's edges and colour, the heads of the next four blocks apply a linear map and
 * bring its result to the class token, and the projection passes it to the embedding. All other weights start near
 * the identity.
 * @param tokens pixels → the image encoder's input tokens
 */
export const closedForm = (config: ClipConfig, tokens: (p: Params, pixels: Value) => Value): ClosedForm => ({
  features: LAYOUT.place - LAYOUT.features,
  see(weights, normalisation) {
    for (let i = 0; i < config.vision_config.num_hidden_layers; i++)
      for (const name of ['mlp.fc2.weight', 'self_attn.out_proj.weight']) scale(layerOf(weights, i)(name), 0.01)
    seeEdges(config, weights, normalisation)
  },
  contents(p, pixels) {
    const v = config.vision_config
    const after = encoder(p, 'vision_model.encoder', tokens(p, pixels), { ...v, num_hidden_layers: 1 })
    const seen = layerNorm(p, 'vision_model.encoder.layers.1.layer_norm1', after, v.layer_norm_eps)
    const patches = slice(slice(seen, { axis: 1, start: 1 }), { axis: 2, start: 0, end: LAYOUT.content })
    const [b, n, c] = patches.shape as [number, number, number]
    return reshape(patches, [b, n * c])
  },
  read(weights, map, bias) {
    const d = config.vision_config.hidden_size
    lookAtPlaces(config, weights, scale(map, FEATURE_SIZE), scale(bias, FEATURE_SIZE))
    const projection = scale(weights.get('visual_projection.weight')!, 0.1)
    for (let f = 0; f < bias.length; f++) projection.fill(0, f * d, (f + 1) * d)[f * d + LAYOUT.features + f] = 1
  },
})
