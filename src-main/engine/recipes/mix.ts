/**
 * Pictures of a batch mixed with each other, labels too: mixup (Zhang et al. 2018, eq. 1; facebookresearch/mixup-cifar10) and CutMix
 * (Yun et al. 2019, eq. 1 and 2; clovaai/CutMix-PyTorch), with one share and one order of partners a batch, as both references draw them.
 */
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { Rng } from '../data/rng.ts'
import type { Graph } from '../graph/graph.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import type { Examples } from '../tasks/examples.ts'
import type { Mixed } from '../tasks/losses.ts'
import type { Regularising } from './regularising.ts'
import type { pixelBatches } from './views.ts'

type Mixing = Pick<Regularising, 'mix' | 'mixupAlpha' | 'cutmixAlpha'>
interface Size {
  readonly height: number
  readonly width: number
}

export interface Mixture {
  /** The example of the batch with which each is mixed. */
  readonly partners: readonly number[]
  /** How much of each is its own. */
  readonly share: number
  /** What is pasted, in pixels from the left and the top; absent where whole pictures are blended. */
  readonly box?: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number }
}

/** The mixture of a batch of `n` pictures: a function of seed, step and micro-batch alone. */
export function mixtureOf(s: Mixing, [seed, step, micro]: readonly [number, number, number], n: number, size: Size): Mixture {
  const rng = Rng.of(seed, 0x317, step, micro)
  const cuts = rng.chance(0.5) // drawn in any case, so that the rest does not depend on it
  const partners = rng.shuffle(Array.from({ length: n }, (_, i) => i))
  if (s.mix === 'mixup' || (s.mix === 'both' && !cuts)) return { partners, share: rng.beta(s.mixupAlpha) }
  return { partners, ...cut(rng, Math.sqrt(1 - rng.beta(s.cutmixAlpha)), size) }
}

/** A box whose sides are `side` of the picture's, about a point anywhere in it, as far as it lies inside; the share is what it leaves. */
function cut(rng: Rng, side: number, { height, width }: Size): Required<Omit<Mixture, 'partners'>> {
  const [w, h] = [Math.floor(width * side), Math.floor(height * side)]
  const [x, y] = [rng.int(width), rng.int(height)]
  const [left, top] = [Math.max(0, x - Math.floor(w / 2)), Math.max(0, y - Math.floor(h / 2))]
  const [right, bottom] = [Math.min(width, x + Math.floor(w / 2)), Math.min(height, y + Math.floor(h / 2))]
  return { box: { left, top, right, bottom }, share: 1 - ((right - left) * (bottom - top)) / (width * height) }
}

/** Mixes pictures `own` [b, 3, H, W] with `others` in place. */
export function mixInto(own: Float32Array, others: Float32Array, { share, box }: Mixture, { height, width }: Size): void {
  if (!box) {
    for (let i = 0; i < own.length; i++) own[i] = share * own[i]! + (1 - share) * others[i]!
    return
  }
  for (let plane = 0; plane < own.length; plane += height * width)
    for (let y = box.top; y < box.bottom; y++) {
      const row = plane + y * width
      own.set(others.subarray(row + box.left, row + box.right), row + box.left)
    }
}

export interface Mixer {
  /** Graph inputs for what is mixed into `b` targets. */
  inputs(graph: Graph, b: number): Mixed
  /** The mixed pictures of a micro-batch, which may be one part of several of a batch, with the values of those inputs. */
  feeds(step: number, micro: number, b: number): Promise<Record<'pixels' | 'partners' | 'share', Tensor>>
}

/** Undefined if nothing is mixed. @throws a user error if a batch is a single picture */
export function mixerOf(s: Mixing, { seed, labels, drawn, pictures }: MixedData): Mixer | undefined {
  if (s.mix === 'none') return undefined
  if (drawn.batch < 2) throw userError(sentence('training.nothing-to-mix', { mix: s.mix }))
  return {
    inputs: (graph, b) => ({ partners: graph.input('partners', 'int32', [b]), share: graph.input('share', 'float32', []) }),
    async feeds(step, micro, b) {
      const parts = drawn.batch / b
      const whole = Math.floor(micro / parts)
      const rows = drawn.rows(step, whole)
      const mixture = mixtureOf(s, [seed, step, whole], drawn.batch, pictures)
      const at = (micro % parts) * b
      const partners = mixture.partners.slice(at, at + b).map((i) => rows[i]!)
      const pixels = await pictures.read(rows.slice(at, at + b), step)
      const own = pixels.data as Float32Array
      // The same views, since a view depends on the epoch and the picture alone.
      const others = parts > 1 ? ((await pictures.read(partners, step)).data as Float32Array) : picked(own, mixture.partners)
      mixInto(own, others, mixture, pictures)
      return {
        pixels,
        partners: tensor(
          Int32Array.from(partners, (row) => labels[row]!),
          'int32',
          [b],
        ),
        share: tensor(Float32Array.of(mixture.share), 'float32', []),
      }
    },
  }
}

/** The rows `at` of a batch. */
function picked(batch: Float32Array, at: readonly number[]): Float32Array {
  const size = batch.length / at.length
  const out = new Float32Array(batch.length)
  at.forEach((row, slot) => out.set(batch.subarray(row * size, (row + 1) * size), slot * size))
  return out
}

interface MixedData {
  readonly seed: number
  /** Of all training images. */
  readonly labels: Int32Array
  readonly drawn: Examples
  readonly pictures: ReturnType<typeof pixelBatches>
}
