/** A clock that the test turns: a job of several phases, its share and its time left. */
import { describe, expect, it } from 'vitest'
import { Course, type Plan } from '../../../src-main/app/work/course.ts'
import type { JobPlace } from '../../../src-main/app/work/kind.ts'
import { jobKinds } from '../../../src-main/app/work/kinds.ts'
import { trainingPlan } from '../../../src-main/app/work/plans.ts'

function clocked(plan: Plan) {
  let now = 0
  const course = new Course(plan, () => now)
  /** Each step of a phase takes so many seconds; what was said after each. */
  const run = (phase: string, steps: number, secondsAStep: number) =>
    Array.from({ length: steps }, (_, i) => {
      now += 1000 * secondsAStep
      return { ...course.stand(phase, i + 1, steps), at: now / 1000 }
    })
  return { course, run, wait: (seconds: number) => (now += 1000 * seconds) }
}
const items = (n: number) => Array.from({ length: n }, (_, i) => ({ file: `${i}.png`, label: 0 }))
const lpFt = trainingPlan({ recipe: 'lp-ft', settings: { epochs: 10 }, splits: { train: items(1000), val: items(200), test: items(500) } })

const anywhere = {} as JobPlace

describe('the course of a job', () => {
  it('never goes back, and is whole at its end only', () => {
    const { run } = clocked(lpFt)
    const told = [
      ...run('features train', 10, 2),
      ...run('features val', 4, 1),
      ...run('logistic-regression', 28, 0.1),
      ...run('training', 100, 0.6),
      ...run('evaluating', 17, 2),
    ]
    const shares = told.map((t) => t.share!)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(shares.at(-2)).toBeLessThan(1)
    expect(shares.at(-1)).toBe(1)
    expect(shares[9]).toBeLessThan(0.1) // the features are a small part of it
  })

  it('tells from the first phase on what the whole takes, and no jump comes with the next phase', () => {
    // A pass through the model takes 20 ms an image: 20 s of features, 600 s of training, 34 s of measuring.
    const { run } = clocked(lpFt)
    const told = [
      ...run('features train', 100, 0.2),
      ...run('features val', 20, 0.2),
      ...run('logistic-regression', 28, 0.1),
      ...run('training', 1000, 0.6),
      ...run('evaluating', 100, 0.34),
    ]
    const whole = told.at(-1)!.at
    const guesses = told.filter((t) => t.secondsLeft !== null)
    for (const { at, secondsLeft } of guesses.slice(5)) expect(Math.abs(at + secondsLeft! - whole)).toBeLessThan(0.15 * whole)
    for (const [i, { secondsLeft, at }] of guesses.entries()) {
      const before = guesses[i - 1]
      if (before) expect(secondsLeft! - before.secondsLeft!).toBeLessThan(0.1 * whole + (at - before.at))
    }
  })

  it('leaves out a night in which the machine slept', () => {
    const told = clocked([])
    const stand = (done: number) => (told.wait(2), told.course.stand('training', done, 100))
    for (let done = 1; done < 50; done++) stand(done)
    const before = stand(50).secondsLeft!
    told.wait(8 * 3600)
    const after = stand(51).secondsLeft!
    expect(before).toBeCloseTo(100, 0)
    expect(Math.abs(after - 98)).toBeLessThan(4)
  })

  it('says nothing where the features were there already, until what takes the time is measured', () => {
    const { run } = clocked(lpFt)
    const [features, probing, training] = [run('features train', 1, 0.01), run('logistic-regression', 28, 0.1), run('training', 1000, 0.6)]
    expect([...features, ...probing].every((t) => t.secondsLeft === null)).toBe(true)
    const first = training.find((t) => t.secondsLeft !== null)!
    expect(Math.abs(first.secondsLeft! - 600)).toBeLessThan(90)
  })

  it('glides where the work slows down', () => {
    const { run } = clocked([])
    const [before] = run('', 20, 1).slice(-1)
    const [after] = run('', 1, 40)
    expect(before!.secondsLeft).toBe(0)
    expect(after!.share).toBe(1)
  })

  it('follows a job of one phase without a plan', () => {
    const { run } = clocked([])
    const told = run('', 10, 2)
    expect(told.map((t) => t.share)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])
    expect(told[4]!.secondsLeft).toBeCloseTo(10, 0)
  })

  it('knows no share where the end is not known, and none falls where the phases take turns', () => {
    const { course } = clocked([])
    expect(course.stand('', 500, null)).toEqual({ share: null, secondsLeft: null })
    const reading = clocked(jobKinds.get('import')!.plan!(anywhere, { path: 'x', options: {} })).course
    const shares = [
      ['reading', 10, null],
      ['storing', 100, 400],
      ['reading', 20, null],
      ['storing', 300, 400],
      ['storing', 400, 400],
      ['checking', 100, 400],
      ['checking', 400, 400],
    ].map(([phase, done, total]) => reading.stand(phase as string, done as number, total as number | null).share!)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(shares.at(-1)).toBe(1)
  })

  it('skips an unplanned phase, also at the start', () => {
    const { course, run } = clocked(lpFt)
    // Before all: the files are looked at that were not yet.
    expect(run('checking', 5, 3).map((t) => [t.share, t.secondsLeft])).toEqual(Array(5).fill([0, null]))
    const before = course.stand('training', 5, 10).share
    expect(course.stand('something new', 1, 2).share).toBe(before)
  })
})
