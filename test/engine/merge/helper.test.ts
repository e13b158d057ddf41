import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import type { MergeMethod } from '#shared/model/merge.ts'
import type { Helper } from '../../../src-main/engine/merge/together.ts'
import { uniform } from '../../../src-main/engine/merge/methods/uniform.ts'
import { mergeCheckpoints } from '../../../src-main/engine/merge/merge.ts'
import { writeCheckpoint } from '../../../src-main/engine/weights/checkpoint.ts'
import { openWeights } from '../../../src-main/engine/weights/source.ts'
import { programUrl } from '../../helpers/programs.ts'
import { record, tempDir } from '../weights/helpers.ts'

// Large matrices of a whole number of pieces, each followed by a short vector, as in a ViT-B: 3072 × 768 is nine pieces.
const PIECE = 1 << 18
const shapes = new Map(
  ['a', 'b', 'c', 'd'].flatMap((layer): [string, number[]][] => [
    [`${layer}.weight`, [3, PIECE]],
    [`${layer}.wide`, [PIECE + 5]],
    [`${layer}.x`, [768]],
  ]),
)

const dir = tempDir()
const at = (name: string) => path.join(dir, name)
const values = (k: number, name: string, n: number) =>
  Float32Array.from({ length: n }, (_, i) => Math.fround(((i * 7919 + k * 104729 + name.charCodeAt(0)) % 65521) / 65521 - 0.5))

/** A checkpoint whose numbers follow from `k`; `nan` has places that are not numbers. */
const checkpoint = (d: string, k: number, nan: Record<string, number> = {}) =>
  writeCheckpoint(d, {
    config: {},
    record,
    weights: {
      specs: [...shapes].map(([name, shape]) => ({ name, dtype: 'F32' as const, shape })),
      produce: ({ name, shape }) => {
        const x = values(
          k,
          name,
          shape.reduce((a, b) => a * b),
        )
        if (name in nan) x[nan[name]!] = NaN
        return x
      },
    },
  })

const dirs = [0, 1, 2].map((k) => at(`k${k}`))
let helper: Helper
beforeAll(async () => {
  helper = { program: await programUrl('merge-worker'), fromBytes: 0 }
  for (const [k, d] of dirs.entries()) await checkpoint(d, k)
})

/** So slow that the helper has its share, whatever the machine is busy with. */
const slowly = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25)
const merge = (out: string, method: MergeMethod, more: Partial<Parameters<typeof mergeCheckpoints>[0]> = {}) =>
  mergeCheckpoints({ method, ingredients: dirs, out: at(out), ...more })
const bytes = (out: string) => fs.readFileSync(path.join(at(out), 'model.safetensors'))
/** Nothing but the ingredients and what `kept` names is there, hidden or not. */
const expectNothingLeft = (...kept: string[]) =>
  expect(fs.readdirSync(dir).filter((n) => !/^(k|nan)/.test(n) && !kept.includes(n))).toEqual([])

describe('two threads at one soup', () => {
  it('give the bits of one thread, which are those of the sum in memory', async () => {
    let slices = 0
    await merge('alone', { name: 'uniform' }, { onProgress: () => slices++ })
    const told: number[] = []
    await merge('together', { name: 'uniform' }, { helper, onProgress: (p) => (told.push(p), slowly()) })
    expect(told.length).toBeLessThan(slices) // the rest was the helper's
    expect(told).toEqual([...told].sort((a, b) => a - b))
    expect(told.at(-1)).toBe(1)
    expect(bytes('together').equals(bytes('alone'))).toBe(true)
    const soup = openWeights(at('together'))
    for (const [name, shape] of shapes) {
      const n = shape.reduce((a, b) => a * b)
      const expected = uniform([0, 1, 2].map((k) => values(k, name, n)))
      expect(Buffer.from(soup.float32(name).buffer).equals(Buffer.from(expected.buffer)), name).toBe(true)
    }
    soup.close()
  })

  it('do so for methods that must know a whole tensor, and for masks that depend on the place', async () => {
    for (const method of [
      { name: 'ties', density: 0.3, lambda: 0.8 },
      { name: 'dare', density: 0.4, lambda: 1, seed: 5 },
    ] as MergeMethod[]) {
      await merge('alone', method)
      await merge('together', method, { helper, onProgress: slowly })
      expect(bytes('together').equals(bytes('alone')), method.name).toBe(true)
    }
    for (const d of ['alone', 'together']) fs.rmSync(at(d), { recursive: true })
  })

  it('name the file, tensor and place of a NaN: the first in the order of the file, whoever met it', async () => {
    await checkpoint(at('nan1'), 1, { 'd.x': 700 })
    await checkpoint(at('nan2'), 2, { 'b.weight': 2 * PIECE + 9, 'c.weight': 3 })
    const refused = (ingredients: string[]) =>
      expect(mergeCheckpoints({ method: { name: 'uniform' }, ingredients, out: at('never'), helper, onProgress: slowly })).rejects
    await refused([dirs[0]!, at('nan1')]).toMatchObject({
      fault: 'data',
      message: `${path.join(at('nan1'), 'model.safetensors')}: tensor d.x: expected finite numbers, found NaN at [700]`,
    })
    await refused([at('nan1'), at('nan2')]).toThrow(
      `${path.join(at('nan2'), 'model.safetensors')}: tensor b.weight: expected finite numbers, found NaN at [2, 9]`,
    )
    expectNothingLeft()
  })

  it('stop when the soup is given up, and leave nothing', async () => {
    const stop = new AbortController()
    let calls = 0
    const onProgress = () => {
      slowly()
      // Within the first piece: a fast helper may leave this thread no other.
      if (++calls === 2) stop.abort()
    }
    await expect(merge('stopped', { name: 'uniform' }, { helper, signal: stop.signal, onProgress })).rejects.toMatchObject({
      fault: 'cancelled',
    })
    expect(calls).toBe(2)
    expectNothingLeft()
  })

  it('fail together where the second cannot work, and the soup that was there stays', async () => {
    await merge('soup', { name: 'uniform' })
    const before = bytes('soup')
    const broken = at('k-broken.mjs')
    fs.writeFileSync(broken, 'throw new Error("no second thread here")\n')
    await expect(
      merge(
        'soup',
        { name: 'linear', weights: [1, 0, 0] },
        { helper: { program: pathToFileURL(broken), fromBytes: 0 }, onProgress: slowly },
      ),
    ).rejects.toThrow('no second thread here')
    expect(bytes('soup').equals(before)).toBe(true)
    expectNothingLeft('soup')
  })

  it('are one where the checkpoints are small', async () => {
    const nowhere = pathToFileURL(at('not-there.js'))
    await merge('soup', { name: 'uniform' }, { helper: { program: nowhere } })
    await expect(merge('soup', { name: 'uniform' }, { helper: { program: nowhere, fromBytes: 0 }, onProgress: slowly })).rejects.toThrow(
      'not-there',
    )
  })
})
