import { createHash } from 'node:crypto'

/** The first 32 bits of a text's SHA-256: a seed, or a position in a shuffled order, per name. */
export const hash32 = (text: string) => createHash('sha256').update(text).digest().readUInt32BE(0)

/** Uniform in [0, 1), the same sequence for the same name on every machine (mulberry32). */
export function randomOf(name: string) {
  let state = hash32(name)
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    /** Uniform in [low, high). */
    between: (low: number, high: number) => low + (high - low) * next(),
    /** A uniform integer in [low, high]. */
    integer: (low: number, high: number) => low + Math.floor((high - low + 1) * next()),
    pick: <T>(items: readonly T[]): T => items[Math.floor(items.length * next())]!,
  }
}
export type Random = ReturnType<typeof randomOf>
