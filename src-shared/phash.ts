/** Side in px of the grey image that is hashed. */
export const phashSide = 32
const kept = 8

/** cosine[u][x] = cos((2x + 1) u π / 2N): the DCT-II basis, its first 8 frequencies. */
const cosine = Array.from({ length: kept }, (_, u) =>
  Float64Array.from({ length: phashSide }, (_, x) => Math.cos(((2 * x + 1) * u * Math.PI) / (2 * phashSide))),
)

/**
 * Perceptual hash of a 32 × 32 grey image (row-major): the signs, relative to their median, of the 8 × 8 lowest
 * frequencies of its DCT (Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions", §3.2.1).
 * The constant term is excluded from the median; the first frequency is the highest of the 64 bits.
 */
export function phash(grey: ArrayLike<number>): bigint {
  if (grey.length !== phashSide ** 2) throw new RangeError(`phash: expected ${phashSide ** 2} grey values, got ${grey.length}`)
  const rows = new Float64Array(phashSide * kept)
  for (let y = 0; y < phashSide; y++)
    for (let u = 0; u < kept; u++) for (let x = 0; x < phashSide; x++) rows[y * kept + u]! += grey[y * phashSide + x]! * cosine[u]![x]!
  const frequencies = new Float64Array(kept * kept)
  for (let v = 0; v < kept; v++)
    for (let u = 0; u < kept; u++) for (let y = 0; y < phashSide; y++) frequencies[v * kept + u]! += rows[y * kept + u]! * cosine[v]![y]!
  const sorted = frequencies.slice(1).sort()
  const median = sorted[sorted.length >> 1]!
  return frequencies.reduce((hash, f) => (hash << 1n) | (f > median ? 1n : 0n), 0n)
}

/** The number of bits, 0 to 64, in which two hashes differ. */
export function hammingDistance(a: bigint, b: bigint): number {
  let n = 0
  for (let x = a ^ b; x; x &= x - 1n) n++
  return n
}
