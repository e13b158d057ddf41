import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { forgetState, sweepJob } from '../../../src-main/engine/jobs/kept.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { CLASSES, filesOf, shapePictures, shapesJob, temporaryFolder } from '../../helpers/pictures.ts'
import { goldenPath } from '../../helpers/golden.ts'

let dir: string
let splits: TrainJob['splits']
let n = 0
beforeAll(async () => {
  dir = temporaryFolder()
  splits = await shapePictures(path.join(dir, 'pictures'))
})

const TUNING = { epochs: 4, batchSize: 4, lr: 1e-3, augmentation: 'strong' }
const recipes: Record<string, Partial<TrainJob> & { settings: Record<string, unknown> }> = {
  ft: { recipe: 'ft', settings: TUNING },
  'ft with accumulated gradients and a moving average': {
    recipe: 'ft',
    settings: { ...TUNING, batchSize: 2, accumulate: 2, ema: 0.9, head: 'random' },
  },
  'lp-ft': { recipe: 'lp-ft', settings: { ...TUNING, cCount: 3 } },
  coop: { recipe: 'coop', settings: { epochs: 4, batchSize: 4, init: 'random' } },
}

const job = (more: Partial<TrainJob> = {}): TrainJob =>
  shapesJob(splits, { out: path.join(dir, `run-${n++}`), cache: path.join(dir, 'cache'), ...more })
const isTraining = (phase: string) => phase === 'training' || phase === 'prompt-tuning'

/** Runs a job; gives it up before step `until + 1`, where that is told. The loss curve, where it came to its end, and the steps it took. */
async function run(training: TrainJob, until = Infinity) {
  const steps: number[] = []
  const outcome = await runJob(training, {
    onProgress: ({ phase, done }) => void (isTraining(phase) && steps.push(done)),
    isCancelled: () => steps.length >= until,
  }).then(
    ({ loss }) => loss,
    (e: Error) => e.message,
  )
  return { loss: outcome, steps }
}
const weightsOf = ({ out }: TrainJob) => Object.fromEntries(Object.entries(filesOf(out)).filter(([name]) => name.endsWith('.safetensors')))

describe.each(Object.entries(recipes))('%s', (_, recipe) => {
  test('given up twice and taken up again is bit for bit what it is in one go', async () => {
    const [whole, parts] = [job(recipe), job(recipe)]
    const { loss, steps } = await run(whole)
    expect(await run(parts, 2)).toEqual({ loss: 'cancelled', steps: steps.slice(0, 2) })
    expect(await run(parts, 3)).toEqual({ loss: 'cancelled', steps: steps.slice(2, 5) })
    expect(await run(parts)).toEqual({ loss, steps: steps.slice(5) })
    expect(weightsOf(parts)).toEqual(weightsOf(whole))
    expect(fs.existsSync(`${parts.out}.run`)).toBe(false)
  })

  test('with one seed gives the same bits, with another seed others', async () => {
    const [a, b, other] = [job(recipe), job(recipe), job({ ...recipe, seed: 2 })]
    const [first, second, third] = [await run(a), await run(b), await run(other)]
    expect(second).toEqual(first)
    expect(weightsOf(b)).toEqual(weightsOf(a))
    expect(third.loss).not.toEqual(first.loss)
    expect(weightsOf(other)).not.toEqual(weightsOf(a))
  })
})

describe('a training whose result was lost before anybody recorded it', () => {
  test('is taken up again where it ended: the same weights and curve, without a step', async () => {
    const lost = job({ ...recipes['lp-ft'], saveEverySeconds: 0, keepsState: true })
    const { loss } = await run(lost)
    const weights = weightsOf(lost)
    expect(fs.existsSync(path.join(`${lost.out}.run`, 'state.safetensors'))).toBe(true)
    expect(await run(lost)).toEqual({ loss, steps: [] })
    expect(weightsOf(lost)).toEqual(weights)
    forgetState(lost.out)
    expect(fs.existsSync(`${lost.out}.run`)).toBe(false)
  })

  test('keeps its place where nothing is saved on the way; but not if it wrote nothing', async () => {
    const probe = job({ recipe: 'lp', settings: { cCount: 2 }, keepsState: true })
    await run(probe)
    expect(fs.readdirSync(`${probe.out}.run`)).toEqual([])
    const ended = job({ recipe: 'lp', settings: { cCount: 2 }, keepsState: true })
    expect((await run(ended, 0)).loss).toBe('cancelled')
    expect(fs.existsSync(`${ended.out}.run`)).toBe(false)
    // Of a process that was killed after the checkpoint, or before.
    sweepJob(probe)
    expect(fs.existsSync(`${probe.out}.run`)).toBe(true)
    fs.mkdirSync(`${ended.out}.run`)
    sweepJob(ended)
    expect(fs.existsSync(`${ended.out}.run`)).toBe(false)
  })
})

