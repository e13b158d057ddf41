/**
 * Initial weights of a detector in the layout of OWL-ViT from a CLIP with Nano's widths. Texts are CLIP's, exactly: its
 * projection W [192, 128] is Q·R with orthonormal columns of Q, and R alone gives the same lengths and angles in 128
 * dimensions. Patches start as CLIP's patch embedding and first layer see them (edges and colours, clip-closed-form.ts).
 * The heads of the next layers start by looking at fixed offsets, like a convolution of 3 × 3 patches (Cordonnier et al.
 * 2020, "On the relationship between self-attention and convolutional layers"; d'Ascoli et al. 2021, "ConViT"): so much
 * of the shape of objects need not be learned from scratch.
 */
import { QrDecomposition, Matrix } from 'ml-matrix'
import { Rng } from '../data/rng.ts'
import { sizeOf } from '../graph/graph.ts'

type Tensors = Map<string, Float32Array>
type Source = (name: string) => Float32Array

/** Widths and depth of the image tower. */
export interface DetectorSize {
  readonly width: number
  readonly heads: number
  /** Patches per side. */
  readonly grid: number
}

/** Entries of the residual stream that hold a patch's position: cosine and sine of four waves, by column and by row. */
const PLACE = 168
/** Entries of Nano's tokens that mark its class token, or where that collects its features; here nothing is there at first. */
const [MARK, SLOPES, FEATURES] = [44, 48, 120]
const WAVES = [24, 12, 6, 3] // patches
const PLACE_END = PLACE + 4 * WAVES.length
const isPlace = (k: number) => k >= PLACE && k < PLACE_END
/**
 * Places are most of a token, so that the norms scale all alike and a head's offset is not drowned by how much there is to
 * see in a patch. What does not look at places sees less of them.
 */
const PLACE_SIZE = 0.7
const DAMPED = 0.25
/** Sharpness of the heads with an offset: a neighbour of the patch that is meant scores lower by 5. */
const GAIN = 0.6
/** Offsets of each layer's first heads; the others start anywhere. */
const near = (step: number) => [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x) => [x * step, y * step] as const))
const OFFSETS: Readonly<Record<number, readonly (readonly [number, number])[]>> = { 1: near(1), 2: near(1), 3: near(2) }

/** Scores start low (Lin et al. 2017, "Focal loss", §4.1): a patch with no direction in common has one of 0.008. */
const SCALE = 12
const SHIFT = -0.4

/**
 * @param shapes of the detector's tensors
 * @param random weights of an untrained CLIP of this size, for what is not taken over
 * @param clip the weights of the trained CLIP
 */
export function detectorStart(
  shapes: ReadonlyMap<string, readonly number[]>,
  size: DetectorSize,
  random: ReadonlyMap<string, Float32Array>,
  clip: Source,
  seed: number,
): Tensors {
  const out: Tensors = new Map()
  ;[...shapes].forEach(([name, shape], i) => {
    const inner = innerName(name)
    out.set(name, inner === null ? headTensor(name, shape, Rng.of(seed, 0xde7, i)) : towerTensor(inner, random, clip))
  })
  const vision = (name: string) => out.get(`owlvit.vision_model.${name}`)!
  vision('post_layernorm.weight').fill(DAMPED, PLACE, PLACE_END)
  projections(out, clip)
  positions(vision, clip, size)
  for (const [layer, offsets] of Object.entries(OFFSETS)) lookAround(vision, Number(layer), offsets, size)
  return out
}

/** The name in CLIP, where it is misspelt; null of a head's tensor. */
const innerName = (name: string): string | null =>
  name.startsWith('owlvit.') ? name.slice('owlvit.'.length).replace('pre_layernorm', 'pre_layrnorm') : null

/** Of the image tower, everything before the second layer is CLIP's; the texts' tower is as a whole. */
function towerTensor(name: string, random: ReadonlyMap<string, Float32Array>, clip: Source): Float32Array {
  const own = name.startsWith('text') || name === 'logit_scale' || /embeddings\.patch|pre_layrnorm|layers\.0\./.test(name)
  return Float32Array.from(own ? clip(name) : random.get(name)!)
}

