import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { MergeMethod } from '#shared/model/merge.ts'
import { greedySoup } from '../../../src-main/engine/merge/greedy.ts'
import { uniform } from '../../../src-main/engine/merge/methods/uniform.ts'
import { mergeCheckpoints } from '../../../src-main/engine/merge/merge.ts'
import { sliceElements } from '../../../src-main/engine/merge/stream.ts'
import { slerp } from '../../../src-main/engine/merge/methods/slerp.ts'
import { ties } from '../../../src-main/engine/merge/methods/ties.ts'
import { readRecord, writeCheckpoint } from '../../../src-main/engine/weights/checkpoint.ts'
import { readHead } from '../../../src-main/engine/weights/head.ts'
import { openWeights } from '../../../src-main/engine/weights/source.ts'
import { fromMemory } from '../../../src-main/engine/weights/tensors.ts'
import { record, tempDir, tiny } from '../weights/helpers.ts'

const dir = tempDir()
const at = (name: string) => path.join(dir, name)
const uniformly: MergeMethod = { name: 'uniform' }
const values = (d: string, name = 'a.weight') => {
  const w = openWeights(d)
  try {
    return [...w.float32(name)]
  } finally {
    w.close()
  }
}
const head = (classes: string[], x: number) => ({
  classes,
  dim: 1,
  weight: new Float32Array(classes.length).fill(x),
  bias: new Float32Array(classes.length).fill(-x),
})

describe('a soup', () => {
  it('is a checkpoint: averaged weights and head, config and tokenizer of the first, lineage', async () => {
    const files = { 'tokenizer.json': '{"soup":1}' }
    await tiny(at('a'), [0, 2, 4, 6], { head: head(['x', 'y'], 1), files })
    await tiny(at('b'), [2, 4, 6, 8], { head: head(['x', 'y'], 3), files, record: { ...record, seed: 2 } })
    const written = await mergeCheckpoints({ method: uniformly, ingredients: [at('a'), at('b')], out: at('ab'), metrics: { id: 0.7 } })
    expect(values(at('ab'))).toEqual([1, 3, 5, 7])
    expect(readHead(at('ab'))).toEqual(head(['x', 'y'], 2))
    expect(fs.readFileSync(path.join(at('ab'), 'tokenizer.json'), 'utf8')).toBe(files['tokenizer.json'])
    expect(readRecord(at('ab'))).toEqual(written)
    expect(written).toMatchObject({ seed: null, classes: ['cat', 'dog'], metrics: { id: 0.7 }, merge: { method: uniformly } })
    expect(written.merge!.ingredients).toEqual([at('a'), at('b')].map((p) => ({ path: p, fingerprint: readRecord(p).fingerprint })))
  })

  it('may replace one of its ingredients', async () => {
    await tiny(at('c'), [10, 10, 10, 10], { head: head(['x', 'y'], 1) })
    await mergeCheckpoints({ method: uniformly, ingredients: [at('a'), at('c')], out: at('c') })
    expect(values(at('c'))).toEqual([5, 6, 7, 8])
  })

  it('is of the type asked for; integers are copied', async () => {
    const integers = (d: string, dtype: 'F16' | 'BF16' | 'F32', x: number) =>
      writeCheckpoint(d, {
        config: {},
        record,
        weights: {
          specs: [
            { name: 'w', dtype, shape: [3] },
            { name: 'position_ids', dtype: 'I64', shape: [1, 2] },
            { name: 'none', dtype: 'F32', shape: [0, 4] },
          ],
          produce: ({ name }) =>
            name === 'w'
              ? Float32Array.of(x, 1, -x)
              : name === 'none'
                ? new Float32Array(0)
                : new Uint8Array(new BigInt64Array([5n, 7n]).buffer),
        },
      })
    await integers(at('h'), 'F16', 1)
    await integers(at('g'), 'BF16', 2)
    for (const [dtype, expected] of [
      ['float16', 'F16'],
      ['bfloat16', 'BF16'],
      ['float32', 'F32'],
      ['keep', 'F32'],
    ] as const) {
      await mergeCheckpoints({ method: uniformly, ingredients: [at('h'), at('g')], out: at('hg'), dtype })
      const w = openWeights(at('hg'))
      expect(w.info('w').dtype).toBe(expected)
      expect([...w.float32('w')]).toEqual([1.5, 1, -1.5])
      expect([...new BigInt64Array(w.bytes('position_ids').buffer)]).toEqual([5n, 7n])
      expect(w.info('none').shape).toEqual([0, 4])
      w.close()
    }
  })

  it('of tensors longer than a slice is what its method gives for the whole', async () => {
    const n = 3 * sliceElements(2) + 77
    const noise = (seed: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 0.7 + seed) + 0.1 * Math.cos(i * seed))
    const thetas = [0, 1, 2].map(noise)
    const dirs = ['l0', 'l1', 'l2'].map(at)
    for (const [k, d] of dirs.entries())
      await writeCheckpoint(d, {
        config: {},
        record,
        weights: fromMemory(
          new Map([
            ['w', { shape: [n], data: thetas[k]! }],
            ['b', { shape: [3], data: thetas[k]!.slice(0, 3) }],
          ]),
        ),
      })
    const soup = async (method: MergeMethod, k: number) => {
      let progress = 0
      await mergeCheckpoints({ method, ingredients: dirs.slice(0, k), out: at('long'), onProgress: (p) => (progress = p) })
      expect(progress).toBe(1)
      const w = openWeights(at('long'))
      const x = w.float32('w')
      w.close()
      return x
    }
    const equal = (a: Float32Array, b: Float32Array) => expect(Buffer.from(a.buffer).equals(Buffer.from(b.buffer))).toBe(true)
    equal(await soup(uniformly, 3), uniform(thetas))
    const options = { density: 0.2, lambda: 0.9 }
    equal(await soup({ name: 'ties', ...options }, 3), ties(thetas[0]!, thetas.slice(1), options))
    const arc = slerp(thetas[0]!, thetas[1]!, 0.4)
    expect((await soup({ name: 'slerp', t: 0.4 }, 2)).every((x, i) => Math.abs(x - arc[i]!) < 1e-6)).toBe(true)
    const dare = await soup({ name: 'dare', density: 0.5, lambda: 1, seed: 3 }, 2)
    equal(await soup({ name: 'dare', density: 0.5, lambda: 1, seed: 3 }, 2), dare)
  })

  it('can be stopped, and leaves nothing', async () => {
    const stop = new AbortController()
    stop.abort()
    await expect(
      mergeCheckpoints({ method: uniformly, ingredients: [at('a'), at('b')], out: at('stopped'), signal: stop.signal }),
    ).rejects.toThrow('cancelled')
    expect(fs.readdirSync(dir).filter((n) => n.includes('stopped'))).toEqual([])
  })
})

