/** A step of training, beside what it comes to on paper: one weight of two numbers, drawn towards the numbers that it is fed. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Graph, type Value } from '../../../src-main/engine/graph/graph.ts'
import { add, mul, reduceSum, square, sub } from '../../../src-main/engine/ops/index.ts'
import { adamW, type Optimizer, sgd } from '../../../src-main/engine/optim/optimizer.ts'
import { Session, type Tensor, tensor } from '../../../src-main/engine/runtime/session.ts'
import { type Task, Trainer, type TrainOptions } from '../../../src-main/engine/runtime/train.ts'

const plain = sgd({ momentum: 0 })
/** Loss ½·Σ(w − x)²: its gradient is w − x. */
const towards: Task = {
  build(graph: Graph) {
    const [w, x] = [graph.input('w:w', 'float32', [2]), graph.input('x', 'float32', [2])]
    return {
      loss: mul(reduceSum(square(sub(w, x))), 0.5),
      metrics: { far: reduceSum(sub(w, x)) },
      parameters: [{ name: 'w', shape: [2], decay: false }],
    }
  },
}
const trainers: Trainer[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const trainer of trainers.splice(0)) await trainer.release()
})
async function start(options: Partial<TrainOptions> = {}, task = towards, initial = (_: string) => Float32Array.of(10, 20)) {
  const trainer = await Trainer.create(task, initial, { optimizer: plain, session: { threads: 1 }, ...options })
  trainers.push(trainer)
  return trainer
}
const x = (...xs: [number, number]) => ({ x: tensor(Float32Array.from(xs), 'float32', [2]) })
const weight = async (trainer: Trainer, ema = false) => [...(await trainer.exportWeights({ ema })).get('w')!]
const state = async (trainer: Trainer) => Object.fromEntries([...(await trainer.snapshot())].map(([name, data]) => [name, [...data]]))

