/** Reduces samples of more than 8 bits, as in medical and satellite images, to bytes. */
import type { DeepSamples } from '#shared/model/deep.ts'

/**
 * `range` gives black and white for types that define them (16 bits); other samples are stretched from their minimum
 * to their maximum.
 */
export function toBytes(samples: Float32Array | Uint16Array, how: DeepSamples, range?: readonly [number, number]): Uint8Array {
  const [low, high] = how === 'clip' ? [0, 255] : how === 'range' ? (range ?? extremes(samples)) : percentiles(samples)
  // Clipping truncates fractions like Pillow (Convert.c); stretching rounds.
  const scale = how === 'clip' ? 1 : high > low ? 255 / (high - low) : 0
  const round = how === 'clip' ? 0 : 0.5
  const out = new Uint8Array(samples.length)
  for (let i = 0; i < samples.length; i++) {
    const v = (samples[i]! - low) * scale + round
    out[i] = v >= 255 ? 255 : v > 0 ? v : 0 // NaN is black
  }
  return out
}

function extremes(samples: Float32Array | Uint16Array): [number, number] {
  let [low, high] = [Infinity, -Infinity]
  for (const v of samples) {
    if (v < low && v !== -Infinity) low = v
    if (v > high && v !== Infinity) high = v
  }
  return low <= high ? [low, high] : [0, 0]
}

const SHARE = 0.01
const MOST = 1 << 20

/** The 1st and 99th percentiles, estimated from a million samples for large images. */
function percentiles(samples: Float32Array | Uint16Array): [number, number] {
  const step = Math.max(1, Math.ceil(samples.length / MOST))
  const some = Float32Array.from({ length: Math.ceil(samples.length / step) }, (_, i) => samples[i * step]!)
    .filter(Number.isFinite)
    .sort()
  if (!some.length) return [0, 0]
  const at = (q: number) => some[Math.round(q * (some.length - 1))]!
  return [at(SHARE), at(1 - SHARE)]
}
