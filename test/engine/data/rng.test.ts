import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Rng } from '../../../src-main/engine/data/rng.ts'

const draws = (rng: Rng, n: number) => Array.from({ length: n }, () => rng.uniform())

describe('Rng', () => {
  it('follows the reference xoshiro128++ from a given state', () => {
    // The first outputs of Vigna's C code for the state 1, 2, 3, 4.
    const rng = Rng.restore([1, 2, 3, 4])
    expect(Array.from({ length: 4 }, () => rng.bits() >>> 0)).toEqual([641, 1573767, 3222811527, 3517856514])
  })

  it('is the same for the same path and another for any other', () => {
    const number = fc.integer({ min: -(2 ** 40), max: 2 ** 40 })
    fc.assert(
      fc.property(fc.array(number, { maxLength: 4 }), fc.array(number, { maxLength: 4 }), (a, b) => {
        const same = a.length === b.length && a.every((v, i) => v === b[i])
        expect(draws(Rng.of(...a), 3)).toEqual(draws(Rng.of(...a), 3))
        expect(draws(Rng.of(...a), 3).join() === draws(Rng.of(...b), 3).join()).toBe(same)
      }),
    )
    expect(draws(Rng.of(1, 2), 3)).not.toEqual(draws(Rng.of(2, 1), 3))
    expect(() => Rng.of(0.5)).toThrow(RangeError)
  })

  it('continues from where it was saved, also through JSON', () => {
    const rng = Rng.of(7)
    draws(rng, 5)
    const state = JSON.parse(JSON.stringify(rng.save())) as ReturnType<Rng['save']>
    const ahead = [rng.normal(), rng.int(1000), rng.uniform()]
    const again = Rng.restore(state)
    expect([again.normal(), again.int(1000), again.uniform()]).toEqual(ahead)
  })

  it('is uniform, within a stream and across neighbouring streams', () => {
    for (const source of [draws(Rng.of(3), 40_000), Array.from({ length: 40_000 }, (_, i) => Rng.of(3, 0, i).uniform())]) {
      const counts = new Array<number>(20).fill(0)
      for (const u of source) counts[Math.floor(u * 20)]!++
      const chi2 = counts.reduce((sum, n) => sum + (n - 2000) ** 2 / 2000, 0)
      expect(chi2).toBeLessThan(43.8) // 99.9 % point of χ² with 19 degrees of freedom
    }
  })

  it('draws a standard normal', () => {
    const rng = Rng.of(5)
    const x = Array.from({ length: 40_000 }, () => rng.normal())
    const moment = (k: number) => x.reduce((sum, v) => sum + v ** k, 0) / x.length
    expect(Math.abs(moment(1))).toBeLessThan(0.02)
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.03)
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.2)
  })

  it('shuffles every order alike', () => {
    const counts = new Map<string, number>()
    for (let i = 0; i < 12_000; i++) {
      const order = Rng.of(9, i).shuffle([0, 1, 2, 3]).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    const chi2 = [...counts.values()].reduce((sum, n) => sum + (n - 500) ** 2 / 500, 0)
    expect(chi2).toBeLessThan(49.7) // 99.9 % point, 23 degrees of freedom
  })
})
