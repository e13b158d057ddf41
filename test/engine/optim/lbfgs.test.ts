/** Minimising by L-BFGS, and how the learning rate goes with the steps. */
import { describe, expect, test } from 'vitest'
import { lbfgs, type LbfgsOptions, type Objective } from '../../../src-main/engine/optim/lbfgs.ts'
import { adamW, sgd } from '../../../src-main/engine/optim/optimizer.ts'
import { constant, warmupCosine } from '../../../src-main/engine/optim/schedule.ts'

const OPTIONS: LbfgsOptions = { iterations: 100, tolerance: 1e-9 }
/** The points at which an objective was asked, with what came of it. */
async function follow(f: (x: Float64Array) => { value: number; gradient: number[] }, start: number[], options: Partial<LbfgsOptions> = {}) {
  const asked: number[][] = []
  const objective: Objective = (x) => {
    asked.push([...x])
    const { value, gradient } = f(x)
    return Promise.resolve({ value, gradient: Float64Array.from(gradient) })
  }
  const found = await lbfgs(objective, Float64Array.from(start), { ...OPTIONS, ...options })
  return { ...found, x: [...found.x], gradient: [...found.gradient], asked }
}
const rosenbrock = ([x, y]: Float64Array) => ({
  value: (1 - x!) ** 2 + 100 * (y! - x! * x!) ** 2,
  gradient: [-2 * (1 - x!) - 400 * x! * (y! - x! * x!), 200 * (y! - x! * x!)],
})
/** Σ kᵢ·(xᵢ − i)². */
const bowl = (curvatures: number[]) => (x: Float64Array) => ({
  value: curvatures.reduce((sum, k, i) => sum + k * (x[i]! - i) ** 2, 0),
  gradient: curvatures.map((k, i) => 2 * k * (x[i]! - i)),
})

describe('L-BFGS', () => {
  test('finds the bottom of a bent valley, in few steps', async () => {
    const { x, value, gradient, iterations, asked } = await follow(rosenbrock, [-1.2, 1])
    x.forEach((v) => expect(v).toBeCloseTo(1, 8))
    expect(value).toBeLessThan(1e-16)
    expect(Math.max(...gradient.map(Math.abs))).toBeLessThanOrEqual(1e-9)
    expect(iterations).toBeLessThan(45)
    expect(asked.length).toBeLessThan(60)
  })
  test('the bottom of a bowl of unequal sides, faster the more it remembers', async () => {
    const sides = Array.from({ length: 8 }, (_, i) => 2 ** i)
    const steps = async (memory: number) => {
      const { x, iterations } = await follow(bowl(sides), Array<number>(8).fill(9), { memory, iterations: 400 })
      x.forEach((v, i) => expect(v).toBeCloseTo(i, 5))
      return iterations
    }
    const [little, much] = [await steps(1), await steps(8)]
    expect(much).toBeLessThan(little)
    expect(much).toBeLessThan(80)
    expect(await steps(10)).toBe((await follow(bowl(sides), Array<number>(8).fill(9), { iterations: 400 })).iterations) // the default
  })
  test('goes down the slope first: by its whole length, or by 1 where it is steep', async () => {
    const flat = await follow(bowl([0.01]), [5])
    expect(flat.asked[1]![0]).toBeCloseTo(5 - 0.1, 12)
    const steep = await follow(bowl([50]), [5])
    expect(steep.asked[1]![0]).toBeCloseTo(4, 12)
  })
  test('doubles a step that is too short, and halves the way back from one that is too long', async () => {
    const { asked } = await follow(bowl([0.01]), [5], { iterations: 1 })
    const steps = asked.slice(1).map(([x]) => Math.round((5 - x!) * 1e6) / 1e6)
    expect(steps).toEqual([0.1, 0.2, 0.4, 0.8]) // the slope has fallen below nine tenths
    // A wall close behind the start: 1 is too far, and so are a half and a quarter.
    const wall = await follow(([x]) => ({ value: x! < -0.2 ? 1e3 : x!, gradient: [1] }), [0], { iterations: 1 })
    expect(wall.asked.slice(1, 5).map(([x]) => x)).toEqual([-1, -0.5, -0.25, -0.125])
  })
  test('stops at the tolerance, after as many steps as it may take, and at once where it stands at the bottom', async () => {
    const loose = await follow(rosenbrock, [-1.2, 1], { tolerance: 0.1 })
    expect(Math.max(...loose.gradient.map(Math.abs))).toBeLessThanOrEqual(0.1)
    expect(loose.iterations).toBeLessThan((await follow(rosenbrock, [-1.2, 1])).iterations)
    expect((await follow(rosenbrock, [-1.2, 1], { iterations: 3 })).iterations).toBe(3)
    const none = await follow(rosenbrock, [-1.2, 1], { iterations: 0 })
    expect([none.iterations, none.x, none.asked.length]).toEqual([0, [-1.2, 1], 1])
    const there = await follow(bowl([1, 1]), [0, 1])
    expect([there.iterations, there.asked.length, there.value]).toEqual([0, 1, 0])
    expect((await follow(bowl([1]), [0.5], { tolerance: 1 })).iterations).toBe(0) // a gradient of exactly the tolerance
  })
  test('never goes up: gives back where it stood if no step is lower', async () => {
    const uphill = await follow(([x]) => ({ value: Math.abs(x!), gradient: [1] }), [0])
    expect([uphill.x, uphill.value, uphill.iterations]).toEqual([[0], 0, 0])
    expect(uphill.asked).toHaveLength(26) // 25 tries
    const lost = await follow(() => ({ value: NaN, gradient: [NaN] }), [1])
    expect([lost.x, lost.iterations]).toEqual([[1], 0])
  })
  test('takes the farthest of 25 doublings where the slope never ends', async () => {
    const { x, value, iterations } = await follow(([v]) => ({ value: -v!, gradient: [-1] }), [0], { iterations: 1 })
    expect([x, value, iterations]).toEqual([[2 ** 24], -(2 ** 24), 1])
  })
  test('keeps its start as it was given', async () => {
    const start = Float64Array.of(-1.2, 1)
    await lbfgs((x) => Promise.resolve({ ...rosenbrock(x), gradient: Float64Array.from(rosenbrock(x).gradient) }), start, OPTIONS)
    expect([...start]).toEqual([-1.2, 1])
  })
})

