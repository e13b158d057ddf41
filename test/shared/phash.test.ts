/** The perceptual hash: which bit stands for which frequency, and what it does not see. */
import { expect, test } from 'vitest'
import { hammingDistance, phash, phashSide } from '#shared/phash.ts'

/** A picture that is one wave of the DCT: u half-waves across and v down. */
const wave = (u: number, v: number, sign = 1) =>
  Array.from({ length: phashSide ** 2 }, (_, i) => {
    const [x, y] = [i % phashSide, Math.floor(i / phashSide)]
    const along = (at: number, n: number) => Math.cos(((2 * at + 1) * n * Math.PI) / (2 * phashSide))
    return 128 + sign * 100 * along(x, u) * along(y, v)
  })
/** A picture with all waves but the median's neighbours slightly below, so that one wave stands out. */
const bits = (hash: bigint) => hash.toString(2).padStart(64, '0')

test('a wave sets the bit of its own frequency, row by row from the highest bit', () => {
  for (const [u, v] of [
    [1, 0],
    [0, 1],
    [3, 2],
    [7, 7],
  ] as const) {
    const with_ = bits(phash(wave(u, v)))
    const against = bits(phash(wave(u, v, -1)))
    expect([with_[8 * v + u], against[8 * v + u]]).toEqual(['1', '0'])
  }
})

test('about half of the bits of a picture are set, and neither brightness nor contrast changes one', () => {
  let seed = 1
  const noise = Array.from({ length: phashSide ** 2 }, () => (seed = (seed * 48271) % 2147483647) % 256)
  const hash = phash(noise)
  const set = [...bits(hash)].filter((b) => b === '1').length
  expect([31, 32]).toContain(set)
  expect(hammingDistance(hash, phash(noise.map((x) => x / 2 + 40)))).toBe(0)
  expect(hammingDistance(hash, phash(noise.map((x) => 255 - x)))).toBeGreaterThan(60)
})

test('a picture of another size is refused', () => {
  expect(() => phash(new Uint8Array(1023))).toThrow('expected 1024 grey values, got 1023')
})

test('the distance counts the bits that differ', () => {
  expect([hammingDistance(0n, 0n), hammingDistance(0b1010n, 0b0110n), hammingDistance(0n, 2n ** 64n - 1n)]).toEqual([0, 2, 64])
})
