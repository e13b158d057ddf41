/**
 * Corruptions at set strengths, after Hendrycks & Dietterich 2019, "Benchmarking neural network robustness to common corruptions
 * and perturbations", §3.1, with strengths for pictures of some 80 px.
 */
import type { Corruption } from '#shared/model/study.ts'
import type { Random } from '../random.ts'
import { sharp } from '../../../engine/data/index.ts'

type Strengths = readonly [number, number, number, number, number]
/** Standard deviation of the noise, of 1; of the blur, in px; the share of contrast left; JPEG's quality. */
const strengths: Readonly<Record<Corruption['kind'], Strengths>> = {
  noise: [0.04, 0.08, 0.12, 0.18, 0.26],
  blur: [0.5, 0.9, 1.3, 1.8, 2.5],
  contrast: [0.6, 0.45, 0.3, 0.2, 0.12],
  jpeg: [40, 25, 18, 12, 7],
}

/** @param rgb [side, side, 3] @returns the same, corrupted */
export async function corrupted(rgb: Uint8Array, side: number, { kind, strength }: Corruption, random: Random): Promise<Uint8Array> {
  const amount = strengths[kind][strength - 1]!
  switch (kind) {
    case 'noise':
      return rgb.map((x) => toByte(x + 255 * amount * normal(random)))
    case 'contrast': {
      const means = [0, 1, 2].map((c) => rgb.reduce((sum, x, i) => (i % 3 === c ? sum + x : sum), 0) / (side * side))
      return rgb.map((x, i) => toByte((x - means[i % 3]!) * amount + means[i % 3]!))
    }
    case 'blur':
      return blurred(rgb, side, amount)
    case 'jpeg': {
      const jpeg = await sharp(rgb, { raw: { width: side, height: side, channels: 3 } })
        .jpeg({ quality: amount })
        .toBuffer()
      return new Uint8Array(await sharp(jpeg).raw().toBuffer())
    }
  }
}

const toByte = (x: number) => Math.min(255, Math.max(0, Math.round(x)))

/** Box & Muller 1958. */
const normal = (random: Random) => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())

/** Gaussian blur of standard deviation `sigma` px, cut at three of them; the picture's edge is repeated. */
function blurred(rgb: Uint8Array, side: number, sigma: number): Uint8Array {
  const reach = Math.ceil(3 * sigma)
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)))
  const sum = weights.reduce((a, b) => a + b)
  const pass = (from: ArrayLike<number>, along: (at: number, step: number) => number) =>
    Float32Array.from({ length: rgb.length }, (_, i) => weights.reduce((acc, w, k) => acc + w * from[along(i, k - reach)]!, 0) / sum)
  const inside = (at: number) => Math.min(side - 1, Math.max(0, at))
  const row = 3 * side
  const across = pass(rgb, (i, step) => i - (i % row) + 3 * inside(Math.floor((i % row) / 3) + step) + (i % 3))
  return Uint8Array.from(
    pass(across, (i, step) => inside(Math.floor(i / row) + step) * row + (i % row)),
    toByte,
  )
}
