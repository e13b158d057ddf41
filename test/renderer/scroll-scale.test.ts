import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scrollScale, tallest } from '../../src-renderer/scroll-scale.ts'

const heights = fc.tuple(fc.integer({ min: 0, max: 400_000_000 }), fc.integer({ min: 100, max: 3000 }))

describe('a scroll bar for contents of any height', () => {
  it('changes nothing for contents that an element can hold', () => {
    const { height, bar, place, squeezed } = scrollScale(5_000_000, 800)
    expect([height, squeezed, bar(4_321_000), place(4_321_000)]).toEqual([5_000_000, false, 4_321_000, 4_321_000])
  })

  it('reaches the end of 80 million pixels in an element of 8', () => {
    const { height, last, bar, place } = scrollScale(80_000_000, 800)
    expect(height).toBe(tallest)
    expect(bar(last)).toBe(tallest - 800)
    expect(place(tallest - 800)).toBe(80_000_000 - 800)
  })

  it('maps bar positions back in order, and never outside the element', () => {
    fc.assert(
      fc.property(
        heights,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        ([total, seen], a, b) => {
          const { height, last, bar, place } = scrollScale(total, seen)
          const [low, high] = [Math.min(a, b) * last, Math.max(a, b) * last]
          expect(place(bar(low))).toBeCloseTo(low, 3)
          expect(bar(low)).toBeLessThanOrEqual(bar(high))
          expect(bar(high)).toBeLessThanOrEqual(Math.max(0, height - seen))
        },
      ),
    )
  })

  it('squeezes nothing near the ends, so that scrolling reaches the very end', () => {
    const { last, bar } = scrollScale(80_000_000, 800)
    expect(bar(900_000)).toBe(900_000)
    expect(bar(last) - bar(last - 900_000)).toBe(900_000)
  })
})