describe('a step', () => {
  test('tells loss and metrics of before, and moves the weights', async () => {
    const trainer = await start()
    expect([trainer.provider, trainer.steps, await weight(trainer)]).toEqual(['cpu', 0, [10, 20]])
    expect(await trainer.step(x(6, 20), 0.5)).toEqual({ loss: 8, far: 4, gradNorm: 4 })
    expect([trainer.steps, await weight(trainer)]).toEqual([1, [8, 20]])
    expect(await trainer.step(x(6, 10), 0.1)).toEqual({ loss: 52, far: 12, gradNorm: Math.fround(Math.sqrt(104)) })
    const [a, b] = await weight(trainer)
    expect([a!.toFixed(4), b!.toFixed(4), trainer.steps]).toEqual(['7.8000', '19.0000', 2])
  })

  test('has the rates of its number, counted from 1', async () => {
    const asked: number[][] = []
    const counted: Optimizer = {
      name: 'counted',
      state: ['count'],
      scalars: (lr, step) => (asked.push([lr, step]), { rate: lr * step }),
      update: (w, g, [n], { rate }) => ({ w: sub(w, mul(g, rate!)), state: [add(n!, 1)] }),
    }
    const trainer = await start({ optimizer: counted })
    asked.length = 0
    await trainer.step(x(9, 20), 0.5)
    await trainer.step(x(8.5, 20), 0.25)
    expect(asked).toEqual([
      [0.5, 1],
      [0.25, 2],
    ])
    expect(await state(trainer)).toEqual({ 'w:w': [9, 20], 'count:w': [2, 2] }) // 10 − 0.5·1, then 9.5 − 0.5·1
    trainer.restore(await trainer.snapshot(), 9)
    asked.length = 0
    await trainer.step(x(9, 20), 1)
    expect([asked, trainer.steps]).toEqual([[[1, 10]], 10])
  })

  test('leaves a weight that has its turn later as it is, with no moments, and counts its steps from there', async () => {
    const asked: number[] = []
    const counted: Optimizer = {
      name: 'counted',
      state: ['sum'],
      scalars: (lr, step) => (asked.push(step), { rate: lr }),
      update: (w, g, [n], { rate }) => ({ w: sub(mul(w, 0.5), mul(g, rate!)), state: [add(n!, g)] }),
    }
    const late: Task = { build: (graph) => ({ ...towards.build(graph), parameters: [{ name: 'w', shape: [2], decay: true, opens: 2 }] }) }
    const trainer = await start({ optimizer: counted, clipNorm: 100, ema: 0.5 }, late)
    asked.length = 0
    for (let i = 0; i < 2; i++) expect(await trainer.step(x(6, 20), 0.5)).toMatchObject({ loss: 8, gradNorm: 0 })
    expect(await state(trainer)).toEqual({ 'w:w': [10, 20], 'sum:w': [0, 0], 'ema:w': [10, 20] })
    expect(await trainer.step(x(6, 20), 0.5)).toMatchObject({ loss: 8, gradNorm: 4 })
    expect(await state(trainer)).toMatchObject({ 'w:w': [3, 10], 'sum:w': [4, 0] })
    await trainer.step(x(6, 20), 0.5)
    expect(asked).toEqual([1, 1, 1, 2])
  })

  test('of several parts moves the weights by the mean of their gradients, after the last', async () => {
    const trainer = await start({ accumulate: 2, clipNorm: 100 })
    expect(await trainer.step(x(6, 20), 0.5)).toEqual({ loss: 8, far: 4 })
    expect([trainer.steps, await state(trainer)]).toEqual([0, { 'w:w': [10, 20], 'g:w': [4, 0] }])
    await trainer.step(x(2, 16), 0.5)
    expect([trainer.steps, await state(trainer)]).toEqual([1, { 'w:w': [7, 19], 'g:w': [0, 0] }]) // (4 + 8)/2, (0 + 4)/2
    await trainer.step(x(7, 19), 1)
    await trainer.step(x(5, 19), 1)
    expect([trainer.steps, await weight(trainer)]).toEqual([2, [6, 19]])
  })

  test('of three parts too, and a state that is taken up begins with none of them', async () => {
    const trainer = await start({ accumulate: 3 })
    const before = await trainer.snapshot()
    await trainer.step(x(0, 0), 1)
    await trainer.step(x(0, 0), 1)
    trainer.restore(before, 4)
    for (const part of [x(7, 20), x(10, 17), x(10, 20)]) await trainer.step(part, 1)
    const [a, b] = await weight(trainer)
    expect([trainer.steps, a!.toFixed(4), b!.toFixed(4)]).toEqual([5, '9.0000', '19.0000'])
  })

  test('is held back where the gradient is too long, by its length, and tells it', async () => {
    const trainer = await start({ clipNorm: 1 })
    expect(await trainer.step(x(7, 16), 1)).toEqual({ loss: 12.5, far: 7, gradNorm: 5 })
    const [a, b] = await weight(trainer)
    expect([a!.toFixed(4), b!.toFixed(4)]).toEqual(['9.4000', '19.2000']) // 3/5 and 4/5
    const free = await start({ clipNorm: 50 })
    expect(await free.step(x(7, 16), 1)).toMatchObject({ gradNorm: 5 })
    expect(await weight(free)).toEqual([7, 16])
  })

  test('ends at an upper bound, of the parameter that has one', async () => {
    const trainer = await start({ max: { w: 15 } })
    await trainer.step(x(12, 30), 1)
    expect(await weight(trainer)).toEqual([12, 15])
    const other = await start({ max: { other: 15 } })
    await other.step(x(12, 30), 1)
    expect(await weight(other)).toEqual([12, 30])
    const zero = await start({ max: { w: 0 } })
    await zero.step(x(-1, 30), 1)
    expect(await weight(zero)).toEqual([-1, 0])
  })

  test('moves an average along, which begins with the weights', async () => {
    const trainer = await start({ ema: 0.75 })
    expect(await weight(trainer, true)).toEqual([10, 20])
    await trainer.step(x(6, 20), 1)
    expect([await weight(trainer), await weight(trainer, true)]).toEqual([
      [6, 20],
      [9, 20],
    ])
    expect([...(await trainer.exportWeights()).get('w')!]).toEqual([6, 20]) // which is given only where it is asked for
    expect(Object.keys(await state(trainer)).sort()).toEqual(['ema:w', 'w:w'])
    expect(await weight(await start(), true)).toEqual([10, 20]) // without one, the weights themselves
  })

  test('takes the bounded weight into the average', async () => {
    const trainer = await start({ ema: 0.5, max: { w: 12 } })
    await trainer.step(x(30, 30), 1)
    expect(await weight(trainer, true)).toEqual([11, 16])
  })
})

