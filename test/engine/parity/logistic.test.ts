import { describe, expect, test } from 'vitest'
import { logisticPath, type LogisticFit } from '../../../src-main/engine/recipes/logistic.ts'
import { floats, golden, type GoldenTensor, ints } from '../../helpers/golden.ts'

interface Solution {
  readonly C: number
  readonly objective: number
  readonly coef: GoldenTensor
  readonly intercept: GoldenTensor
  readonly predictions: GoldenTensor
}
const lp = golden<{ classes: number; x: GoldenTensor; y: GoldenTensor; xTest: GoldenTensor; solutions: Solution[] }>('lp.json')
const problem = { features: floats(lp.x), labels: ints(lp.y), classes: lp.classes }
const d = lp.x.shape[1]!

/** Each row's scores W·x + b, in float64. */
function* scores(features: Float32Array, weight: Float32Array, bias: Float32Array): Generator<number[]> {
  for (let row = 0; row < features.length; row += d)
    yield Array.from(bias, (b, c) => {
      let sum = b
      for (let k = 0; k < d; k++) sum += weight[c * d + k]! * features[row + k]!
      return sum
    })
}
const argmax = (xs: number[]) => xs.indexOf(Math.max(...xs))

/** scikit-learn's objective by its definition: C · Σ cross-entropy + ½‖W‖². */
function objective({ weight, bias }: Pick<LogisticFit, 'weight' | 'bias'>, C: number): number {
  let loss = 0
  let i = 0
  for (const row of scores(problem.features, weight, bias)) {
    const max = Math.max(...row)
    loss += max + Math.log(row.reduce((sum, s) => sum + Math.exp(s - max), 0)) - row[problem.labels[i++]!]!
  }
  return C * loss + weight.reduce((sum, w) => sum + w * w, 0) / 2
}

async function solve(cs: readonly number[]): Promise<Map<number, LogisticFit>> {
  const fits = new Map<number, LogisticFit>()
  for await (const fit of logisticPath(problem, cs)) fits.set(fit.c, fit)
  return fits
}

describe("logistic regression is scikit-learn's", () => {
  test("the definition of the objective gives scikit-learn's value at its solution", () => {
    for (const s of lp.solutions)
      expect(objective({ weight: floats(s.coef), bias: floats(s.intercept) }, s.C) / s.objective).toBeCloseTo(1, 6)
  })

  test.each(['each C from the one before', 'each C from nothing'])(
    '%s: objective within 1e-4, predictions equal in 999 of 1000',
    async (how) => {
      const cs = lp.solutions.map((s) => s.C)
      const fits =
        how === 'each C from nothing' ? new Map((await Promise.all(cs.map((c) => solve([c])))).flatMap((m) => [...m])) : await solve(cs)
      for (const s of lp.solutions) {
        const fit = fits.get(s.C)!
        expect(Math.abs(fit.objective - s.objective) / s.objective, `C ${s.C}: objective as said`).toBeLessThan(1e-4)
        expect(Math.abs(objective(fit, s.C) - s.objective) / s.objective, `C ${s.C}: objective as it is`).toBeLessThan(1e-4)
        const predicted = [...scores(floats(lp.xTest), fit.weight, fit.bias)].map(argmax)
        const equal = ints(s.predictions).filter((y, i) => predicted[i] === y).length
        expect(equal / predicted.length, `C ${s.C}: equal predictions`).toBeGreaterThanOrEqual(0.999)
      }
    },
  )
})
