import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  batches,
  batchesPerEpoch,
  epochOrder,
  type Batch,
  type BatchPlan,
  type DataPosition,
} from '../../../src-main/engine/data/batches.ts'

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))
const load = async ({ indices }: { indices: Uint32Array }) => [...indices]

async function take(plan: BatchPlan, n: number, options: { prefetch?: number; from?: DataPosition } = {}) {
  const taken: Batch<number[]>[] = []
  if (n === 0) return taken
  for await (const batch of batches(plan, load, options)) {
    taken.push(batch)
    if (taken.length === n) break
  }
  return taken
}

describe('epochOrder', () => {
  it('is a permutation, the same for the same seed and epoch, another for others', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.nat(), fc.nat(), (n, epoch, seed) => {
        expect([...epochOrder(n, epoch, seed)].sort((a, b) => a - b)).toEqual([...Array(n).keys()])
        expect(epochOrder(n, epoch, seed)).toEqual(epochOrder(n, epoch, seed))
      }),
    )
    expect(epochOrder(50, 0, 1)).not.toEqual(epochOrder(50, 1, 1))
    expect(epochOrder(50, 0, 1)).not.toEqual(epochOrder(50, 0, 2))
  })
})

describe('batches', () => {
  it('drop the incomplete last batch, or pad it and count the real examples', async () => {
    expect(await take({ n: 7, batchSize: 3, last: 'drop', epochs: 1 }, 9)).toMatchObject([
      { data: [0, 1, 2], count: 3, next: { epoch: 0, batch: 1 } },
      { data: [3, 4, 5], count: 3, next: { epoch: 1, batch: 0 } },
    ])
    expect((await take({ n: 7, batchSize: 3, last: 'pad', epochs: 1 }, 9)).at(-1)).toMatchObject({ data: [6, 0, 1], count: 1 })
    expect(await take({ n: 2, batchSize: 5, last: 'pad', epochs: 1 }, 9)).toMatchObject([{ data: [0, 1, 0, 1, 0], count: 2 }])
    expect(await take({ n: 2, batchSize: 5, last: 'drop' }, 9)).toEqual([])
    expect(await take({ n: 0, batchSize: 5, last: 'pad' }, 9)).toEqual([])
  })

  it('see each example once per epoch, and resume at any position as if never stopped', async () => {
    const plans = fc.record({
      n: fc.integer({ min: 1, max: 30 }),
      batchSize: fc.integer({ min: 1, max: 8 }),
      seed: fc.nat(),
      last: fc.constantFrom('drop' as const, 'pad' as const),
      epochs: fc.constant(3),
    })
    await fc.assert(
      fc.asyncProperty(plans, fc.nat(), fc.integer({ min: 0, max: 3 }), async (plan, cut, prefetch) => {
        const all = await take(plan, Infinity)
        expect(all.length).toBe(3 * batchesPerEpoch(plan))
        for (let epoch = 0; epoch < 3; epoch++) {
          const seen = all.filter((b) => b.epoch === epoch).flatMap((b) => b.data.slice(0, b.count))
          expect(new Set(seen).size).toBe(seen.length)
          expect(seen.length).toBe(plan.last === 'pad' ? plan.n : plan.n - (plan.n % plan.batchSize))
        }
        if (!all.length) return
        const stopped = cut % all.length
        const position = JSON.parse(JSON.stringify(all[stopped]!.next)) as DataPosition
        expect(await take(plan, Infinity, { from: position, prefetch })).toEqual(all.slice(stopped + 1))
      }),
      { numRuns: 60 },
    )
  })

  it('start loading the next batches before giving one, at most `prefetch` of them, and keep slots apart', async () => {
    const log: string[] = []
    const busy = new Set<number>()
    const slow = async ({ indices, slot }: { indices: Uint32Array; slot: number }) => {
      expect(busy.has(slot)).toBe(false)
      busy.add(slot)
      log.push(`load ${indices[0]}`)
      await sleep(5)
      return { first: indices[0]!, slot }
    }
    for await (const { data } of batches({ n: 5, batchSize: 1, last: 'drop', epochs: 1 }, slow, { prefetch: 2 })) {
      log.push(`use ${data.first}`)
      await sleep(1)
      busy.delete(data.slot)
    }
    expect(log).toEqual(['load 0', 'load 1', 'load 2', 'use 0', 'load 3', 'use 1', 'load 4', 'use 2', 'use 3', 'use 4'])
  })

  it('throw a failed load when its turn comes', async () => {
    const failing = async ({ indices }: { indices: Uint32Array }) => {
      if (indices[0] === 2) throw new Error('b.jpg: truncated')
      return indices[0]!
    }
    const seen: number[] = []
    const run = async () => {
      for await (const { data } of batches({ n: 6, batchSize: 1, last: 'drop' }, failing, { prefetch: 3 })) {
        seen.push(data)
        await sleep(2)
      }
    }
    await expect(run()).rejects.toThrow('b.jpg: truncated')
    expect(seen).toEqual([0, 1])
  })

  it('wait for loads under way when left early', async () => {
    let underWay = 0
    const slow = async () => {
      underWay++
      await sleep(10)
      underWay--
    }
    for await (const _ of batches({ n: 9, batchSize: 1, last: 'drop' }, slow, { prefetch: 3 })) break
    expect(underWay).toBe(0)
  })
})
