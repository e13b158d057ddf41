import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { recipeRecord } from '../../../src-main/engine/recipes/index.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { carryOut, type ShotsPlan, shotsTable } from './bench.ts'
import { methods, settingsOf } from './methods.ts'
import { shotsPlot } from './plot.ts'
import { pointsOf, type RunKey } from './results.ts'

const plan: ShotsPlan = { size: { part: true, classes: 3 }, shots: [1, 4], seeds: [0, 1, 2] }
const runs = 1 + (methods.length - 1) * 2 * 3
const outcome = (key: RunKey) => ({
  ...key,
  ...{ val: 0.5, id: 0.1 * key.seed + 0.05 * key.shots, ood: 0.3, sketch: 0.6, corrupted: 0.9, cpuSeconds: 2 },
})

describe('few-shot curves', () => {
  test('go on where they were stopped, also in the middle of a line', async () => {
    const folder = path.join(temporaryFolder(), 'shots')
    const done: RunKey[] = []
    const measure = (stopAt: number) => (key: RunKey) => {
      if (done.length === stopAt) return Promise.reject(new Error('stopped'))
      done.push(key)
      return Promise.resolve(outcome(key))
    }
    await expect(carryOut(plan, folder, measure(5))).rejects.toThrow('stopped')
    fs.appendFileSync(path.join(folder, 'runs.jsonl'), '\n{"method":"lp","sho')
    expect(await carryOut(plan, folder, measure(-1))).toHaveLength(runs)
    expect(done).toHaveLength(runs)
    expect(new Set(done.map((d) => JSON.stringify(d))).size).toBe(runs)
    await carryOut(plan, folder, measure(runs)) // nothing is left to do
    await expect(carryOut({ ...plan, size: { part: true, classes: 4 } }, folder, measure(runs))).rejects.toThrow('stopped')
  })

  test('are means over the seeds with the deviation between them; out of distribution is the mean of three sets', () => {
    const points = pointsOf([0, 1, 2].map((seed) => outcome({ method: 'lp', shots: 4, seed, of: '' })))
    expect(points).toHaveLength(1)
    expect(points[0]).toMatchObject({ method: 'lp', shots: 4, seeds: 3, cpuSeconds: 2 })
    expect(points[0]!.id.mean).toBeCloseTo(0.3)
    expect(points[0]!.id.deviation).toBeCloseTo(0.1)
    expect(points[0]!.ood.mean).toBeCloseTo(0.6)
  })

  test('are drawn in both panels, zero-shot as a level, and listed', () => {
    const points = pointsOf(
      methods.flatMap((method) =>
        (method === 'zero-shot' ? [0] : [1, 4]).flatMap((shots) => [0, 1].map((seed) => outcome({ method, shots, seed, of: '' }))),
      ),
    )
    const svg = shotsPlot(points, '3 classes <of> the study')
    expect(svg.match(/data-panel=/g)).toHaveLength(2)
    expect(svg.match(/class="curve"/g)).toHaveLength(2 * (methods.length - 1))
    expect(svg.match(/class="level"/g)).toHaveLength(2)
    expect(svg.match(/class="bar"/g)).toHaveLength(2 * 2 * (methods.length - 1))
    expect(svg).toContain('3 classes &lt;of&gt; the study')
    expect(svg).not.toMatch(/NaN|undefined|false/)
    expect(
      shotsTable(points)
        .split('\n')
        .filter((line) => line.startsWith('LP-FT')),
    ).toHaveLength(2)
  })

  test.each(methods)('%s: its settings are settings of the recipe, for as many steps with few pictures as with eight', (method) => {
    for (const shots of [1, 2, 4, 8, 16]) expect(() => recipeRecord(method).settings.parse(settingsOf(method, shots))).not.toThrow()
    if ('epochs' in settingsOf(method, 8))
      expect(Number(settingsOf(method, 2)['epochs']) * 2).toBe(Number(settingsOf(method, 8)['epochs']) * 8)
  })
})
