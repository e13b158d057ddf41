/** Regularised runs: what they train, that they go on as if they had not been stopped, and what they refuse. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { PixelStore } from '../../../src-main/engine/data/cache.ts'
import { Images } from '../../../src-main/engine/data/images.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { mixtureOf } from '../../../src-main/engine/recipes/mix.ts'
import { parseSettings, recipeRecord } from '../../../src-main/engine/recipes/recipes.ts'
import { anchoring, regularising, withoutIdle } from '../../../src-main/engine/recipes/regularising.ts'
import { Session } from '../../../src-main/engine/runtime/session.ts'
import { imageFeatures } from '../../../src-main/engine/tasks/embed.ts'
import { goldenPath, normError, relativeError } from '../../helpers/golden.ts'
import { quiet, recipeJobs, resumesToTheBit } from '../../helpers/recipe-jobs.ts'

const jobs = recipeJobs('ft', { epochs: 3, lr: 2e-3, warmup: 0 })
const { job } = jobs
afterEach(() => void vi.restoreAllMocks())

describe('stopped and taken up again is bit for bit what it is in one go', () => {
  test.each([
    ['mixed, varied pictures', { mix: 'both', augmentation: 'light', accumulate: 2, batchSize: 3, cutmixAlpha: 0.4, mixupAlpha: 1 }],
    ['a teacher of known features', { distill: 'both' }],
    ['a teacher of varied, mixed pictures', { distill: 'logits', mix: 'cutmix', augmentation: 'light' }],
    ['weights held at their start, rates by layer, blocks unfrozen in turn', { l2sp: true, layerDecay: 0.7, unfreezeEvery: 1 }],
  ])('%s', (name, settings) => resumesToTheBit(job(`whole ${name}`, settings), job(`parts ${name}`, settings)))
})

/** ‖w − w⁰‖ of the tensors of the image tower whose names match. */
async function moved(of: TrainJob, where = /./): Promise<number> {
  const { checkpoint } = await runJob(of, quiet)
  const tuned = await openModel(checkpoint)
  let squares = 0
  for (const [name, { part }] of jobs.base.tensors)
    if (part === 'image' && where.test(name))
      tuned.weights.float32(name).forEach((x, i) => (squares += (x - jobs.base.weights.float32(name)[i]!) ** 2))
  tuned.close()
  return Math.sqrt(squares)
}

describe('what holds a tower holds it', () => {
  test('L2-SP keeps weights nearer to their start, and weight decay is not applied beside it', async () => {
    const free = await moved(job('free'))
    expect(await moved(job('held', { l2sp: true, l2spAlpha: 100 }))).toBeLessThan(0.7 * free)
    const weightless = { l2sp: true, l2spAlpha: 0, l2spBeta: 0 }
    expect(await moved(job('nothing', { ...weightless, weightDecay: 1 }))).toBe(
      await moved(job('nothing too', { ...weightless, weightDecay: 0 })),
    )
  })

  test('a small factor by layer, and a late turn, leave the embeddings where they were', async () => {
    const first = /embeddings\./
    const free = await moved(job('all'), first)
    expect(await moved(job('slow', { layerDecay: 0.3 }), first)).toBeLessThan(0.1 * free)
    expect(await moved(job('late', { unfreezeEvery: 1, weightDecay: 0.5 }), first)).toBe(0) // of two blocks, they would be the third
    expect(await moved(job('in time', { unfreezeEvery: 1, epochs: 4 }), first)).toBeGreaterThan(0)
  })

  test('a teacher keeps features nearer to the base’s', async () => {
    const drift = async (name: string, settings: TrainJob['settings']) => {
      const { checkpoint } = await runJob(job(name, { epochs: 6, ...settings }), quiet)
      const tuned = await openModel(checkpoint)
      const [own, theirs] = await Promise.all(
        [tuned, jobs.base].map((m) => imageFeatures(m, new Images([...jobs.splits['ood']!], new PixelStore(0)))),
      )
      tuned.close()
      return normError(own!, theirs!)
    }
    const free = await drift('drifting', {})
    expect(await drift('taught', { distill: 'features', distillWeight: 50 })).toBeLessThan(0.6 * free)
    expect(await drift('taught by answers', { distill: 'logits', distillWeight: 5 })).toBeLessThan(0.9 * free)
  })
})

