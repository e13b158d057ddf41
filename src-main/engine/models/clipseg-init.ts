import { Rng } from '../data/rng.ts'
import { sizeOf } from '../graph/graph.ts'
import { initialClip } from './clip-init.ts'
import type { ClipConfig } from './clip-config.ts'
import { startNear } from './near-start.ts'

/*
 * Initial weights of an untrained CLIPSeg: an image encoder that starts near by (near-start.ts), and a decoder that compares.
 */

interface Decoder {
  readonly extract_layers: readonly number[]
  readonly reduce_dim: number
  readonly conditional_layer: number
}

const CLIP = 'clip.'

export function initialClipseg(
  c: ClipConfig & Decoder,
  shapes: ReadonlyMap<string, readonly number[]>,
  seed: number,
): Map<string, Float32Array> {
  const ofClip = new Map([...shapes].flatMap(([name, shape]) => (name.startsWith(CLIP) ? [[name.slice(CLIP.length), shape] as const] : [])))
  const inside = initialClip(c, ofClip, seed)
  startNear(c, inside)
  const all = new Map([...inside].map(([name, data]) => [CLIP + name, data]))
  let index = 0
  for (const [name, shape] of shapes) {
    if (all.has(name)) continue
    const rng = Rng.of(seed, 1, index++)
    const data = new Float32Array(sizeOf(shape))
    if (/norm\d\.weight$/.test(name)) data.fill(1)
    else if (name.endsWith('.weight')) {
      const std = (name.includes('transposed_convolution') ? shape[0]! : shape[1]!) ** -0.5
      data.forEach((_, i) => (data[i] = rng.normal() * std))
    }
    all.set(name, data)
  }
  compareFromTheStart(all, c.projection_dim, c.conditional_layer)
  return all
}

/**
 * A word and a patch enter the decoder by the same random projection of the space in which they are compared, so that the sum
 * of their product estimates their similarity (Johnson & Lindenstrauss 1984).
 */
function compareFromTheStart(weights: Map<string, Float32Array>, dim: number, layer: number): void {
  const [shared, projection] = [weights.get('decoder.film_mul.weight')!, weights.get(`${CLIP}visual_projection.weight`)!]
  const reduce = weights.get(`decoder.reduces.${layer}.weight`)!.fill(0)
  const width = projection.length / dim
  for (let i = 0; i < shared.length / dim; i++)
    for (let k = 0; k < dim; k++)
      for (let j = 0; j < width; j++) reduce[i * width + j]! += shared[i * dim + k]! * projection[k * width + j]!
}
