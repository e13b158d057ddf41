/** What onnxruntime is asked for, and what a session takes and gives. */
import fs from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import type * as Onnxruntime from 'onnxruntime-node'
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest'
import { ANY } from '../../../src-main/engine/graph/any-batch.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { add, cast, mul } from '../../../src-main/engine/ops/index.ts'
import { bundledProviders, guardRuns, keepsTensors, scalarOf, Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const onnxruntime = createRequire(import.meta.url)('onnxruntime-node') as typeof Onnxruntime
let built: MockInstance<(model: Uint8Array, options: Record<string, unknown>) => Promise<Onnxruntime.InferenceSession>>
beforeEach(() => {
  built = vi.spyOn(onnxruntime.InferenceSession, 'create') as never
  vi.stubEnv('DASHI_SPIN', undefined) // as the program is started; vitest.kinds.ts sets it for all tests
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

let numbers = 0
/** y = x + a number of its own, so that no session of another test serves it. */
function graphOf(shape: readonly number[] = [2]) {
  const graph = new Graph()
  const own = 1000 + numbers++
  graph.output('y', add(graph.input('x', 'float32', shape), own))
  return { graph, own }
}
const values = (t: { data: unknown } | undefined) => [...(t!.data as Float32Array)]
const x = (...xs: number[]) => ({ x: tensor(Float32Array.from(xs), 'float32', [xs.length]) })
const asked = () => built.mock.calls.at(-1)![1]
/** In place of a session of a device that is not there. */
const absent = () => ({ inputNames: ['x'], outputNames: ['y'], run: vi.fn(), release: vi.fn(async () => undefined), endProfiling: vi.fn() })

describe('a session is made', () => {
  const usual = {
    graphOptimizationLevel: 'all',
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    extra: { session: { 'intra_op.allow_spinning': '1' } },
  }
  test('for the CPU with all of its threads, and an arena', async () => {
    const session = await Session.create(graphOf().graph)
    expect(asked()).toEqual({ ...usual, executionProviders: ['cpu'], intraOpNumThreads: availableParallelism() })
    expect(session.provider).toBe('cpu')
    await session.release()
  })
  test('with fewer threads, without spinning, without an arena where that is wished', async () => {
    vi.stubEnv('DASHI_SPIN', '0')
    vi.stubEnv('DASHI_ARENA', 'off')
    const session = await Session.create(graphOf().graph, { threads: 3, keepOnDevice: ['y'] })
    expect(asked()).toEqual({
      ...{ ...usual, extra: { session: { 'intra_op.allow_spinning': '0' } } },
      ...{ executionProviders: ['cpu'], intraOpNumThreads: 3, enableCpuMemArena: false, enableMemPattern: false },
    })
    await session.release()
  })
  test('for another device with the CPU behind it, outputs staying there only where the device can', async () => {
    for (const [provider, keepOnDevice, kept] of [
      ['webgpu', ['y', 'z'], { y: 'gpu-buffer', z: 'gpu-buffer' }],
      ['webgpu', [], undefined],
      ['webgpu', undefined, undefined],
      ['cuda', ['y'], undefined],
    ] as const) {
      built.mockResolvedValueOnce(absent() as never)
      await Session.create(graphOf().graph, { provider, keepOnDevice })
      expect(asked()).toMatchObject({ executionProviders: [provider, 'cpu'] })
      expect(asked()['preferredOutputLocation']).toEqual(kept)
    }
    expect([keepsTensors('webgpu'), keepsTensors('cuda'), keepsTensors('cpu')]).toEqual([true, false, false])
    expect(() => keepsTensors('tpu')).toThrow('unknown device "tpu"')
  })
  test('to be profiled, which is for one use', async () => {
    const file = path.join(temporaryFolder(), 'profile')
    const { graph } = graphOf()
    for (let i = 0; i < 2; i++) {
      const session = await Session.create(graph, { profile: file, threads: 1 })
      expect(asked()).toMatchObject({ enableProfiling: true, profileFilePrefix: file })
      await session.run(x(1, 2))
      session.endProfiling()
      await session.release()
    }
    expect(built).toHaveBeenCalledTimes(2)
    expect(fs.readdirSync(path.dirname(file)).length).toBeGreaterThan(0)
  })
  test('for weights in a file, with the real folder of it', async () => {
    const folder = fs.realpathSync(temporaryFolder())
    const file = path.join(folder, 'w.bin')
    fs.writeFileSync(file, Float32Array.of(2, 3))
    const graph = new Graph()
    graph.output('y', mul(graph.input('x', 'float32', [2]), graph.external('w', 'float32', [2], { file, offset: 0, length: 8 })))
    const session = await Session.create(graph, { threads: 1 })
    expect(asked()['extra']).toEqual({
      session: { 'intra_op.allow_spinning': '1', model_external_initializers_file_folder_path: folder },
    })
    expect(values((await session.run(x(1, 1)))['y'])).toEqual([2, 3])
    await session.release()
  })
})

describe('a session', () => {
  test('has the types of the inputs that its graph uses, and of its outputs', async () => {
    const graph = new Graph()
    const [a, b] = [graph.input('a', 'float32', [2]), graph.input('b', 'int32', [2])]
    graph.input('unused', 'float32', [2])
    graph.output('sum', add(a, cast(b, 'float32')))
    const session = await Session.create(graph, { threads: 1 })
    expect([...session.inputs]).toEqual([
      ['a', { dtype: 'float32', shape: [2] }],
      ['b', { dtype: 'int32', shape: [2] }],
    ])
    expect([...session.outputs]).toEqual([['sum', { dtype: 'float32', shape: [2] }]])
    await session.release()
  })
  test('takes feeds of as many numbers as its inputs, in any shape, of any batch where it is for any', async () => {
    const { graph, own } = graphOf([2, 3])
    const session = await Session.create(graph, { threads: 1 })
    const feed = (...dims: number[]) => ({ x: tensor(new Float32Array(dims.reduce((p, q) => p * q, 1)), 'float32', dims) })
    expect(values((await session.run(feed(2, 3)))['y'])).toEqual(Array(6).fill(own))
    await expect(session.run(feed(2, 2))).rejects.toThrow('session input x: [2,2] given, [2,3] expected')
    await expect(session.run({})).rejects.toThrow('session input x is missing')
    await expect(session.runFor('y', feed(7))).rejects.toThrow('[7] given')
    await session.release()
    const any = await Session.create(graphOf([ANY, 3]).graph, { threads: 1 })
    for (const rows of [1, 4]) expect((await any.run(feed(rows, 3)))['y']!.dims).toEqual([rows, 3])
    await expect(any.run(feed(3, 2))).rejects.toThrow('[3,2] given')
    await any.release()
  })
  test('writes outputs into arrays that are given, and makes the others', async () => {
    const graph = new Graph()
    const input = graph.input('x', 'float32', [2])
    graph.output('twice', mul(input, 2))
    graph.output('thrice', mul(input, 3))
    const session = await Session.create(graph, { threads: 1 })
    const twice = tensor(new Float32Array(2), 'float32', [2])
    const out = await session.run(x(1, 5), { twice, other: twice })
    expect([values(twice), values(out['twice']), values(out['thrice']), Object.keys(out).length]).toEqual([[2, 10], [2, 10], [3, 15], 2])
    expect(values(await session.runFor('thrice', x(2, 2)))).toEqual([6, 6])
    await session.release()
  })
  test('with weights that are fed as they are stored is not shared, though its model is the same', async () => {
    const scaled = (half: number) => {
      const graph = new Graph()
      const weight = graph.stored('weight', Uint16Array.of(half, half), 'float16', [2])
      graph.output('y', mul(graph.input('x', 'float32', [2]), cast(weight, 'float32')))
      return Session.create(graph, { threads: 1 })
    }
    const answers: number[][] = []
    for (const half of [0x3c00, 0x4000]) {
      const session = await scaled(half)
      answers.push(values((await session.run(x(1, 2)))['y']))
      await session.release()
    }
    expect([answers, built.mock.calls.length]).toEqual([
      [
        [1, 2],
        [2, 4],
      ],
      2,
    ])
  })
  test('is let go where it is not kept, once', async () => {
    const session = absent()
    built.mockResolvedValueOnce(session as never)
    const own = await Session.create(graphOf().graph, { profile: 'p' })
    await own.release()
    await own.release()
    expect(session.release).toHaveBeenCalledTimes(1)
    await expect(own.run(x(1, 2))).rejects.toThrow('the session was released')
  })
  test.each([
    ['threads', { threads: 2 }],
    ['a device', { provider: 'webgpu' }],
    ['outputs that stay', { keepOnDevice: ['y'] }],
  ])('is not shared with one of other options: %s', async (_, other) => {
    const { graph } = graphOf()
    for (const options of [{ threads: 1 }, other, { threads: 1 }]) {
      const session = absent()
      built.mockResolvedValueOnce(session as never)
      await (await Session.create(graph, options)).release()
      expect(session.release).not.toHaveBeenCalled()
    }
    expect(built).toHaveBeenCalledTimes(2) // the third is the first again
  })
})

describe('a thread that shares how many runs are in progress', () => {
  afterEach(() => guardRuns(undefined as never))

  test('counts each while it lasts, also one that fails', async () => {
    const flag = new Int32Array(1)
    guardRuns(flag)
    const session = absent()
    const seen: number[] = []
    const look = async () => void seen.push(flag[0]!)
    built.mockImplementationOnce(async () => (await look(), session) as never)
    session.run.mockImplementation(async () => (await look(), { y: tensor(new Float32Array(2), 'float32', [2]) }))
    session.release.mockImplementation(async () => void (await look()))
    const own = await Session.create(graphOf().graph, { profile: 'p' })
    await own.run(x(1, 2))
    await own.run(x(1, 2), {})
    await own.runFor('y', x(1, 2))
    session.run.mockRejectedValueOnce(new Error('no'))
    await expect(own.run(x(1, 2))).rejects.toThrow('no')
    await own.release()
    expect([seen, flag[0]]).toEqual([[1, 1, 1, 1, 1], 0])
    flag[0] = 5
    await expect(Promise.all([own.run(x(1, 2))])).rejects.toThrow('released')
    expect(flag[0]).toBe(5)
  })

  test('begins none once it is being ended', async () => {
    const flag = new Int32Array(1)
    const { graph } = graphOf()
    guardRuns(flag)
    const session = await Session.create(graph, { threads: 1 })
    flag[0] = -1
    await expect(session.run(x(1, 2))).rejects.toThrow('the thread is being terminated')
    await expect(Session.create(graphOf().graph)).rejects.toThrow('the thread is being terminated')
    expect(flag[0]).toBe(-1)
    flag[0] = 0
    await session.release()
  })
})

test('a tensor is a view of its numbers; a scalar is its first', () => {
  const data = Float32Array.of(7, 8)
  const own = tensor(data, 'float32', [1, 2])
  expect([own.type, own.dims, own.data === data, scalarOf(own)]).toEqual(['float32', [1, 2], true, 7])
  expect(scalarOf(tensor(BigInt64Array.of(5n), 'int64', []))).toBe(5)
})

test('devices are those that this build of onnxruntime brings along', () => {
  vi.spyOn(onnxruntime, 'listSupportedBackends').mockReturnValue([
    { name: 'cpu', bundled: true },
    { name: 'coreml', bundled: true },
    { name: 'dml', bundled: false },
  ])
  expect(bundledProviders().filter((p) => p !== 'cuda')).toEqual(['coreml', 'cpu'])
})
