/** The loss curve of a run: each step once, however long it is and wherever it went on. */
import { describe, expect, test } from 'vitest'
import type { RunProgress } from '#shared/contract/training.ts'
import { Curve, storedCurve, thin } from '../../../src-main/app/training/curve.ts'

const point = (step: number, phase: RunProgress['phase'] = 'training'): RunProgress => ({
  runId: 'r',
  phase,
  step,
  steps: 10_000,
  loss: 1 / step,
})
const steps = (curve: readonly RunProgress[]) => curve.map((p) => p.step)
const upTo = (n: number, from = 1) => Array.from({ length: n - from + 1 }, (_, i) => from + i)

describe('a curve as a run tells it', () => {
  test('has the steps that have a loss, of the last phase that had one', () => {
    const curve = new Curve()
    curve.add(point(1, 'logistic-regression'))
    curve.add({ ...point(2), loss: undefined })
    expect(steps(curve.points)).toEqual([1])
    curve.add(point(1))
    curve.add(point(2))
    curve.add({ ...point(1, 'evaluating'), loss: null })
    expect([steps(curve.points), curve.points.every((p) => p.phase === 'training')]).toEqual([[1, 2], true])
  })

  test('keeps 1999 points, and every second one from the 2000th on', () => {
    const curve = new Curve()
    for (const step of upTo(1999)) curve.add(point(step))
    expect(steps(curve.points)).toEqual(upTo(1999))
    curve.add(point(2000))
    expect(steps(curve.points)).toEqual(upTo(2000).filter((s) => s % 2 === 1))
    for (const step of upTo(2010, 2001)) curve.add(point(step))
    expect(steps(curve.points)).toEqual(upTo(2010).filter((s) => s % 2 === 1))
  })

  test('a new phase is sent in full again', () => {
    const curve = new Curve()
    for (const step of upTo(2500)) curve.add(point(step, 'logistic-regression'))
    for (const step of upTo(5)) curve.add(point(step))
    expect(steps(curve.points)).toEqual([1, 2, 3, 4, 5])
  })

  test('a resumed run has the earlier steps before its own, none twice', () => {
    const curve = new Curve()
    curve.earlier = [point(7, 'logistic-regression'), ...upTo(6).map((s) => point(s))]
    expect(curve.points).toEqual([])
    for (const step of upTo(8, 5)) curve.add(point(step))
    expect(steps(curve.points)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })
})

describe('a curve as it is stored', () => {
  test('has at most 500 points, evenly spaced from the first', () => {
    expect(thin(upTo(500))).toEqual(upTo(500))
    expect(thin(upTo(501))).toEqual(upTo(501).filter((s) => s % 2 === 1))
    expect(thin(upTo(1000))).toHaveLength(500)
    expect(thin(upTo(1001))).toHaveLength(334)
  })

  test('has each point at the step that it was thinned from', () => {
    const stored = storedCurve({ id: 'r', recipe: 'ft', metrics: { loss: thin(upTo(1200)), steps: 1200 } })
    expect(stored.slice(0, 3)).toEqual([1, 4, 7].map((step) => ({ runId: 'r', phase: 'training', step, steps: 1200, loss: step })))
    expect(stored).toHaveLength(400)
    expect(storedCurve({ id: 'r', recipe: 'coop', metrics: {} })).toEqual([])
    expect(storedCurve({ id: 'r', recipe: 'lp', metrics: { loss: [3, 2] } }).map((p) => [p.phase, p.step, p.steps])).toEqual([
      ['logistic-regression', 1, 2],
      ['logistic-regression', 2, 2],
    ])
  })
})
