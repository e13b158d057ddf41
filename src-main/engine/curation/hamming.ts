/** Pairs of close 64-bit hashes without comparing all with all. */

/** Hashes as two halves, so that the machine's 32-bit operations serve. */
export interface Hashes {
  readonly high: Uint32Array
  readonly low: Uint32Array
}

/** From strings of 16 hexadecimal digits. */
export const parseHashes = (hex: readonly string[]): Hashes => ({
  high: Uint32Array.from(hex, (h) => parseInt(h.slice(0, 8), 16)),
  low: Uint32Array.from(hex, (h) => parseInt(h.slice(8), 16)),
})

const bands = 4

/**
 * Calls with each pair (i < j) of hashes at most `radius` of 64 bits apart, once. Multi-index hashing (Norouzi, Punjani & Fleet
 * 2012, "Fast Search in Hamming Space with Multi-Index Hashing"): of four bands of 16 bits at least one differs in no more than
 * ⌊radius / 4⌋ bits, so only hashes that share such a band are compared. Exact; equal hashes are best given once.
 */
export function closePairs({ high, low }: Hashes, radius: number, found: (i: number, j: number, distance: number) => void): void {
  const n = high.length
  const reach = Math.floor(radius / bands)
  const flips = masks(reach)
  const bandOf = (band: number, i: number) => ((band < 2 ? high[i]! : low[i]!) >>> (band % 2 ? 0 : 16)) & 0xffff
  for (let band = 0; band < bands; band++) {
    const { start, items } = buckets(n, (i) => bandOf(band, i))
    for (let i = 0; i < n; i++) {
      const own = bandOf(band, i)
      for (const flip of flips) {
        const bucket = own ^ flip
        for (let at = start[bucket]!; at < start[bucket + 1]!; at++) {
          const j = items[at]!
          if (j <= i) continue
          const [h, l] = [high[i]! ^ high[j]!, low[i]! ^ low[j]!]
          const distance = bits(h) + bits(l)
          // A pair that an earlier band has led to was told of then.
          if (distance <= radius && !metBefore(h, l, band, reach)) found(i, j, distance)
        }
      }
    }
  }
}

function metBefore(high: number, low: number, band: number, reach: number): boolean {
  for (let b = 0; b < band; b++) if (bits(((b < 2 ? high : low) >>> (b % 2 ? 0 : 16)) & 0xffff) <= reach) return true
  return false
}

/** Items by 16-bit key: those of key k are items[start[k] … start[k + 1]). */
function buckets(n: number, keyOf: (i: number) => number): { start: Uint32Array; items: Uint32Array } {
  const start = new Uint32Array(65537)
  for (let i = 0; i < n; i++) start[keyOf(i) + 1]!++
  for (let k = 0; k < 65536; k++) start[k + 1]! += start[k]!
  const next = start.slice(0, 65536)
  const items = new Uint32Array(n)
  for (let i = 0; i < n; i++) items[next[keyOf(i)]!++] = i
  return { start, items }
}

/** All 16-bit numbers with at most `reach` bits set. */
const masks = (reach: number): number[] => Array.from({ length: 65536 }, (_, m) => m).filter((m) => bits(m) <= reach)

/** Set bits of a 32-bit number. */
export function bits(x: number): number {
  x -= (x >>> 1) & 0x55555555
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333)
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