test('where memory runs out, smaller batches are mixed as the whole one was', async () => {
  const settings = { mix: 'both', augmentation: 'light', distill: 'features' }
  const whole = await runJob(job('in one', settings), quiet)
  const run = Session.prototype.run
  vi.spyOn(Session.prototype, 'run').mockImplementation(async function (this: Session, ...given) {
    if ((given[0]['pixels']?.dims[0] ?? 0) > 2 && given[0]['labels']) throw new Error('Failed to allocate memory for requested buffer')
    return run.apply(this, given)
  })
  const { loss, course } = await runJob(job('in three', settings), quiet)
  expect(course!.batches).toEqual({ size: 1, accumulate: 6 })
  expect(relativeError(loss, whole.loss)).toBeLessThan(1e-4)
})

test('numbers that run away are named, also where the base’s own weights are in the step', async () => {
  const run = Session.prototype.run
  let steps = 0
  vi.spyOn(Session.prototype, 'run').mockImplementation(async function (this: Session, ...given) {
    const { labels, pixels } = given[0]
    if (labels && ++steps >= 2) (pixels!.data as Float32Array)[0] = NaN
    return run.apply(this, given)
  })
  await expect(runJob(job('wild', { l2sp: true }), quiet)).rejects.toThrow(
    /the loss became NaN at step 2, .* of which vision_model\.\S+ is the first/,
  )
})

test.each(['lp-ft', 'lora', 'ia3', 'ssf', 'vpt', 'adapter', 'norm-only', 'last-blocks'])('%s is mixed and taught too', async (recipe) => {
  const settings = { mix: 'both', distill: 'both', augmentation: 'light', epochs: 2 }
  const taught = await runJob(job(`${recipe}-taught`, settings, { recipe }), quiet)
  const plain = await runJob(job(`${recipe}-plain`, { augmentation: 'light', epochs: 2 }, { recipe }), quiet)
  expect(taught.loss.every(Number.isFinite)).toBe(true)
  expect(taught.loss).not.toEqual(plain.loss)
})

test('what cannot be is refused in one line', async () => {
  await expect(runJob(job('alone', { mix: 'mixup', batchSize: 1 }), quiet)).rejects.toThrow('mix: mixup: a batch of one image has no other')
  const dinov2 = { model: goldenPath('families/dinov2') }
  await expect(runJob(job('untold', { distill: 'both', head: 'random' }, dinov2), quiet)).rejects.toThrow(
    /^distill: both: DINOv2 has neither a classifier nor texts/,
  )
  expect((await runJob(job('told', { distill: 'features', head: 'random', epochs: 1 }, dinov2), quiet)).loss.every(Number.isFinite)).toBe(
    true,
  )
  await expect(runJob(job('never', { unfreezeEvery: 3 }), quiet)).rejects.toThrow(
    'unfreezeEvery: 3: the last block would be unfrozen after 3 of 3',
  )
  for (const bad of [
    { mix: 'some' },
    { mixupAlpha: 0 },
    { layerDecay: 0 },
    { layerDecay: 1.1 },
    { unfreezeEvery: 0.5 },
    { l2spAlpha: -1 },
    { distillTemperature: 0 },
  ])
    expect(() => parseSettings(recipeRecord('ft'), bad)).toThrow(`recipe ft: ${Object.keys(bad)[0]}: `)
})