function headTensor(name: string, shape: readonly number[], rng: Rng): Float32Array {
  const data = new Float32Array(sizeOf(shape))
  const normal = (std: number) => data.map(() => rng.normal() * std)
  if (name === 'layer_norm.weight') return data.fill(1)
  if (name === 'class_head.logit_scale.bias') return data.fill(SCALE - 1) // ELU(x) + 1
  if (name === 'class_head.logit_shift.bias') return data.fill(SHIFT)
  if (name === 'box_head.dense2.bias') return Float32Array.of(0, 0, 1.1, 1.1) // objects are larger than a patch
  if (name.endsWith('.bias')) return data
  const width = shape.at(-1)!
  return normal(/dense2|logit/.test(name) ? 0.02 : width ** -0.5)
}

/** Both projections into the space that texts span. */
function projections(out: Tensors, clip: Source): void {
  const text = clip('text_projection.weight')
  const into = out.get('owlvit.text_model.final_layer_norm.weight')!.length
  const rows = text.length / into
  const { orthogonalMatrix: q, upperTriangularMatrix: r } = new QrDecomposition(Matrix.from1DArray(rows, into, [...text]))
  out.set('owlvit.text_projection.weight', Float32Array.from(r.to1DArray()))
  const visual = clip('visual_projection.weight')
  const image = Matrix.from1DArray(rows, visual.length / rows, [...visual])
  out.set('owlvit.visual_projection.weight', Float32Array.from(q.transpose().mmul(image).to1DArray()))
}

/** Waves of the position instead of CLIP's, which know four columns and rows. */
function positions(vision: Source, clip: Source, { width: d, grid }: DetectorSize): void {
  const patch = vision('embeddings.patch_embedding.weight')
  const filter = patch.length / d
  patch.fill(0, MARK * filter, SLOPES * filter).fill(0, FEATURES * filter)
  const former = clip('vision_model.embeddings.position_embedding.weight')
  const position = vision('embeddings.position_embedding.weight').fill(0)
  for (let i = 0; i < grid ** 2; i++) {
    const row = (1 + i) * d
    for (let k = 0; k < PLACE; k++) position[row + k] = former[d + k]! // the colours' mean; the same at every place
    WAVES.forEach((wave, w) =>
      [i % grid, Math.floor(i / grid)].forEach((at, axis) => {
        const angle = (2 * Math.PI * at) / wave
        const k = row + PLACE + 8 * axis + 2 * w
        position[k] = PLACE_SIZE * Math.cos(angle)
        position[k + 1] = PLACE_SIZE * Math.sin(angle)
      }),
    )
  }
  // The class token multiplies the patches in the layout; it starts as signs, and nowhere.
  vision('embeddings.class_embedding').forEach((_, k, all) => (all[k] = k < PLACE ? (k % 2 ? 1 : -1) : 0))
}

/** The first heads of a layer look at the patches at these offsets. */
function lookAround(
  vision: Source,
  layer: number,
  offsets: readonly (readonly [number, number])[],
  { width: d, heads }: DetectorSize,
): void {
  const [q, k] = (['q', 'k'] as const).map((x) => vision(`encoder.layers.${layer}.self_attn.${x}_proj.weight`)) as [
    Float32Array,
    Float32Array,
  ]
  const width = d / heads
  const value = vision(`encoder.layers.${layer}.self_attn.v_proj.weight`)
  value.forEach((x, i) => {
    if (isPlace(i % d)) value[i] = DAMPED * x
  })
  vision(`encoder.layers.${layer}.layer_norm2.weight`).fill(DAMPED, PLACE, PLACE_END)
  offsets.forEach((offset, h) => {
    for (const m of [q, k]) m.fill(0, h * width * d, (h + 1) * width * d)
    offset.forEach((by, axis) =>
      WAVES.forEach((wave, w) => {
        const at = 8 * axis + 2 * w
        const angle = (2 * Math.PI * by) / wave
        const set = (m: Float32Array, row: number, column: number, x: number) => (m[(h * width + at + row) * d + PLACE + at + column] = x)
        for (const i of [0, 1]) set(k, i, i, 1)
        for (const [row, column, x] of [
          [0, 0, Math.cos(angle)],
          [0, 1, -Math.sin(angle)],
          [1, 0, Math.sin(angle)],
          [1, 1, Math.cos(angle)],
        ] as const)
          set(q, row, column, GAIN * x)
      }),
    )
  })
}
