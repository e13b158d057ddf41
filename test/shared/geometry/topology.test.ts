import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rleToPolygon } from '#shared/geometry/contours.ts'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import { rleTopology } from '#shared/geometry/topology.ts'

test('as many parts and holes as following the borders finds', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.boolean(), { minLength: 81, maxLength: 81 }),
      (h, w, bits) => {
        const rle = rleFromBitmap(bits.slice(0, h * w).map(Number), h, w)
        const parts = rleToPolygon(rle)
        expect(rleTopology(rle)).toEqual({ parts: parts.length, holes: parts.reduce((n, p) => n + p.length - 1, 0) })
      },
    ),
    { numRuns: 2000 },
  )
})

test('a ring with a dot in it', () => {
  const ring = ['#####', '#...#', '#.#.#', '#...#', '#####']
    .join('')
    .split('')
    .map((c) => Number(c === '#'))
  expect(rleTopology(rleFromBitmap(ring, 5, 5))).toEqual({ parts: 2, holes: 1 })
})
