/** The four-word state of an `Rng`, as plain JSON. */
export type RngState = [number, number, number, number]

/**
 * xoshiro128++ 1.0 (Blackman & Vigna, "Scrambled Linear Pseudorandom Number Generators", 2021), seeded by a path of
 * numbers: `Rng.of(seed, epoch, index)` is always the same stream, and different paths give unrelated streams. So an
 * augmentation depends on the image's position in the training, never on thread timing. Not for cryptography.
 */
export class Rng {
  private constructor(private readonly s: Int32Array) {}

  /** The stream identified by `path`, safe integers (negative ones too). */
  static of(...path: number[]): Rng {
    const s = new Int32Array(4)
    for (let word = 0; word < 4; word++) {
      let h = mix(0x9e3779b9 * (word + 1) + path.length)
      for (const part of path) {
        if (!Number.isSafeInteger(part)) throw new RangeError(`a seed is a whole number, not ${part}`)
        h = mix((h ^ part) + 0x85ebca6b)
        h = mix((h ^ Math.floor(part / 2 ** 32)) + 0x27d4eb2f)
      }
      s[word] = h
    }
    if (!(s[0]! | s[1]! | s[2]! | s[3]!)) s[0] = 1 // the all-zero state is a fixed point of xoshiro
    return new Rng(s)
  }

  static restore(state: RngState): Rng {
    return new Rng(Int32Array.from(state))
  }

  save(): RngState {
    return [...this.s] as RngState
  }

  /** 32 random bits, as a signed integer. */
  bits(): number {
    const s = this.s
    const [s0, s1, s2, s3] = [s[0]!, s[1]!, s[2]!, s[3]!]
    const result = (rotl((s0 + s3) | 0, 7) + s0) | 0
    const a = s2 ^ s0
    const b = s3 ^ s1
    s[1] = s1 ^ a
    s[0] = s0 ^ b
    s[2] = a ^ (s1 << 9)
    s[3] = rotl(b, 11)
    return result
  }

  /** Uniform in [low, high), 53 bits. */
  uniform(low = 0, high = 1): number {
    const unit = ((this.bits() >>> 5) * 2 ** 26 + (this.bits() >>> 6)) * 2 ** -53
    return low + unit * (high - low)
  }

  /** An integer in [0, n); scaling a 53-bit number has a bias below n · 2⁻⁵³. */
  int(n: number): number {
    return Math.floor(this.uniform() * n)
  }

  /** True with probability p. */
  chance(p: number): boolean {
    return this.uniform() < p
  }

  /** Standard normal by Box–Muller. The second value of the pair is discarded, so that the state remains four words. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform())
  }

  /** Beta(a, a), as a ratio of gamma numbers; by logarithms, since of a small `a` both may be too small for a float. */
  beta(a: number): number {
    const [x, y] = [this.logGamma(a), this.logGamma(a)]
    return 1 / (1 + Math.exp(y - x))
  }

  /** The logarithm of a Gamma(a, 1) number (Marsaglia & Tsang 2000, "A simple method for generating gamma variables", §6 and §8). */
  private logGamma(a: number): number {
    if (a < 1) return this.logGamma(a + 1) + Math.log(1 - this.uniform()) / a
    const d = a - 1 / 3
    for (;;) {
      const x = this.normal()
      const v = (1 + x / Math.sqrt(9 * d)) ** 3
      if (v > 0 && Math.log(1 - this.uniform()) < x * x * 0.5 + d - d * v + d * Math.log(v)) return Math.log(d * v)
    }
  }

  /** Fisher–Yates shuffle in place; returns the same array. */
  shuffle<T extends { [i: number]: unknown; length: number }>(items: T): T {
    const at = items as { [i: number]: unknown }
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1)
      const kept = at[i]
      at[i] = at[j]
      at[j] = kept
    }
    return items
  }
}

const rotl = (x: number, k: number) => (x << k) | (x >>> (32 - k))

/** The finaliser of MurmurHash3: every input bit changes each output bit with probability about one half. */
function mix(x: number): number {
  let h = x | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