describe('a mixture', () => {
  const size = { height: 30, width: 40 }
  const s = { mix: 'both', mixupAlpha: 0.2, cutmixAlpha: 1 } as const
  const many = Array.from({ length: 2000 }, (_, step) => mixtureOf(s, [7, step, 0], 6, size))

  test('is one of seed, step and part alone; each picture has one partner', () => {
    expect(mixtureOf(s, [7, 3, 1], 6, size)).toEqual(mixtureOf(s, [7, 3, 1], 6, size))
    for (const place of [
      [8, 3, 1],
      [7, 4, 1],
      [7, 3, 0],
    ] as const)
      expect(mixtureOf(s, place, 6, size)).not.toEqual(mixtureOf(s, [7, 3, 1], 6, size))
    for (const { partners } of many) expect([...partners].sort()).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('is as often a blend as a cut, whose share is what the box leaves', () => {
    const cuts = many.filter(({ box }) => box)
    expect(Math.abs(cuts.length / many.length - 0.5)).toBeLessThan(0.05)
    for (const { box, share } of cuts) {
      const area = (box!.right - box!.left) * (box!.bottom - box!.top)
      expect(share).toBeCloseTo(1 - area / 1200, 12)
      expect(Math.min(box!.left, box!.top)).toBeGreaterThanOrEqual(0)
      expect([box!.right <= 40, box!.bottom <= 30]).toEqual([true, true])
    }
    expect(mixtureOf({ ...s, mix: 'mixup' }, [1, 1, 0], 6, size).box).toBeUndefined()
    expect(mixtureOf({ ...s, mix: 'cutmix' }, [1, 1, 0], 6, size).box).toBeDefined()
  })

  test.each([0.05, 0.2, 1, 3])('draws shares from Beta(α, α) of α = %d', (alpha) => {
    const rng = Rng.of(5)
    const shares = Array.from({ length: 20_000 }, () => rng.beta(alpha))
    const mean = shares.reduce((a, b) => a + b, 0) / shares.length
    const variance = shares.reduce((a, b) => a + (b - mean) ** 2, 0) / shares.length
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...shares)).toBeLessThanOrEqual(1)
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.015)
    expect(Math.abs(variance * 4 * (2 * alpha + 1) - 1)).toBeLessThan(0.04) // the variance of Beta(α, α) is 1/(4(2α + 1))
  })
})

test('one that is off changes nothing, not even what a saved state is known by', () => {
  const { mix, l2sp, ...off } = parseSettings(recipeRecord('ft'), {})
  expect([mix, l2sp]).toEqual(['none', false])
  const names = Object.keys({ ...regularising, ...anchoring })
  expect(Object.keys(withoutIdle({ ...off, mix, l2sp })).filter((name) => names.includes(name))).toEqual([])
  const on = { ...off, mix: 'cutmix', distill: 'features', l2sp: true, layerDecay: 0.5, unfreezeEvery: 2 }
  expect(
    Object.keys(withoutIdle(on))
      .filter((name) => names.includes(name))
      .sort(),
  ).toEqual(['cutmixAlpha', 'distill', 'distillWeight', 'l2sp', 'l2spAlpha', 'l2spBeta', 'layerDecay', 'mix', 'unfreezeEvery'].sort())
  const drawn = { augmentation: 'randaugment', randOps: 2, randMagnitude: 9 }
  expect([withoutIdle(drawn), withoutIdle({ ...drawn, augmentation: 'light' })]).toEqual([drawn, { augmentation: 'light' }])
  const later = ['randOps', 'randMagnitude', 'patchShare', 'sideShare', 'textTokens', 'extraViews', 'viewsWeight', 'viewsTemperature']
  const told = (given: object) =>
    Object.keys(withoutIdle(parseSettings(recipeRecord('captions'), { ...given }))).filter((s) => later.includes(s))
  expect(told({})).toEqual([])
  expect(told({ augmentation: 'randaugment', reducedShare: 0.5, extraViews: 'slip' }).sort()).toEqual(later.sort())
  expect(told({ extraViews: 'declip' })).toEqual(['extraViews'])
  const other = { epochs: 3, batchSize: 4 }
  expect(withoutIdle(other)).toEqual(other)
})
