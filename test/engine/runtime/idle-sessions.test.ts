import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type * as Onnxruntime from 'onnxruntime-node'
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { mul } from '../../../src-main/engine/ops/index.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const { InferenceSession } = createRequire(import.meta.url)('onnxruntime-node') as typeof Onnxruntime
let built: MockInstance
beforeEach(() => void (built = vi.spyOn(InferenceSession, 'create')))
afterEach(() => vi.restoreAllMocks())

const twice = (rows: number, factor: number) => {
  const graph = new Graph()
  graph.output('y', mul(graph.input('x', 'float32', [rows]), factor))
  return graph
}
const run = async (session: Session, ...xs: number[]) => {
  const { y } = await session.run({ x: tensor(Float32Array.from(xs), 'float32', [xs.length]) })
  return [...(y!.data as Float32Array)]
}

test('a session that was released serves the next graph that is the same', async () => {
  const first = await Session.create(twice(2, 3), { threads: 1 })
  expect(await run(first, 1, 2)).toEqual([3, 6])
  await first.release()
  const second = await Session.create(twice(2, 3), { threads: 1 })
  expect(await run(second, 4, 5)).toEqual([12, 15])
  expect(built).toHaveBeenCalledTimes(1)
  await expect(first.run({})).rejects.toThrow('released')
  await second.release()
})

test('one that is in use is not shared', async () => {
  const sessions = [await Session.create(twice(2, 5), { threads: 1 }), await Session.create(twice(2, 5), { threads: 1 })]
  expect(built).toHaveBeenCalledTimes(2)
  for (const session of sessions) await session.release()
})

test.each([
  ['another shape', () => twice(3, 7), { threads: 1 }],
  ['another number in it', () => twice(2, 8), { threads: 1 }],
  ['other options', () => twice(2, 7), { threads: 2 }],
] as const)('%s makes another graph', async (_, other, options) => {
  await (await Session.create(twice(2, 7), { threads: 1 })).release()
  built.mockClear()
  const session = await Session.create(other(), options)
  expect(built).toHaveBeenCalledTimes(1)
  await session.release()
})

test.skipIf(process.platform === 'win32')('a file that was replaced is mapped anew', async () => {
  const file = path.join(temporaryFolder(), 'weights.bin')
  const scaled = () => {
    const graph = new Graph()
    const weight = graph.external('scale', 'float32', [2], { file, offset: 0, length: 8 })
    graph.output('y', mul(graph.input('x', 'float32', [2]), weight))
    return Session.create(graph, { threads: 1 })
  }
  const answers: number[][] = []
  for (const scale of [2, 3]) {
    fs.writeFileSync(`${file}.new`, Float32Array.of(scale, scale))
    fs.renameSync(`${file}.new`, file)
    const session = await scaled()
    answers.push(await run(session, 1, 10))
    await session.release()
  }
  expect(answers).toEqual([
    [2, 20],
    [3, 30],
  ])
})

test('few are kept: the longest idle goes first', async () => {
  const gone = vi.spyOn(InferenceSession, 'create').mock
  for (let i = 0; i < 12; i++) await (await Session.create(twice(2, 100 + i), { threads: 1 })).release()
  const before = gone.calls.length
  await (await Session.create(twice(2, 111), { threads: 1 })).release()
  expect(gone.calls.length).toBe(before)
  await (await Session.create(twice(2, 100), { threads: 1 })).release()
  expect(gone.calls.length).toBe(before + 1)
})

test('one that would hold much is not kept', async () => {
  const large = () => {
    const graph = new Graph()
    const size = 60 * 2 ** 20
    graph.output('y', mul(graph.input('x', 'float32', [size]), mul(graph.input('z', 'float32', [size]), 3)))
    return graph
  }
  await (await Session.create(large(), { threads: 1 })).release()
  built.mockClear()
  await (await Session.create(large(), { threads: 1 })).release()
  expect(built).toHaveBeenCalledTimes(1)
})