describe('ingredients that are not variants of one model are refused in one line', () => {
  const refuse = (dirs: string[], method: MergeMethod = uniformly) =>
    expect(mergeCheckpoints({ method, ingredients: dirs.map(at), out: at('never') })).rejects

  it('another config', async () => {
    await tiny(at('p'), [1, 2, 3, 4])
    await tiny(at('q'), [1, 2, 3, 4], { config: { model_type: 'clip', projection_dim: 3, transformers_version: '9' } })
    await refuse(['p', 'q']).toThrow(`${path.join(at('q'), 'config.json')}: projection_dim: expected 2, found 3`)
  })
  it('another shape, a missing and an extra tensor', async () => {
    const weights = (t: Record<string, number[]>) =>
      fromMemory(new Map(Object.entries(t).map(([k, shape]) => [k, { shape, data: new Float32Array(shape.reduce((a, b) => a * b)) }])))
    const q = path.join(at('q'), 'model.safetensors')
    await tiny(at('q'), [], { weights: weights({ 'a.weight': [4, 1], 'b.bias': [2] }) })
    await refuse(['p', 'q']).toThrow(`${q}: tensor a.weight: expected shape [2, 2], found [4, 1]`)
    await tiny(at('q'), [], { weights: weights({ 'a.weight': [2, 2] }) })
    await refuse(['p', 'q']).toThrow(`${q}: tensor b.bias: missing`)
    await refuse(['q', 'p']).toThrow('tensor b.bias: not in')
  })
  it('a head in some only, or with other classes', async () => {
    await refuse(['p', 'a']).toThrow(`${path.join(at('p'), 'head.safetensors')}: not found, but ${at('a')} has one`)
    await tiny(at('q'), [1, 2, 3, 4], { head: head(['x', 'z'], 1) })
    await refuse(['a', 'q']).toThrow(`${path.join(at('q'), 'head.safetensors')}: __metadata__.classes[1]: expected "y", found "z"`)
  })
  it('NaN in an ingredient, whatever the method', async () => {
    await tiny(at('nan'), [1, 2, NaN, 4])
    for (const method of [
      uniformly,
      { name: 'ties', density: 0.5, lambda: 1 },
      { name: 'dare', density: 0.1, lambda: 1, seed: 0 },
      { name: 'linear', weights: [1, 0] },
    ] as MergeMethod[])
      await refuse(['p', 'nan'], method).toThrow(
        `${path.join(at('nan'), 'model.safetensors')}: tensor a.weight: expected finite numbers, found NaN at [1, 0]`,
      )
  })
  it('a result that its dtype cannot hold', async () => {
    await tiny(at('big'), [60000, 0, 0, 0], {}, 'F16')
    await tiny(at('small'), [0, 0, 0, 0], {}, 'F16')
    await refuse(['small', 'big'], { name: 'task-arithmetic', lambda: 2 }).toThrow('tensor a.weight leaves the range of F16')
  })
  it('a wrong number of them', async () => {
    await refuse(['p'], { name: 'ties', density: 0.2, lambda: 1 }).toThrow('ties needs a base and at least one other')
    await refuse(['p', 'p', 'p'], { name: 'slerp', t: 0.5 }).toThrow('slerp blends a base and one other checkpoint, found 3')
    await refuse([]).toThrow('expected at least one checkpoint')
  })
})

