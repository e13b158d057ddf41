/**
 * Initial weights of a detector in the layout of OWL-ViT from a CLIP. Texts are the CLIP's, exactly: its projection W
 * [192, 128] is Q·R with orthonormal columns of Q, and R alone gives the same lengths and angles in 128 dimensions.
 */
import { QrDecomposition, Matrix } from 'ml-matrix'
import { Rng } from '../data/rng.ts'
import { sizeOf } from '../graph/graph.ts'

/** Scores start low (Lin et al. 2017, "Focal loss", §4.1): a patch with no direction in common has one of 0.008. */
const SCALE = 12
const SHIFT = -0.4

/**
 * @param shapes of the detector's tensors
 * @param tower initial weights of an untrained CLIP of the detector's size
 * @param text weights of the trained CLIP
 */
export function detectorStart(
  shapes: ReadonlyMap<string, readonly number[]>,
  tower: ReadonlyMap<string, Float32Array>,
  text: (name: string) => Float32Array,
  seed: number,
): Map<string, Float32Array> {
  const out = new Map<string, Float32Array>()
  ;[...shapes].forEach(([name, shape], i) => {
    const inner = innerName(name)
    if (inner === null) out.set(name, headTensor(name, shape, Rng.of(seed, 0xde7, i)))
    else out.set(name, Float32Array.from(inner.startsWith('text') || inner === 'logit_scale' ? text(inner) : tower.get(inner)!))
  })
  const w = text('text_projection.weight')
  const into = out.get('owlvit.text_model.final_layer_norm.weight')!.length
  const { upperTriangularMatrix: r } = new QrDecomposition(Matrix.from1DArray(w.length / into, into, [...w]))
  out.set('owlvit.text_projection.weight', Float32Array.from(r.to1DArray()))
  // The layout multiplies patches by the class token; it starts as signs, which change nothing that a linear map can't undo.
  out.get('owlvit.vision_model.embeddings.class_embedding')!.forEach((_, k, all) => (all[k] = k % 2 ? 1 : -1))
  return out
}

/** Of a window, a thing takes about twice the share that it takes of a scene and more: by this much its size's logit is higher. */
const LARGER = 1.4

/**
 * Initial weights of the model that looks at boxes again: the detector's, whose patches are as many pixels. Its grid is smaller; it
 * gets the positions of the detector's upper left part, so that neighbours stay neighbours.
 * @param shapes of its tensors
 */
export function refinerStart(
  shapes: ReadonlyMap<string, readonly number[]>,
  detector: (name: string) => Float32Array,
): Map<string, Float32Array> {
  return new Map(
    [...shapes].map(([name, shape]) => {
      const from = Float32Array.from(detector(name))
      if (name === 'box_head.dense2.bias') return [name, from.map((x, i) => (i < 2 ? x : x + LARGER))] as const
      if (!name.endsWith('vision_model.embeddings.position_embedding.weight')) return [name, from] as const
      const width = shape[1]!
      const [side, whole] = [Math.sqrt(shape[0]! - 1), Math.sqrt(from.length / width - 1)]
      const row = (at: number) => from.subarray(at * width, (at + 1) * width)
      const rows = Array.from({ length: side * side }, (_, i) => row(1 + Math.floor(i / side) * whole + (i % side)))
      return [name, Float32Array.from([row(0), ...rows].flatMap((r) => [...r]))] as const
    }),
  )
}

/** The name in CLIP, where it is misspelt; null of a head's tensor. */
const innerName = (name: string): string | null =>
  name.startsWith('owlvit.') ? name.slice('owlvit.'.length).replace('pre_layernorm', 'pre_layrnorm') : null

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
