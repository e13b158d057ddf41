import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hammingDistance } from '#shared/phash.ts'
import { bits, closePairs, parseHashes } from '../../../src-main/engine/curation/hamming.ts'
import { UnionFind } from '../../../src-main/engine/curation/union-find.ts'

const hash = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const hex = (h: bigint) => h.toString(16).padStart(16, '0')
/** Hashes of which some lie close to others. */
const hashes = fc
  .array(fc.tuple(hash, fc.array(fc.integer({ min: 0, max: 63 }), { maxLength: 12 })), { maxLength: 40 })
  .map((all) => all.flatMap(([h, flips]) => [h, flips.reduce((x, bit) => x ^ (1n << BigInt(bit)), h)]))

describe('close pairs of hashes', () => {
  test('are exactly those that comparing all with all finds, each once', () => {
    fc.assert(
      fc.property(hashes, fc.integer({ min: 0, max: 15 }), (all, radius) => {
        const expected = all.flatMap((a, i) =>
          all.slice(i + 1).flatMap((b, k) => (hammingDistance(a, b) <= radius ? [`${i} ${i + 1 + k} ${hammingDistance(a, b)}`] : [])),
        )
        const found: string[] = []
        closePairs(parseHashes(all.map(hex)), radius, (i, j, d) => found.push(`${i} ${j} ${d}`))
        expect(found.sort()).toEqual(expected.sort())
      }),
      { numRuns: 30 },
    )
  })

  test('bits of a word are counted', () => {
    expect([0, 1, 0xffffffff, 0x80000001, 0x0f0f].map(bits)).toEqual([0, 1, 32, 2, 8])
  })
})

test('joined items are in one set with all that they are joined to', () => {
  const sets = new UnionFind(7)
  expect([sets.union(0, 3), sets.union(3, 5), sets.union(0, 5), sets.union(2, 1)]).toEqual([true, true, false, true])
  expect(sets.groups()).toEqual([
    [0, 3, 5],
    [1, 2],
  ])
})
