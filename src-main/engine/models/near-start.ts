import { initialClip } from './clip-init.ts'
import { type ClipConfig, clipConfigSchema } from './clip-config.ts'
import { clipTensors } from './clip.ts'

/*
 * A start for image encoders that are trained on little. A Transformer that starts at random needs millions of images to find out
 * what edges are, and that neighbouring patches belong together. Here the first layer starts as histograms of oriented gradients
 * (as Nano's, clip-closed-form.ts), and most heads of the others as a convolution of 3 × 3 patches: each looks at the token in one
 * direction (Cordonnier et al. 2020, "On the relationship between self-attention and convolutional layers", §3; d'Ascoli et
 * al. 2021, "ConViT"). All of it is trained on.
 */

/** Entries of a token that hold its place: sine and cosine of each frequency, along x and along y. */
const WAVES = [2.5, 1.4, 0.7, 0.26]
const PLACE = WAVES.length * 4
/** Size of a place beside a token's content, and how sharply a head looks at one place. */
const [PLACE_SIZE, SHARPNESS] = [0.065, 1.4]
const DIRECTIONS = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dx, dy] as const))

/** Gives an image encoder (CLIP's names) that start as far as its heads and patches have room for it. */
export function startNear(c: ClipConfig, weights: Map<string, Float32Array>): void {
  if (startLocal(c, weights) && startEdges(c, weights)) startNeighbours(c, weights)
}

/** Such a start for the towers of a configuration in CLIP's or OWL-ViT's layout, by CLIP's names. */
export function towerStart(raw: object, seed: number): Map<string, Float32Array> {
  const c = clipConfigSchema.parse({ ...raw, model_type: 'clip' })
  const weights = initialClip(c, clipTensors(c).shapes(), seed)
  startNear(c, weights)
  return weights
}

/** Sets positions, and the heads that look in a direction, of an image encoder. @returns whether its heads have room for that */
function startLocal({ vision_config: v }: ClipConfig, weights: Map<string, Float32Array>): boolean {
  const d = v.hidden_size
  const g = Math.floor(v.image_size / v.patch_size)
  const head = d / v.num_attention_heads
  if (head !== PLACE || v.num_attention_heads < DIRECTIONS.length) return false
  const first = d - PLACE
  const position = weights.get('vision_model.embeddings.position_embedding.weight')!.fill(0)
  for (let i = 0; i < g * g; i++)
    WAVES.forEach((f, w) => {
      const [x, y] = [(i % g) * f, Math.floor(i / g) * f]
      const at = (i + 1) * d + first + 4 * w
      ;[Math.sin(x), Math.cos(x), Math.sin(y), Math.cos(y)].forEach((value, k) => (position[at + k] = PLACE_SIZE * value))
    })
  const clear = (name: string, row: number) => weights.get(name)!.fill(0, row)
  clear('vision_model.embeddings.patch_embedding.weight', first * 3 * v.patch_size ** 2)
  for (let i = 0; i < v.num_hidden_layers; i++) {
    const layer = `vision_model.encoder.layers.${i}`
    clear(`${layer}.self_attn.out_proj.weight`, first * d)
    clear(`${layer}.mlp.fc2.weight`, first * v.intermediate_size)
    const [query, key] = ['q', 'k'].map((x) => weights.get(`${layer}.self_attn.${x}_proj.weight`)!) as [Float32Array, Float32Array]
    DIRECTIONS.forEach(([dx, dy], h) => {
      for (const m of [query, key]) m.fill(0, h * head * d, (h + 1) * head * d)
      const entry = (row: number, column: number) => (h * head + row) * d + first + column
      WAVES.forEach((f, w) =>
        [dx, dy].forEach((step, axis) => {
          // sin and cos of a place moved by the step, from those of the place.
          const [s, k] = [4 * w + 2 * axis, 4 * w + 2 * axis + 1]
          query[entry(s, s)] = query[entry(k, k)] = SHARPNESS * Math.cos(f * step)
          query[entry(s, k)] = SHARPNESS * Math.sin(f * step)
          query[entry(k, s)] = -SHARPNESS * Math.sin(f * step)
          key[entry(s, s)] = key[entry(k, k)] = SHARPNESS
        }),
      )
    })
  }
  return true
}

/** Entries of a token: edge strengths (8 directions in 4 quarters), colours of the quarters, and gradients at 16 points. */
const [EDGES, COLOURS, SLOPES] = [0, 32, 44]
const [TURNS, QUARTERS, POINTS] = [8, 2, 4]
const BRIGHTNESS = [0.3, 0.59, 0.11]
/** Sizes relative to the other entries, which start as cosines; and how sharp a rectifier QuickGELU is made. */
const [COLOUR_SIZE, SLOPE_SIZE, EDGE_SIZE, OTHERS, GAIN] = [0.045, 0.45, 1, 0.8, 6]

