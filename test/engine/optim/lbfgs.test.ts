/** Minima that are known on paper, and how many looks they take. */
import { describe, expect, test } from 'vitest'
import { lbfgs, type Objective } from '../../../src-main/engine/optim/lbfgs.ts'
import { constant, warmupCosine } from '../../../src-main/engine/optim/schedule.ts'

/** Counts how often it is asked. */
function counted(of: (x: Float64Array) => { value: number; gradient: number[] }) {
  const asked: number[][] = []
  const f: Objective = async (x) => {
    asked.push([...x])
    const { value, gradient } = of(x)
    return { value, gradient: Float64Array.from(gradient) }
  }
  return { f, asked }
}
/** ½·Σ kᵢ·(xᵢ − tᵢ)². */
const bowl = (k: number[], to: number[]) =>
  counted((x) => ({
    value: k.reduce((sum, c, i) => sum + (c * (x[i]! - to[i]!) ** 2) / 2, 0),
    gradient: k.map((c, i) => c * (x[i]! - to[i]!)),
  }))
const rosenbrock = () =>
  counted(([x = 0, y = 0]) => ({
    value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    gradient: [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
  }))
const often = { iterations: 200, tolerance: 1e-9 }

describe('L-BFGS', () => {
  test('begins with a step of length 1 down the gradient, or less where that is shorter', async () => {
    const far = bowl([1, 1], [30, 40])
    await lbfgs(far.f, new Float64Array(2), { iterations: 1, tolerance: 0 })
    expect([far.asked[0], far.asked[1]!.map((v) => v.toFixed(6))]).toEqual([
      [0, 0],
      ['0.600000', '0.800000'],
    ])
    const near = bowl([1, 1], [0.3, 0.4])
    const { x, iterations } = await lbfgs(near.f, new Float64Array(2), often)
    expect([near.asked, [...x], iterations]).toEqual([
      [
        [0, 0],
        [0.3, 0.4],
      ],
      [0.3, 0.4],
      1,
    ])
  })

  test('knows a bowl after its first step: the second has its curvature', async () => {
    const { f, asked } = bowl([4, 4], [1, 1])
    const { x, value, gradient, iterations } = await lbfgs(f, Float64Array.of(1.1, 0.9), often)
    expect([Math.abs(x[0]! - 1) < 1e-9, value < 1e-16, Math.max(...gradient.map(Math.abs)) <= 1e-9]).toEqual([true, true, true])
    expect(iterations).toBeLessThanOrEqual(3)
    expect(asked.length).toBeLessThan(8)
  })

  test('finds the minimum of a long valley in the number of steps that the literature knows', async () => {
    const { f, asked } = rosenbrock()
    const { x, iterations, gradient } = await lbfgs(f, Float64Array.of(-1.2, 1), often)
    expect([...x].map((v) => v.toFixed(8))).toEqual(['1.00000000', '1.00000000'])
    expect(Math.max(...gradient.map(Math.abs))).toBeLessThanOrEqual(1e-9)
    expect(iterations).toBeLessThan(50)
    expect(asked.length).toBeLessThan(80)
  })

  test('of many dimensions whose widths differ by thousands', async () => {
    const k = Array.from({ length: 12 }, (_, i) => 10 ** (i / 3))
    const to = k.map((_, i) => Math.sin(i))
    const { f } = bowl(k, to)
    const full = await lbfgs(f, new Float64Array(12), { ...often, tolerance: 1e-6, memory: 20 })
    full.x.forEach((v, i) => expect(v).toBeCloseTo(to[i]!, 5))
    const little = await lbfgs(bowl(k, to).f, new Float64Array(12), { ...often, tolerance: 1e-6, memory: 1 })
    expect(full.iterations).toBeLessThan(little.iterations) // what it remembers helps
    const none = await lbfgs(bowl(k, to).f, new Float64Array(12), { iterations: 200, tolerance: 1e-6, memory: 0 })
    expect(full.iterations).toBeLessThan(none.iterations)
  })

  test('never goes up, and ends after the steps it was given', async () => {
    const { f, asked } = rosenbrock()
    let before = Infinity
    for (const iterations of [0, 1, 2, 5, 9]) {
      const found = await lbfgs(rosenbrock().f, Float64Array.of(-1.2, 1), { iterations, tolerance: 0 })
      expect([found.iterations, found.value < before]).toEqual([iterations, true])
      before = found.value
    }
    const { x } = await lbfgs(f, Float64Array.of(-1.2, 1), { iterations: 0, tolerance: 0 })
    expect([[...x], asked]).toEqual([[-1.2, 1], [[-1.2, 1]]])
  })

  test('ends at once where it begins within the tolerance, and not a little outside of it', async () => {
    const slope = async (g: number) => (await lbfgs(bowl([1], [0]).f, Float64Array.of(g), { iterations: 9, tolerance: 0.5 })).iterations
    expect([await slope(0.5), await slope(-0.5), await slope(0.51), await slope(-0.51)]).toEqual([0, 0, 1, 1])
  })

  test('keeps what it has where no lower value is found', async () => {
    // The gradient lies: every step goes up.
    const { f, asked } = counted(([x = 0]) => ({ value: x - 2, gradient: [-1] }))
    const { x, iterations } = await lbfgs(f, Float64Array.of(2), often)
    expect([[...x], iterations, asked.length]).toEqual([[2], 0, 26])
    const nan = await lbfgs(counted(() => ({ value: NaN, gradient: [NaN] })).f, Float64Array.of(2), often)
    expect([...nan.x]).toEqual([2])
  })

  test('goes further while the slope stays steep, and back where it went too far', async () => {
    // A ramp of slope 1 down to 100, then up steeply: the step is doubled until it is beyond.
    const ramp = counted(([x = 0]) => (x < 100 ? { value: -x, gradient: [-1] } : { value: -100 + 9 * (x - 100), gradient: [9] }))
    await lbfgs(ramp.f, Float64Array.of(0), { iterations: 1, tolerance: 1e-3 })
    expect(ramp.asked.slice(0, 10).map(([x]) => x)).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128, 96])
  })
})

describe('a learning rate', () => {
  test('rises in even steps, then falls along half a cosine to 0', () => {
    const rate = warmupCosine({ lr: 2, warmup: 4, total: 12 })
    expect([0, 1, 2, 3].map(rate)).toEqual([0.5, 1, 1.5, 2])
    expect([4, 6, 8, 10, 12].map((step) => Number(rate(step).toFixed(9)))).toEqual([
      2,
      Number((1 + Math.SQRT1_2).toFixed(9)),
      1,
      Number((1 - Math.SQRT1_2).toFixed(9)),
      0,
    ])
  })
  test('without a rise begins at its most; a training that is all rise ends there', () => {
    expect(warmupCosine({ lr: 3, warmup: 0, total: 10 })(0)).toBe(3)
    const all = warmupCosine({ lr: 3, warmup: 2, total: 2 })
    expect([0, 1, 2].map(all)).toEqual([1.5, 3, 3])
  })
  test('may stay the same', () => {
    expect([0, 9, 1e6].map(constant(0.3))).toEqual([0.3, 0.3, 0.3])
  })
})
