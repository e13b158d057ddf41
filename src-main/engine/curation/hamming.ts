/** Finds pairs of close 64-bit hashes without comparing all pairs. */

/** 64-bit hashes as two 32-bit halves, for bitwise operations. */
export interface Hashes {
  readonly high: Uint32Array
  readonly low: Uint32Array
}

/** Parses strings of 16 hexadecimal digits. */
export const parseHashes = (hex: readonly string[]): Hashes => ({
  high: Uint32Array.from(hex, (h) => parseInt(h.slice(0, 8), 16)),
  low: Uint32Array.from(hex, (h) => parseInt(h.slice(8), 16)),
})

const bands = 4

/**
 * Calls `found` once for each pair (i < j) of hashes at most `radius` bits apart. Multi-index hashing (Norouzi,
 * Punjani & Fleet 2012, "Fast Search in Hamming Space with Multi-Index Hashing", §3, Proposition 2): with four bands
 * of 16 bits and radius = 4s + a, one of the first a + 1 bands differs in at most s bits, or one of the others in at
 * most s − 1; only hashes sharing such a band are compared. Exact. Deduplicate equal hashes first, or they make it
 * quadratic.
 */
export function closePairs({ high, low }: Hashes, radius: number, found: (i: number, j: number, distance: number) => void): void {
  const n = high.length
  const reach = Array.from({ length: bands }, (_, band) => Math.floor(radius / bands) - Number(band > radius % bands))
  const bandOf = (band: number, h: number, l: number) => ((band < 2 ? h : l) >>> (band % 2 ? 0 : 16)) & 0xffff
  /** Whether an earlier band has already reported the pair. */
  const metBefore = (h: number, l: number, band: number) => {
    for (let b = 0; b < band; b++) if (bits(bandOf(b, h, l)) <= reach[b]!) return true
    return false
  }
  for (let band = 0; band < bands; band++) {
    if (reach[band]! < 0) continue
    const { start, items } = buckets(n, (i) => bandOf(band, high[i]!, low[i]!))
    // Copied in bucket order for cache locality.
    const [h, l] = [items.map((i) => high[i]!), items.map((i) => low[i]!)]
    const filled = Array.from({ length: 65536 }, (_, k) => k).filter((k) => start[k + 1]! > start[k]!)
    for (const flip of masks(reach[band]!))
      for (const bucket of filled) {
        const other = bucket ^ flip
        if (other < bucket || start[other + 1] === start[other]) continue
        const until = start[other + 1]!
        for (let a = start[bucket]!; a < start[bucket + 1]!; a++)
          for (let b = flip ? start[other]! : a + 1; b < until; b++) {
            const [dh, dl] = [h[a]! ^ h[b]!, l[a]! ^ l[b]!]
            const distance = bits(dh) + bits(dl)
            if (distance <= radius && !metBefore(dh, dl, band))
              found(Math.min(items[a]!, items[b]!), Math.max(items[a]!, items[b]!), distance)
          }
      }
  }
}

/** Counting sort by 16-bit key: items of key k are items[start[k] … start[k + 1]). */
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
function masks(reach: number): readonly number[] {
  let known = madeMasks.get(reach)
  if (!known) madeMasks.set(reach, (known = Array.from({ length: 65536 }, (_, m) => m).filter((m) => bits(m) <= reach)))
  return known
}
const madeMasks = new Map<number, readonly number[]>()

/** Number of set bits of a 32-bit number. */
export function bits(x: number): number {
  x -= (x >>> 1) & 0x55555555
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333)
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