describe('the learning rate', () => {
  test('rises to its height in the steps of the warm-up, then falls as half a cosine to nothing', () => {
    const at = warmupCosine({ lr: 2, warmup: 4, total: 12 })
    expect([0, 1, 3, 4].map(at)).toEqual([0.5, 1, 2, 2])
    expect(at(8)).toBeCloseTo(1, 12)
    expect(at(6)).toBeCloseTo(1 + Math.SQRT1_2, 12)
    expect(at(12)).toBeCloseTo(0, 12)
    for (let step = 4; step < 12; step++) expect(at(step + 1)).toBeLessThan(at(step))
  })
  test('without a warm-up begins at its height; with nothing but one it stays finite', () => {
    expect(warmupCosine({ lr: 3, warmup: 0, total: 10 })(0)).toBe(3)
    const only = warmupCosine({ lr: 3, warmup: 5, total: 5 })
    expect([only(4), only(5)]).toEqual([3, 3])
    expect(warmupCosine({ lr: 3, warmup: 5, total: 2 })(5)).toBe(3)
  })
  test('may be constant', () => expect([0, 99].map(constant(0.1))).toEqual([0.1, 0.1]))
})

describe('what an optimiser keeps and is fed', () => {
  test('AdamW: two moments, and three scalars with the corrections of the first steps', () => {
    expect([adamW().name, adamW().state]).toEqual(['adamw', ['m', 'v']])
    const { rate, eps, keep } = adamW({ beta1: 0.9, beta2: 0.99, eps: 1e-4, weightDecay: 0.1 }).scalars(0.5, 2)
    expect(rate).toBeCloseTo((0.5 * Math.sqrt(1 - 0.99 ** 2)) / (1 - 0.9 ** 2), 12)
    expect(eps).toBeCloseTo(1e-4 * Math.sqrt(1 - 0.99 ** 2), 12)
    expect(keep).toBeCloseTo(0.95, 12)
    const first = adamW().scalars(1, 1) // PyTorch's defaults: 0.9, 0.999, 1e-8, 0.01
    expect(first['rate']).toBeCloseTo(Math.sqrt(0.001) / 0.1, 9)
    expect([first['eps'], first['keep']]).toEqual([expect.closeTo(1e-8 * Math.sqrt(0.001), 15), 0.99])
  })
  test('SGD: a buffer where there is momentum, and the rate', () => {
    expect([sgd().name, sgd().state, sgd({ momentum: 0 }).state, sgd().scalars(0.3, 5)]).toEqual(['sgd', ['b'], [], { rate: 0.3 }])
  })
})
