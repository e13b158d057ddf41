/** Sweeps list their runs by themselves: which ones, in which order, and what of them changes when something is added. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { meanOf, t975 } from '#shared/model/student.ts'
import { type Axis, pointsOf, recipeSettings, rungsOf, type SweepAsked, sweepRuns, sweepSpec } from '#shared/model/sweep.ts'
import { chosenBy, ranked, sweepTables } from '#shared/model/sweep-table.ts'

const spec = (asked: Omit<SweepAsked, 'recipe'>) => sweepSpec.parse({ recipe: 'ft', ...asked })
const grid = (field: string, ...values: (number | string)[]): Axis => ({ kind: 'grid', field, values })

test('a grid is each value with each other, the seeds outermost', () => {
  const runs = sweepRuns(spec({ axes: [grid('lr', 1, 2), grid('augmentation', 'none', 'light')], seeds: [3, 5] }))
  expect(runs.map(({ point, seed }) => [seed, point!['lr'], point!['augmentation']])).toEqual([
    [3, 1, 'none'],
    [3, 1, 'light'],
    [3, 2, 'none'],
    [3, 2, 'light'],
    [5, 1, 'none'],
    [5, 1, 'light'],
    [5, 2, 'none'],
    [5, 2, 'light'],
  ])
  expect(runs.map((r) => r.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

const axis = (field: string): fc.Arbitrary<Axis> =>
  fc.oneof(
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 4 }).map((values): Axis => ({ kind: 'grid', field, values })),
    fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }).map((values): Axis => ({ kind: 'choice', field, values })),
    fc
      .tuple(fc.constantFrom('uniform' as const, 'log-uniform' as const), fc.double({ min: 1e-6, max: 1, noNaN: true }), fc.boolean())
      .map(([kind, from, whole]): Axis => (whole ? { kind, field, from: 1, to: 6, whole } : { kind, field, from, to: from * 50 + 1e-6 })),
  )
const someAxes = fc.tuple(axis('a'), axis('b'), axis('c')).chain((all) => fc.subarray(all))
const sweeps = fc.record({
  axes: someAxes,
  draws: fc.integer({ min: 1, max: 6 }),
  drawSeed: fc.nat(),
  seeds: fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 3 }),
})

describe('for all sweeps', () => {
  test('the runs are the same each time, and no two are alike', () => {
    fc.assert(
      fc.property(sweeps, (asked) => {
        const runs = sweepRuns(spec(asked))
        expect(sweepRuns(spec(JSON.parse(JSON.stringify(asked)) as typeof asked))).toEqual(runs)
        expect(new Set(runs.map(({ point, seed }) => JSON.stringify([point, seed]))).size).toBe(runs.length)
        expect(runs.length).toBe(asked.seeds.length * pointsOf(spec(asked)).length)
      }),
    )
  })

  test('what is drawn lies in its range, and is a whole number where that is wanted', () => {
    fc.assert(
      fc.property(sweeps, (asked) => {
        for (const point of pointsOf(spec(asked)))
          for (const a of asked.axes) {
            const value = point[a.field]!
            if (a.kind === 'grid' || a.kind === 'choice') expect(a.values).toContain(value)
            else {
              expect(value).toBeGreaterThanOrEqual(a.from)
              expect(value).toBeLessThanOrEqual(a.to)
              if (a.whole) expect(Number.isInteger(value)).toBe(true)
            }
          }
      }),
    )
  })

  test('more draws leave those before as they were, as does one more axis', () => {
    fc.assert(
      fc.property(fc.subarray([0, 1, 2]), fc.integer({ min: 1, max: 6 }), fc.nat(), (which, draws, drawSeed) => {
        const all: Axis[] = which.map((i) => ({ kind: 'uniform', field: 'abc'[i]!, from: 0, to: 1 }))
        const some = pointsOf({ axes: all, draws, drawSeed })
        expect(pointsOf({ axes: all, draws: draws + 3, drawSeed }).slice(0, some.length)).toEqual(some)
        const wider = pointsOf({ axes: [...all, { kind: 'log-uniform', field: 'd', from: 1, to: 9 }], draws, drawSeed })
        if (all.length) expect(wider.map(({ d: _, ...rest }) => rest)).toEqual(some)
      }),
    )
  })
})

test('random axes spread over their range: by thirds of the logarithm, about a third each', () => {
  const points = pointsOf({ axes: [{ kind: 'log-uniform', field: 'lr', from: 1e-6, to: 1e-3 }], draws: 600, drawSeed: 1 })
  const thirds = [0, 0, 0]
  for (const { lr } of points) thirds[Math.min(2, Math.floor(Math.log10((lr as number) / 1e-6)))]!++
  for (const n of thirds) expect(Math.abs(n - 200)).toBeLessThan(40) // over three standard deviations
})

test('successive halving ends with all epochs, and trains a third of the points three times as long at each rung', () => {
  const asked = spec({ settings: { epochs: 18 }, axes: [grid('lr', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)], seeds: [0, 1], halving: {} })
  expect(rungsOf(asked, 10)).toEqual([
    { points: 10, epochs: 2 },
    { points: 3, epochs: 6 },
    { points: 1, epochs: 18 },
  ])
  const runs = sweepRuns(asked)
  expect(runs.map((r) => r.rung).join('')).toBe('0'.repeat(20) + '1'.repeat(6) + '22')
  expect(runs.filter((r) => r.rung === 1).map(({ place, point, seed, epochs }) => [place, point, seed, epochs])).toEqual(
    [0, 1].flatMap((seed) => [0, 1, 2].map((place) => [place, null, seed, 6])),
  )
  expect(rungsOf(spec({ settings: { epochs: 1 }, halving: {} }), 10)).toEqual([{ points: 10, epochs: 1 }])
})

test.each([
  ['axis lr: given twice', { axes: [grid('lr', 1), grid('lr', 2)] }],
  ['axis lr: expected FROM < TO, found 2 … 1', { axes: [{ kind: 'uniform' as const, field: 'lr', from: 2, to: 1 }] }],
  ['axis lr: expected 0 < FROM < TO, found 0 … 1', { axes: [{ kind: 'log-uniform' as const, field: 'lr', from: 0, to: 1 }] }],
  ['axis n: expected whole numbers, found 1 … 2.5', { axes: [{ kind: 'uniform' as const, field: 'n', from: 1, to: 2.5, whole: true }] }],
  ['a sweep of 1100 runs: expected at most 1000', { axes: [grid('a', ...Array(11).keys()), grid('b', ...Array(100).keys())] }],
  ['successive halving varies the epochs', { axes: [grid('lr', 1, 2)], halving: {} }],
  ['successive halving varies the epochs', { axes: [grid('epochs', 1, 2)], settings: { epochs: 9 }, halving: {} }],
])('refuses with “%s”', (said, asked) => expect(() => sweepRuns(spec(asked))).toThrow(said))

test('the quantiles of Student’s t are those of the tables', () => {
  const table: [number, number][] = [
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [9, 2.262],
    [30, 2.042],
    [99, 1.984],
  ]
  for (const [df, t] of table) expect(t975(df)).toBeCloseTo(t, 3)
  // 4.3027 times the standard error
  expect(meanOf([0.7, 0.72, 0.77])).toMatchObject({
    n: 3,
    mean: expect.closeTo(0.73, 12) as number,
    half: expect.closeTo(0.0895, 3) as number,
  })
  expect(meanOf([0.5])).toEqual({ n: 1, mean: 0.5, half: null })
})

describe('the table of a sweep', () => {
  const asked = spec({ axes: [grid('lr', 1, 2)], seeds: [0, 1] })
  const run = (index: number, status: string, val?: number, more: { created?: number; id?: string } = {}) => {
    const { point, rung, place, seed } = sweepRuns(asked)[index]!
    const sweep = { id: 's', name: 'S', spec: asked, index, rung, place, point }
    return {
      id: String(index),
      created: index,
      status,
      metrics: val === undefined ? {} : { val, seconds: 2, steps: 9 },
      settings: { seed, sweep },
      ...more,
    }
  }

  test('has a row a point, with the mean and the interval of the seeds that are done', () => {
    const [table] = sweepTables([run(3, 'queued'), run(2, 'done', 0.6), run(0, 'done', 0.5), run(1, 'done', 0.4)])
    expect(table).toMatchObject({ name: 'S', fields: ['lr'], splits: ['val'], rungs: 1 })
    expect(table!.rows.map((r) => [r.point!['lr'], r.runs.map((x) => x.id), r.scores['val']!.n])).toEqual([
      [1, ['0', '2'], 2],
      [2, ['1', '3'], 1],
    ])
    expect(table!.rows[0]!.scores['val']!.mean).toBeCloseTo(0.55)
    expect(table!.rows[0]!.scores['seconds']!.mean).toBe(2)
    expect(ranked(table!.rows).map((r) => r.point!['lr'])).toEqual([1, 2])
    expect(chosenBy(table!.rows[1]!)).toEqual({ n: 1, mean: 0.4, half: null })
  })

  test('counts a run that was repeated once: the later one', () => {
    const [table] = sweepTables([run(0, 'failed'), run(0, 'done', 0.9, { id: 'again', created: 9 }), run(1, 'done', 0.4)])
    expect(table!.rows[0]!.runs.map((r) => r.id)).toEqual(['again'])
    const [atOnce] = sweepTables([run(0, 'done', 0.9, { id: 'again' }), run(0, 'failed')]) // as they are listed: newest first
    expect(atOnce!.rows[0]!.runs.map((r) => r.id)).toEqual(['again'])
  })

  test('leaves out what belongs to no sweep', () => {
    expect(sweepTables([{ id: 'x', status: 'done', created: 1, metrics: {}, settings: { lr: 1 } }])).toEqual([])
    expect(recipeSettings({ lr: 1, seed: 2, model: null, name: 'n', device: 'cpu', sweep: {}, shots: 4 })).toEqual({ lr: 1 })
  })
})
