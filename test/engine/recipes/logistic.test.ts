/** Logistic regression's two forms of arithmetic, and problems on which a solver may lose its way. */
import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { type LinearProducts, plainProducts, sessionProducts } from '../../../src-main/engine/recipes/linear-products.ts'
import { logisticPath, type LogisticOptions, type LogisticProblem } from '../../../src-main/engine/recipes/logistic.ts'

const normal = (n: number, seed: number) => {
  const rng = Rng.of(seed)
  return Float64Array.from({ length: n }, () => rng.normal())
}

describe('the products of a linear model', () => {
  const [n, k] = [7, 3]
  test.each([5, 6])('are by their definition, plainly and in a session (%i features)', async (d) => {
    const [x, w, r] = [normal(n * d, 1), normal(k * d, 2), normal(n * k, 3)]
    const sum = (terms: number, term: (i: number) => number) => Array.from({ length: terms }, (_, i) => term(i)).reduce((a, b) => a + b)
    const at = (rows: number, columns: number, value: (row: number, column: number) => number) =>
      Array.from({ length: rows * columns }, (_, i) => value(Math.floor(i / columns), i % columns))
    const check = async (products: LinearProducts) => {
      const close = (found: Float64Array, expected: number[]) => expected.forEach((v, i) => expect(found[i]).toBeCloseTo(v, 5))
      close(
        await products.scores(w),
        at(n, k, (i, c) => sum(d, (j) => x[i * d + j]! * w[c * d + j]!)),
      )
      close(
        await products.gathered(r),
        at(k, d, (c, j) => sum(n, (i) => r[i * k + c]! * x[i * d + j]!)),
      )
      close(
        await products.gathered(r, true),
        at(k, d, (c, j) => sum(n, (i) => r[i * k + c]! * x[i * d + j]! ** 2)),
      )
      const [p, share] = [normal(n * k, 4), normal(n, 5).map((v) => v / n)]
      const xw = at(n, k, (i, c) => sum(d, (j) => x[i * d + j]! * w[c * d + j]!))
      const mean = (i: number) => sum(k, (c) => p[i * k + c]! * xw[i * k + c]!)
      close(
        await products.curvature(p, share)(w),
        at(k, d, (c, j) => sum(n, (i) => share[i]! * p[i * k + c]! * (xw[i * k + c]! - mean(i)) * x[i * d + j]!)),
      )
      await products.release()
    }
    await check(plainProducts(x, n, k))
    await check(await sessionProducts(Float32Array.from(x), n, k))
  })
})

async function solved(problem: LogisticProblem, c: number, options?: LogisticOptions) {
  for await (const fit of logisticPath(problem, [c], options)) return fit
  throw new Error('nothing was solved')
}
/** Three classes told apart by features whose scales differ by `spread` to the power of their number. */
function problem(spread: number): LogisticProblem {
  const [n, d] = [90, 4]
  const noise = normal(n * d, 4)
  const labels = Int32Array.from({ length: n }, (_, i) => i % 3)
  const features = Float32Array.from(noise, (v, i) => (v + (labels[Math.floor(i / d)]! === i % d ? 1 : 0)) * spread ** (i % d))
  return { features, labels, classes: 3 }
}

describe('the solver', () => {
  test('takes few steps where features differ in scale by a million', async () => {
    const { iterations, objective } = await solved(problem(100), 1)
    expect(iterations).toBeLessThan(60)
    expect(objective).toBeLessThan(90 * Math.log(3))
  })
  test('makes long steps where classes can be told apart', async () => {
    const { features, labels } = problem(1)
    const apart = features.map((v, i) => v + 12 * Number(labels[Math.floor(i / 4)] === i % 4))
    const { iterations, objective } = await solved({ features: apart, labels, classes: 3 }, 1e4, { tolerance: 1e-4 })
    expect(objective / (1e4 * 90)).toBeLessThan(1e-4)
    expect(iterations).toBeLessThan(6)
  })
  test('starts from a solution that is given, whatever all its intercepts have in common', async () => {
    const first = await solved(problem(2), 1)
    const again = await solved(problem(2), 1, { from: { weight: first.weight, bias: first.bias.map((b) => b + 5) } })
    expect(again.iterations).toBeLessThan(first.iterations / 3)
    again.bias.forEach((b, c) => expect(b).toBeCloseTo(first.bias[c]!, 4))
  })
  test('starts from a solution that never saw one of the classes, and whose Newton step is far too long', async () => {
    const [n, d, classes] = [60, 4, 5]
    const features = Float32Array.from(normal(n * d, 6))
    const labels = Int32Array.from({ length: n }, (_, i) => i % classes)
    const seen = Int32Array.from([...labels.keys()].filter((i) => labels[i]! !== classes - 1))
    const before = { features: Float32Array.from([...seen].flatMap((i) => [...features.subarray(i * d, i * d + d)])), classes }
    const from = await solved({ ...before, labels: labels.filter((c) => c !== classes - 1) }, 1, { tolerance: 1e-12 })
    const whole = await solved({ features, labels, classes }, 1)
    const warm = await solved({ features, labels, classes }, 1, { from })
    expect(warm.objective / whole.objective).toBeCloseTo(1, 6)
  })

  test('stops at its tolerance, and after the steps that it may take', async () => {
    const [rough, exact] = [await solved(problem(2), 10, { tolerance: 1e-2 }), await solved(problem(2), 10)]
    expect(rough.iterations).toBeLessThan(exact.iterations)
    expect(rough.objective).toBeGreaterThan(exact.objective)
    expect((await solved(problem(2), 10, { iterations: 2 })).iterations).toBe(2)
  })
  test('a class of weight 0 changes nothing', async () => {
    const { features, labels } = problem(2)
    const weighed = { features, labels, classes: 3, weights: Float32Array.of(1, 1, 0) }
    const other = { ...weighed, features: features.map((v, i) => (labels[Math.floor(i / 4)] === 2 ? 9 : v)) }
    const [one, two] = [await solved(weighed, 1), await solved(other, 1)]
    expect(two.objective / one.objective).toBeCloseTo(1, 6)
    expect(one.objective).toBeGreaterThan(1)
  })
  test('one class alone, or features that are all the same, are solved at once', async () => {
    expect((await solved({ features: Float32Array.of(1, 2), labels: Int32Array.of(0, 0), classes: 1 }, 1)).objective).toBe(0)
    const same = await solved({ features: Float32Array.of(1, 1, 1, 1), labels: Int32Array.of(0, 1, 1, 1), classes: 2 }, 1)
    expect(same.objective / 4).toBeCloseTo(-0.25 * Math.log(0.25) - 0.75 * Math.log(0.75), 6)
  })
})