describe('a state', () => {
  test('begins with moments of 0, and goes on from where it was, bit for bit', async () => {
    const optimizer = adamW({ weightDecay: 0 })
    const [whole, parts] = [await start({ optimizer }), await start({ optimizer })]
    expect(await state(whole)).toEqual({ 'w:w': [10, 20], 'm:w': [0, 0], 'v:w': [0, 0] })
    for (let i = 0; i < 4; i++) await whole.step(x(i, 2 * i), 0.1)
    for (let i = 0; i < 2; i++) await parts.step(x(i, 2 * i), 0.1)
    const saved = await parts.snapshot()
    for (let i = 2; i < 4; i++) await parts.step(x(9, 9), 0.5) // is forgotten
    const resumed = await start({ optimizer }, towards, () => Float32Array.of(0, 0))
    resumed.restore(saved, 2)
    for (let i = 2; i < 4; i++) await resumed.step(x(i, 2 * i), 0.1)
    expect(await state(resumed)).toEqual(await state(whole))
  })

  test('is a copy: later steps do not change it, nor does who holds it change the weights', async () => {
    const trainer = await start()
    const saved = await trainer.snapshot()
    await trainer.step(x(0, 0), 1)
    await trainer.step(x(1, 1), 1)
    expect([...saved.get('w:w')!]).toEqual([10, 20])
    trainer.restore(saved, 0)
    saved.get('w:w')!.fill(99)
    expect(await weight(trainer)).toEqual([10, 20])
    ;(await trainer.exportWeights()).get('w')!.fill(99)
    expect(await weight(trainer)).toEqual([10, 20])
  })

  test('is what a session evaluates between two steps', async () => {
    const trainer = await start()
    await trainer.step(x(6, 20), 1)
    const graph = new Graph()
    graph.output('y', mul(graph.input('w:w', 'float32', [2]), 2))
    const session = await Session.create(graph, { threads: 1 })
    expect([...((await session.run(trainer.weights()))['y']!.data as Float32Array)]).toEqual([12, 40])
    await session.release()
  })
})

describe('tensors without a gradient', () => {
  /** Counts its steps, and the sum of what it saw. */
  const counting: Task = {
    build(graph) {
      const seen = graph.input('buffer:bn.seen', 'float32', [2])
      const built = towards.build(graph)
      const input = graph.inputs.find((v) => v.name === 'x') as Value
      return { ...built, buffers: [{ name: 'bn.seen', shape: [2], next: add(seen, input) }] }
    },
  }
  test('are renewed by every part, saved, exported and fed', async () => {
    const trainer = await start({ accumulate: 2, ema: 0.5 }, counting, (name) =>
      name === 'bn.seen' ? Float32Array.of(1, 2) : Float32Array.of(10, 20),
    )
    await trainer.step(x(6, 20), 0.5)
    await trainer.step(x(2, 20), 0.5)
    expect((await state(trainer))['buffer:bn.seen']).toEqual([9, 42])
    for (const ema of [false, true]) expect([...(await trainer.exportWeights({ ema })).get('bn.seen')!]).toEqual([9, 42])
    expect(Object.keys(trainer.weights())).toEqual(['w:w', 'buffer:bn.seen'])
    const saved = await trainer.snapshot()
    await trainer.step(x(1, 1), 0.5)
    trainer.restore(saved, 1)
    expect((await state(trainer))['buffer:bn.seen']).toEqual([9, 42])
  })
})

describe('its sessions', () => {
  test('are one, or two where parts are added up, and are told what to keep on the device', async () => {
    const created = vi.spyOn(Session, 'create')
    await start({ clipNorm: 1, ema: 0.5, optimizer: sgd({ momentum: 0.9 }) })
    expect(created.mock.calls.map(([, options]) => options)).toEqual([{ threads: 1, keepOnDevice: ["w:w'", "b:w'", "ema:w'"] }])
    created.mockClear()
    await start({ accumulate: 2 })
    expect(created.mock.calls.map(([, options]) => options)).toEqual([
      { threads: 1, keepOnDevice: ["w:w'", "g:w'"] },
      { threads: 1, keepOnDevice: ["g:w'"] },
    ])
  })
  test('are let go with it', async () => {
    const released = vi.spyOn(Session.prototype, 'release')
    const trainer = await Trainer.create(towards, () => new Float32Array(2), { optimizer: plain, accumulate: 2, session: { threads: 1 } })
    await trainer.release()
    expect(released).toHaveBeenCalledTimes(2)
  })
  test('name the nodes of an update after its parameter', async () => {
    const created = vi.spyOn(Session, 'create')
    await start()
    const [graph] = created.mock.calls[0]!
    const update = graph.outputs.find((o) => o.name === "w:w'")!.value.source
    expect(update.kind === 'node' && update.node.scope).toBe('w/update')
  })
})