describe('the greedy soup', () => {
  const target = [3, 3, 3, 3]
  /** The nearer to the target, the better. */
  const score = (d: string) => Promise.resolve(-Math.hypot(...values(d).map((x, i) => x - target[i]!)))

  it('adds what makes the held-out score strictly better, best first, and says why not', async () => {
    const given = { near: [2, 2, 2, 2], other: [5, 5, 5, 5], same: [2, 2, 2, 2], far: [-9, -9, -9, -9] }
    const candidates = []
    for (const [name, data] of Object.entries(given)) {
      await tiny(at(name), data)
      candidates.push({ dir: at(name), heldOut: await score(at(name)) })
    }
    const tried: string[] = []
    const {
      ledger,
      ingredients,
      heldOut,
      dir: soup,
    } = await greedySoup([...candidates].reverse(), (d) => (tried.push(d), score(d)), at('greedy'))
    // 'same' equals the best: the mean of the two is no better, so it is not strictly greater and stays out.
    expect(ledger.map((l) => [path.basename(l.dir), l.accepted])).toEqual([
      ['same', true],
      ['near', false],
      ['other', true],
      ['far', false],
    ])
    expect(ledger.map((l) => l.score)).toEqual([-2, -2, -1, expect.closeTo(-8 + 2 / 3, 5)])
    expect(ledger.map((l) => l.margin)).toEqual([-2, 0, 1, expect.closeTo(-7 + 2 / 3, 5)])
    expect(ingredients).toEqual([at('same'), at('other')])
    expect(values(soup)).toEqual([3.5, 3.5, 3.5, 3.5])
    expect(heldOut).toBe(await score(soup))
    expect(tried).toHaveLength(3)
    expect(fs.readdirSync(at('greedy'))).toEqual(['soup'])
    const { merge, metrics } = readRecord(soup)
    expect(merge).toMatchObject({ method: { name: 'greedy' }, ledger })
    expect(merge!.ingredients.map((i) => i.path)).toEqual(ingredients)
    expect(metrics).toEqual({ heldOut: -1 })
  })

  it('is the mean of what it accepted, without the rounding of half precision adding up', async () => {
    const dirs = Array.from({ length: 5 }, (_, k) => at(`m${k}`))
    for (const [k, d] of dirs.entries()) await tiny(d, [1 + k / 1024, 1, 1, 1], {}, 'F16')
    let rising = 0
    const { dir: soup } = await greedySoup(
      dirs.map((d, k) => ({ dir: d, heldOut: -k })),
      () => Promise.resolve(++rising),
      at('greedy-mean'),
    )
    expect(values(soup)[0]).toBeCloseTo(1 + 2 / 1024, 6)
  })

  it('of one candidate is that candidate; a score that is not a number is refused', async () => {
    const one = await greedySoup([{ dir: at('p'), heldOut: 0.5 }], () => Promise.reject(new Error('not called')), at('greedy-one'))
    expect(one.ledger).toEqual([{ dir: at('p'), heldOut: 0.5, score: 0.5, accepted: true, margin: 0.5 }])
    expect(values(one.dir)).toEqual([1, 2, 3, 4])
    await expect(greedySoup([{ dir: at('p'), heldOut: NaN }], () => Promise.resolve(1), at('g'))).rejects.toThrow(
      'expected a held-out score',
    )
  })
})