/** Sets the patch filters and the first layer's MLP. */
function startEdges({ vision_config: v }: ClipConfig, weights: Map<string, Float32Array>): boolean {
  const { hidden_size: d, patch_size: size, intermediate_size: hidden } = v
  if (size % (2 * POINTS) || hidden < POINTS ** 2 * 2 * TURNS || d < SLOPES + 2 * POINTS ** 2 + PLACE) return false
  const patch = weights.get('vision_model.embeddings.patch_embedding.weight')!
  patch.forEach((x, i) => (patch[i] = x * OTHERS))
  patch.fill(0, 0, (SLOPES + 2 * POINTS ** 2) * 3 * size * size)
  const paint = (row: number, x0: number, y0: number, side: number, value: (channel: number, x: number, y: number) => number) => {
    for (let c = 0; c < 3; c++)
      for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) patch[((row * 3 + c) * size + y0 + y) * size + x0 + x] = value(c, x, y)
  }
  const quarter = size / QUARTERS
  for (let q = 0; q < QUARTERS ** 2; q++)
    for (let channel = 0; channel < 3; channel++)
      paint(COLOURS + 3 * q + channel, (q % QUARTERS) * quarter, Math.floor(q / QUARTERS) * quarter, quarter, (c) =>
        c === channel ? COLOUR_SIZE / quarter ** 2 : 0,
      )
  const cell = size / POINTS
  const layer = (name: string) => weights.get(`vision_model.encoder.layers.0.${name}`)!
  layer('self_attn.out_proj.weight').fill(0)
  const [into, out] = [layer('mlp.fc1.weight'), layer('mlp.fc2.weight')]
  for (let at = 0; at < POINTS ** 2; at++) {
    const [column, row] = [at % POINTS, Math.floor(at / POINTS)]
    for (const along of [0, 1])
      paint(
        SLOPES + 2 * at + along,
        column * cell,
        row * cell,
        cell,
        (c, x, y) => (((along ? y : x) < cell / 2 ? -1 : 1) * BRIGHTNESS[c]! * SLOPE_SIZE) / (cell ** 2 / 2),
      )
    const q = Math.floor((row * QUARTERS) / POINTS) * QUARTERS + Math.floor((column * QUARTERS) / POINTS)
    for (let k = 0; k < 2 * TURNS; k++) {
      const unit = at * 2 * TURNS + k
      into.fill(0, unit * d, (unit + 1) * d)
      into[unit * d + SLOPES + 2 * at] = GAIN * Math.cos((Math.PI * k) / TURNS)
      into[unit * d + SLOPES + 2 * at + 1] = GAIN * Math.sin((Math.PI * k) / TURNS)
      for (let i = 0; i < d; i++)
        out[i * hidden + unit] = i === EDGES + q * TURNS + (k % TURNS) ? (EDGE_SIZE * QUARTERS ** 2) / POINTS ** 2 / GAIN : 0
    }
  }
  return true
}

/** What a token tells its neighbours: strengths of its 8 directions, its mean colour, and whether its upper half is the brighter. */
const TOLD = 12
const SLOTS = SLOPES + 2 * POINTS ** 2

/**
 * In the second layer, what each of the eight neighbours tells is written beside a token's own content, so that what follows
 * sees 3 × 3 patches at once, as a convolution does.
 */
function startNeighbours({ vision_config: v }: ClipConfig, weights: Map<string, Float32Array>): void {
  const d = v.hidden_size
  if (v.num_hidden_layers < 2 || d < SLOTS + (DIRECTIONS.length - 1) * TOLD + PLACE) return
  const [value, out] = ['v', 'out'].map((x) => weights.get(`vision_model.encoder.layers.1.self_attn.${x}_proj.weight`)!) as [
    Float32Array,
    Float32Array,
  ]
  let slot = SLOTS
  DIRECTIONS.forEach(([dx, dy], h) => {
    if (!dx && !dy) return
    value.fill(0, h * PLACE * d, (h + 1) * PLACE * d)
    const told = (row: number, entry: number, x: number) => (value[(h * PLACE + row) * d + entry] = x)
    for (let q = 0; q < QUARTERS ** 2; q++) {
      for (let k = 0; k < TURNS; k++) told(k, EDGES + q * TURNS + k, 1 / 2)
      for (let c = 0; c < 3; c++) {
        told(TURNS + c, COLOURS + 3 * q + c, 1 / 3)
        told(TURNS + 3, COLOURS + 3 * q + c, (q < 2 ? 1 : -1) / 3)
      }
    }
    for (let row = 0; row < d; row++) out.fill(0, row * d + h * PLACE, row * d + (h + 1) * PLACE)
    for (let i = 0; i < TOLD; i++) {
      out.fill(0, (slot + i) * d, (slot + i + 1) * d)
      out[(slot + i) * d + h * PLACE + i] = 1
    }
    slot += TOLD
  })
}
