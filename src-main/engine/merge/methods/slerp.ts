/**
 * Spherical linear interpolation (Shoemake 1985, Animating rotation with quaternion curves) of weights as in mergekit
 * (mergekit/merge_methods/slerp.py): each tensor is one flat vector, the angle is that of the normalised copies and
 * is applied to the originals, and nearly parallel or opposite tensors (|cos| > 0.9995) are interpolated linearly.
 */
import { z } from 'zod'
import { properName } from '#shared/model/words.ts'
import { allFinite } from '../../weights/dtype.ts'
import { defineMethod, towardsOne } from '../method.ts'
import { mergeTensor, type SliceMerge } from '../slices.ts'

const PARALLEL = 0.9995
/** A tensor with a smaller norm is not normalised. */
const EPSILON = 1e-8

/** From `a` (t = 0) to `b` (t = 1) along the arc. */
export const slerp = (a: Float32Array, b: Float32Array, t: number) => mergeTensor(slerpSlices(t), [a, b])

export function slerpSlices(t: number): SliceMerge {
  let aa = 0
  let bb = 0
  let ab = 0
  return {
    passes: 1,
    gather: (_pass, [a, b]) => {
      for (let i = 0; i < a!.length; i++) {
        const x = a![i]!
        const y = b![i]!
        aa += x * x
        bb += y * y
        ab += x * y
      }
    },
    combine: ([a, b], out) => {
      const [p, q] = slerpWeights(ab / (norm(aa) * norm(bb)), t)
      for (let i = 0; i < out.length; i++) out[i] = p * a![i]! + q * b![i]!
      return allFinite(out)
    },
  }
}

const norm = (squares: number) => {
  const n = Math.sqrt(squares)
  return n > EPSILON ? n : 1
}

function slerpWeights(cos: number, t: number): [number, number] {
  if (Math.abs(cos) > PARALLEL) return [1 - t, t]
  const angle = Math.acos(cos)
  return [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)]
}

export default defineMethod({
  id: 'slerp',
  order: 4,
  title: properName('SLERP'),
  about: { en: 'The arc from the base to the tuned model.', ja: '出発点と調整後のモデルを結ぶ弧上の点。' },
  citation: 'Shoemake 1985, Animating rotation with quaternion curves',
  ...towardsOne,
  settings: z.object({ t: z.number().min(0).max(1).default(0.5) }),
  mix: 't',
  slices: ({ t }) => slerpSlices(t),
})