test('an update takes as many images as there are, where it is to take more', async () => {
  const all = splits['train']!.length
  const [asked, meant] = [
    job({ recipe: 'ft', settings: { ...TUNING, batchSize: all - 1, accumulate: 3 } }),
    job({ recipe: 'ft', settings: { ...TUNING, batchSize: all - 1 } }),
  ]
  expect(await run(asked)).toEqual(await run(meant))
})

test('a run that fails before its first step leaves nothing to be resumed', async () => {
  const failing = job({ model: path.join(dir, 'nowhere') })
  expect((await run(failing)).loss).toMatch('nowhere')
  const broken = job({
    recipe: 'ft',
    settings: { ...TUNING, batchSize: 4096 },
    splits: { train: splits['train']!.map((item, i) => ({ ...item, file: path.join(dir, i ? `missing-${i}.png` : 'missing.png') })) },
  })
  expect((await run(broken)).loss).toMatch('missing.png')
  for (const { out } of [failing, broken]) expect(fs.existsSync(`${out}.run`)).toBe(false)
})

test('a run is resumed where its folder and its images have been moved to', async () => {
  const hashed = Object.fromEntries(
    Object.entries(splits).map(([split, items]) => [split, items.map((item) => ({ ...item, hash: path.basename(item.file) }))]),
  )
  const [whole, stopped] = [job({ ...recipes['ft'], splits: hashed }), job({ ...recipes['ft'], splits: hashed })]
  const { loss, steps } = await run(whole)
  await run(stopped, 3)
  const elsewhere = path.join(dir, 'elsewhere')
  const inTheOther = (file: string) => path.join(elsewhere, path.relative(dir, file))
  fs.cpSync(`${stopped.out}.run`, inTheOther(`${stopped.out}.run`), { recursive: true })
  fs.cpSync(path.join(dir, 'pictures'), inTheOther(path.join(dir, 'pictures')), { recursive: true })
  const moved = Object.entries(hashed).map(([split, items]) => [split, items.map((item) => ({ ...item, file: inTheOther(item.file) }))])
  const resumed = await run({ ...stopped, out: inTheOther(stopped.out), splits: Object.fromEntries(moved) as TrainJob['splits'] })
  expect(resumed).toEqual({ loss, steps: steps.slice(3) })
})

describe('a state is not taken up', () => {
  const changes: [string, () => Partial<TrainJob>][] = [
    ['with other settings', () => ({ settings: { ...TUNING, lr: 2e-3 } })],
    ['with another seed', () => ({ seed: 2 })],
    ['with other training images', () => ({ splits: { ...splits, train: splits['train']!.slice(1) } })],
    ['with another recipe', () => ({ recipe: 'lp-ft', settings: { ...TUNING, cCount: 3 } })],
    ['with another base', () => ({ model: goldenPath('clip/gelu') })],
    ['with other classes', () => ({ classes: [...CLASSES].reverse().map((name) => ({ name })) })],
    ['with other templates', () => ({ templates: ['a {} on a table'] })],
  ]
  test.each(changes)('%s', async (_, change) => {
    const old = job(recipes['ft'])
    await run(old, 3)
    const changed = { ...old, ...change() }
    const fresh = { ...changed, out: path.join(dir, `run-${n++}`) }
    const { loss, steps } = await run(changed)
    expect(steps[0]).toBe(1)
    expect({ loss, steps }).toEqual(await run(fresh))
    expect(weightsOf(changed)).toEqual(weightsOf(fresh))
  })
})

test('a training that finished begins anew, and replaces its checkpoint', async () => {
  const training = job(recipes['ft'])
  const first = await run(training)
  expect(await run(training)).toEqual(first)
})

test('a linear probe has the same bits whether its features are cached or not, and whatever they were computed beside', async () => {
  const recipe = { recipe: 'lp' as const, settings: { cCount: 5 } }
  const [cold, warm, beside] = [
    job({ ...recipe, cache: path.join(dir, 'cold') }),
    job({ ...recipe, cache: path.join(dir, 'cold') }),
    job({ ...recipe, cache: path.join(dir, 'beside') }),
  ]
  await run(cold)
  await runJob(
    {
      kind: 'evaluate',
      checkpoint: cold.model,
      task: 'classify',
      device: 'cpu',
      classes: cold.classes,
      splits,
      cache: path.join(dir, 'beside'),
    },
    { onProgress: () => undefined, isCancelled: () => false },
  )
  await run(warm)
  await run(beside)
  expect(weightsOf(warm)).toEqual(weightsOf(cold))
  expect(weightsOf(beside)).toEqual(weightsOf(cold))
})
