/** What recipes can be told, and what they do untold. */
import { expect, test } from 'vitest'
import { recipeRecord } from '../../../src-main/engine/recipes/index.ts'

const settingsOf = (id: string) => recipeRecord(id).settings
const takes = (schema: ReturnType<typeof settingsOf>, ...values: unknown[]) => values.map((v) => schema.safeParse(v).success)

test('have the defaults that their papers and references use', () => {
  expect(settingsOf('ft').parse({})).toMatchObject({
    epochs: 10,
    batchSize: 32,
    lr: 3e-5,
    warmup: 0.1,
    weightDecay: 0.1,
    clipNorm: 1,
    ema: 0,
    head: 'zero-shot',
  })
  expect(settingsOf('lp-ft').parse({})).toMatchObject({ lr: 1e-5, cMin: 1e-4, cMax: 1e5, cCount: 28, augmentation: 'light' })
  expect(settingsOf('coop').parse({})).toMatchObject({
    contextLength: 4,
    init: 'words',
    lr: 0.002,
    momentum: 0.9,
    warmup: 0.02,
    weightDecay: 5e-4,
  })
})
test('refuse what is out of range or unknown', () => {
  expect(
    takes(
      settingsOf('ft'),
      { epochs: 0 },
      { epochs: 1.5 },
      { batchSize: 0 },
      { lr: 0 },
      { lr: 10 },
      { ema: 1 },
      { lab: 1 },
      { head: 'none' },
    ),
  ).toEqual([false, false, false, false, true, false, false, false])
  expect(takes(settingsOf('lp'), { cMin: 0 }, { cCount: 200 }, { cCount: 201 }, { iterations: 0 })).toEqual([false, true, false, false])
})
