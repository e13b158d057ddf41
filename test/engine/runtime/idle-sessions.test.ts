import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type * as Onnxruntime from 'onnxruntime-node'
import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest'
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