test('on the CPU a step writes into the arrays of the step before, never into those that it reads', async () => {
  const calls: { read: Tensor; written: Tensor; names: string[] }[] = []
  const { run } = Session.prototype
  vi.spyOn(Session.prototype, 'run').mockImplementation(function (this: Session, feeds, into = {}) {
    calls.push({ read: feeds['w:w']!, written: into["w:w'"]!, names: Object.keys(into).sort() })
    return run.call(this, feeds, into)
  })
  const trainer = await start({ optimizer: sgd({ momentum: 0.5 }) })
  for (let i = 0; i < 3; i++) await trainer.step(x(i, i), 0.1)
  expect(calls.map((c) => c.names)).toEqual(Array(3).fill(["b:w'", "w:w'"]))
  expect(calls.map((c) => c.written === c.read)).toEqual([false, false, false])
  expect([calls[1]!.written === calls[0]!.read, calls[2]!.written === calls[1]!.read]).toEqual([true, true])
  trainer.restore(await trainer.snapshot(), 3)
  await trainer.step(x(1, 1), 0.1)
  expect(calls[3]!.written).not.toBe(calls[2]!.read) // a state that is taken up has arrays of its own
})

describe('on a device that keeps tensors', () => {
  /** Sessions of the CPU whose kept outputs cannot be looked into, as on a device; `alive` are those not let go. */
  function device() {
    const alive = new Set<object>()
    const behind = new Map<object, Tensor>()
    const real = Session.create.bind(Session)
    const kept = (t: Tensor) => {
      const own = { location: 'gpu-buffer', dims: t.dims, size: t.size, dispose: () => expect(alive.delete(own)).toBe(true) }
      alive.add(own)
      behind.set(own, tensor(Float32Array.from(t.data as Float32Array), 'float32', t.dims))
      return own as unknown as Tensor
    }
    const seen = (feeds: Record<string, Tensor>) =>
      Object.fromEntries(
        Object.entries(feeds).map(([name, t]) => (expect(behind.has(t) && !alive.has(t)).toBe(false), [name, behind.get(t) ?? t])),
      )
    const created = vi.spyOn(Session, 'create').mockImplementation(async (graph, options = {}) => {
      const session = await real(graph, { ...options, provider: 'cpu' })
      return {
        ...{ provider: options.provider, release: () => session.release() },
        async run(feeds: Record<string, Tensor>, into?: unknown) {
          expect(into).toBeUndefined()
          const out = await session.run(seen(feeds))
          return Object.fromEntries(Object.entries(out).map(([name, t]) => [name, options.keepOnDevice?.includes(name) ? kept(t) : t]))
        },
        runFor: (name: string, feeds: Record<string, Tensor>) => session.runFor(name, seen(feeds)),
      } as unknown as Session
    })
    return { alive, created }
  }

  test('weights and state stay there; what is read goes through a session of its own, made once', async () => {
    const { alive, created } = device()
    const options = { optimizer: sgd({ momentum: 0.5 }), session: { threads: 1, provider: 'webgpu' } }
    const trainer = await Trainer.create(towards, () => Float32Array.of(10, 20), options)
    expect([trainer.provider, alive.size, await weight(trainer), created.mock.calls.length]).toEqual(['webgpu', 0, [10, 20], 1])
    for (let i = 0; i < 3; i++) {
      await trainer.step(x(6, 20), 0.5)
      expect(alive.size).toBe(2) // those of the step before were let go
    }
    expect(await state(trainer)).toEqual({ 'w:w': [5, 20], 'b:w': [2, 0] })
    expect((await weight(trainer))[0]).toBe(5)
    expect(created.mock.calls.slice(1).map(([, o]) => o)).toEqual([{ provider: 'webgpu' }])
    trainer.restore(
      new Map([
        ['w:w', Float32Array.of(1, 2)],
        ['b:w', new Float32Array(2)],
      ]),
      5,
    )
    expect([alive.size, await weight(trainer), trainer.steps]).toEqual([0, [1, 2], 5])
    await trainer.step(x(0, 0), 1)
    await trainer.release()
    expect(alive.size).toBe(0)
  })

  test('of several parts the sums stay there too', async () => {
    const { alive } = device()
    const trainer = await Trainer.create(towards, () => Float32Array.of(10, 20), {
      optimizer: plain,
      accumulate: 2,
      session: { provider: 'webgpu' },
    })
    await trainer.step(x(6, 20), 0.5)
    expect([alive.size, await state(trainer)]).toEqual([1, { 'w:w': [10, 20], 'g:w': [4, 0] }])
    await trainer.step(x(2, 16), 0.5)
    expect([alive.size, await state(trainer)]).toEqual([2, { 'w:w': [7, 19], 'g:w': [0, 0] }])
    await trainer.release()
    expect(alive.size).toBe(0)
  })
})