describe('the store of idle sessions', () => {
  const MB = 2 ** 20
  /** With nothing in it. */
  const store = async () => {
    vi.resetModules()
    return import('../../../src-main/engine/runtime/idle-sessions.ts')
  }
  const named = (name: string) => name as unknown as Onnxruntime.InferenceSession

  test('holds six, and lets the longest idle go', async () => {
    const { keepIdle, takeIdle } = await store()
    for (let i = 0; i < 6; i++) expect(keepIdle(`k${i}`, named(`s${i}`), 1)).toEqual([])
    expect(takeIdle('k0')).toBe('s0')
    expect(takeIdle('k0')).toBeUndefined()
    expect(keepIdle('k0', named('s0'), 1)).toEqual([])
    expect(keepIdle('k6', named('s6'), 1)).toEqual(['s1'])
    expect(['k0', 'k1', 'k2', 'k6'].map(takeIdle)).toEqual(['s0', undefined, 's2', 's6'])
  })
  test('holds 192 MB, of which one may be all; a larger one is not kept and displaces none', async () => {
    const { keepIdle, takeIdle } = await store()
    expect(keepIdle('a', named('a'), 64 * MB)).toEqual([])
    expect(keepIdle('b', named('b'), 128 * MB)).toEqual([])
    expect(keepIdle('large', named('large'), 192 * MB + 1)).toEqual(['large'])
    expect(takeIdle('large')).toBeUndefined()
    expect(keepIdle('c', named('c'), 1)).toEqual(['a'])
    expect(keepIdle('all', named('all'), 192 * MB)).toEqual(['b', 'c'])
    expect(takeIdle('all')).toBe('all')
  })
  test('has sessions of one key beside each other, the older first', async () => {
    const { keepIdle, takeIdle } = await store()
    keepIdle('same', named('first'), 1)
    keepIdle('same', named('second'), 1)
    expect([takeIdle('same'), takeIdle('same'), takeIdle('same')]).toEqual(['first', 'second', undefined])
  })
  test('has keys of models of 64 MB at most, by their bytes, files and options', async () => {
    const { sessionKey } = await store()
    const [plain, other] = [Uint8Array.of(1, 2), Uint8Array.of(1, 3)]
    const key = (model: Uint8Array, options: unknown, graph = twice(2, 3)) => sessionKey(graph, model, options)
    expect(key(plain, ['cpu'])).toBe(key(Uint8Array.of(1, 2), ['cpu'], twice(5, 5))) // the bytes are the graph
    expect(new Set([key(plain, ['cpu']), key(other, ['cpu']), key(plain, ['webgpu']), key(plain, ['cpu', 2])]).size).toBe(4)
    expect(key(new Uint8Array(64 * MB), 0)).toMatch(/^[0-9a-f]{64}$/)
    expect(key(new Uint8Array(64 * MB + 1), 0)).toBeUndefined()
  })
  test.skipIf(process.platform === 'win32')('knows files by what tells a new one from an old one', async () => {
    const { sessionKey } = await store()
    const file = path.join(temporaryFolder(), 'w.bin')
    fs.writeFileSync(file, 'abcdefgh')
    const graph = new Graph()
    graph.output('y', mul(graph.input('x', 'float32', [2]), graph.external('w', 'float32', [2], { file, offset: 0, length: 8 })))
    const key = () => sessionKey(graph, Uint8Array.of(1), 0)
    const first = key()
    expect(key()).toBe(first)
    fs.utimesSync(file, 1, 1)
    const touched = key()
    fs.appendFileSync(file, 'i')
    fs.utimesSync(file, 1, 1)
    expect(new Set([first, touched, key()]).size).toBe(3)
    const platform = vi.spyOn(process, 'platform', 'get').mockReturnValue('win32')
    expect([key(), sessionKey(twice(2, 3), Uint8Array.of(1), 0)]).toEqual([undefined, expect.any(String)])
    platform.mockRestore()
  })
})
