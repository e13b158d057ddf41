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
      apply: (w, g, [n], { rate }) => w.forEach((_, i) => ((w[i]! -= g.data[i]! * g.scale * rate!), n![i]!++)),
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
      apply: (w, { data, scale }, [n], { rate }) =>
        data.forEach((g, i) => ((w[i] = 0.5 * w[i]! - g * scale * rate!), (n![i]! += g * scale))),
    }
    const late: Task = { build: (graph) => ({ ...towards.build(graph), parameters: [{ name: 'w', shape: [2], decay: true, opens: 2 }] }) }
    const trainer = await start({ optimizer: counted, clipNorm: 100, ema: 0.5 }, late)
    asked.length = 0
    for (let i = 0; i < 2; i++) expect(await trainer.step(x(6, 20), 0.5)).toMatchObject({ loss: 8, gradNorm: 0 })
    expect(await state(trainer)).toEqual({ 'w:w': [10, 20], 'sum:w': [0, 0], 'ema:w': [10, 20] })
    expect(await trainer.step(x(6, 20), 0.5)).toMatchObject({ loss: 8, gradNorm: 4 })
    expect(await state(trainer)).toMatchObject({ 'w:w': [3, 10], 'sum:w': [4, 0] })
    await trainer.step(x(6, 20), 0.5)
    expect(asked).toEqual([1, 2])
  })

  test('of several parts moves the weights by the mean of their gradients, after the last', async () => {
    const trainer = await start({ accumulate: 2, clipNorm: 100 })
    expect(await trainer.step(x(6, 20), 0.5)).toEqual({ loss: 8, far: 4 })
    expect([trainer.steps, await state(trainer)]).toEqual([0, { 'w:w': [10, 20] }])
    await trainer.step(x(2, 16), 0.5)
    expect([trainer.steps, await state(trainer)]).toEqual([1, { 'w:w': [7, 19] }]) // (4 + 8)/2, (0 + 4)/2
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
  test('are one, which gives the gradients, whether or not parts are added up', async () => {
    const created = vi.spyOn(Session, 'create')
    await start({ clipNorm: 1, ema: 0.5, optimizer: sgd({ momentum: 0.9 }) })
    await start({ accumulate: 2 })
    expect(created.mock.calls.map(([, options]) => options)).toEqual([{ threads: 1 }, { threads: 1 }])
    for (const [graph] of created.mock.calls) expect(graph.outputs.map((o) => o.name)).toEqual(['loss', 'far', "g:w'"])
  })
  test('are let go with it', async () => {
    const released = vi.spyOn(Session.prototype, 'release')
    const trainer = await Trainer.create(towards, () => new Float32Array(2), { optimizer: plain, accumulate: 2, session: { threads: 1 } })
    await trainer.measure(x(1, 1))
    await trainer.release()
    expect(released).toHaveBeenCalledTimes(2)
  })
})

test('on the CPU weights and state are renewed where they lie; those that it was given or that were copied stay as they are', async () => {
  const given = Float32Array.of(10, 20)
  const trainer = await start({ optimizer: sgd({ momentum: 0.5 }) }, towards, () => given)
  const { data } = trainer.weights()['w:w'] as Tensor
  for (let i = 0; i < 3; i++) await trainer.step(x(i, i), 0.1)
  expect([trainer.weights()['w:w']!.data === data, [...given]]).toEqual([true, [10, 20]])
  const saved = await trainer.snapshot()
  trainer.restore(saved, 3)
  const before = [...saved.get('w:w')!]
  await trainer.step(x(1, 1), 0.1)
  expect([...saved.get('w:w')!]).toEqual(before)
  expect([...(data as Float32Array)]).toEqual(before) // a state that is taken up has arrays of its own
})

test('gradients are given back after the update, those that are added up after the last part', async () => {
  const wide: Task = {
    build(graph) {
      const w = graph.input('w:w', 'float32', [1 << 16])
      return { loss: reduceSum(mul(w, graph.input('x', 'float32', [1]))), parameters: [{ name: 'w', shape: [1 << 16], decay: false }] }
    },
  }
  const given: Tensor[] = []
  const { run } = Session.prototype
  vi.spyOn(Session.prototype, 'run').mockImplementation(async function (this: Session, feeds) {
    const out = await run.call(this, feeds)
    given.push(out["g:w'"]!)
    return out
  })
  const trainer = await start({ accumulate: 3 }, wide, () => new Float32Array(1 << 16))
  const lengths = () => given.map((t) => (t.data as Float32Array).length)
  const one = { x: tensor(Float32Array.of(1), 'float32', [1]) }
  await trainer.step(one, 0.5)
  await trainer.step(one, 0.5)
  expect(lengths()).toEqual([1 << 16, 0])
  await trainer.step(one, 0.5)
  expect([lengths(), (await weight(trainer)).slice(0, 2)]).toEqual([
    [0, 0, 0],
    [-0.5, -0.5],
  ])
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
    expect([alive.size, await state(trainer)]).toEqual([1, { 'w:w': [10, 20] }])
    await trainer.step(x(2, 16), 0.5)
    expect([alive.size, await state(trainer)]).toEqual([2, { 'w:w': [7, 19] }])
    await trainer.release()
    expect(alive.size).toBe(0)
  })

  test('its sessions are one, or two where parts are added up, and are told what to keep there', async () => {
    const { created } = device()
    const session = { provider: 'webgpu' }
    await start({ clipNorm: 1, ema: 0.5, optimizer: sgd({ momentum: 0.9 }), session })
    expect(created.mock.calls.map(([, options]) => options)).toEqual([{ ...session, keepOnDevice: ["w:w'", "b:w'", "ema:w'"] }])
    const update = created.mock.calls[0]![0].outputs.find((o) => o.name === "w:w'")!.value.source
    expect(update.kind === 'node' && update.node.scope).toBe('w/update') // nodes of an update are named after its parameter
    created.mockClear()
    await start({ accumulate: 2, session })
    expect(created.mock.calls.map(([, options]) => options)).toEqual([
      { ...session, keepOnDevice: ["w:w'", "g:w'"] },
      { ...session, keepOnDevice: ["g:w'"] },
    ])
  })

  test.each([
    ['AdamW', adamW({ weightDecay: 0.2 })],
    ['SGD', sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.1 })],
    ['SGD without momentum', sgd({ momentum: 0, weightDecay: 0.1 })],
  ])('it takes the steps that are taken in our own memory: %s', async (_, optimizer) => {
    device()
    const late: Task = {
      build: (graph) => ({ ...towards.build(graph), parameters: [{ name: 'w', shape: [2], decay: true, rate: 0.5, opens: 1 }] }),
    }
    const options = { optimizer, accumulate: 2, clipNorm: 3, ema: 0.75, max: { w: 19.5 } }
    const both = [await start(options, late), await start({ ...options, session: { provider: 'webgpu' } }, late)] as const
    for (let i = 0; i < 8; i++) {
      const [ours, its] = await Promise.all(both.map((trainer) => trainer.step(x(i, 2 * i), 0.1)))
      for (const [name, value] of Object.entries(its!)) expect(ours![name], name).toBeCloseTo(value, 4)
    }
    const [ours, its] = await Promise.all(both.map(state))
    for (const [name, values] of Object.entries(its!)) values.forEach((value, i) => expect(ours![name]![i], name).toBeCloseTo(value, 4))
  })
})
