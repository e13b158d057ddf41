/** TransCLIP against test/parity/engine/transclip.py: its equations in NumPy. */
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { predictionsOf, type TrainJob } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { nearestOf } from '../../../src-main/engine/recipes/nearest.ts'
import { classifierOf, transduce } from '../../../src-main/engine/recipes/transduce.ts'
import { headLogits } from '../../../src-main/engine/tasks/head-logits.ts'
import { readHead } from '../../../src-main/engine/weights/head.ts'
import { floats, golden, type GoldenTensor, largestDifference } from '../../helpers/golden.ts'
import { shapePictures, shapesJob, temporaryFolder } from '../../helpers/pictures.ts'

type Tensors = Record<'assigned' | 'means' | 'variances' | 'weight' | 'bias', GoldenTensor>
interface Case extends Tensors {
  readonly texts: number
  readonly labels: number
  readonly shots: number[]
  readonly objective: number[]
}
const reference = golden<
  Record<'features' | 'weight' | 'bias', GoldenTensor> & { classes: number; dim: number; rounds: number; cases: Case[] }
>('transclip.json')
const { dim, classes, rounds } = reference
const features = floats(reference.features)
const text = { weight: floats(reference.weight), bias: floats(reference.bias) }
const n = features.length / dim

describe.each(reference.cases.map((c) => [`${c.shots.length} labels, λ ${c.texts}, γ ${c.labels}`, c] as const))('%s', (_, expected) => {
  test('assignments, means, variances, objective and classifier are those of the equations within 1e-4', async () => {
    const pool = { features, dim, classes, labels: expected.shots, logits: headLogits(features, { ...text, dim, classes: [] }) }
    const near = await nearestOf(features, dim, n - expected.shots.length, 3, () => undefined)
    const seen: number[] = []
    const mixture = await transduce(pool, near, { ...expected, rounds }, (done) => seen.push(done))
    expect(seen).toEqual(Array.from({ length: rounds }, (_, i) => i + 1))
    for (const name of ['assigned', 'means', 'variances'] as const)
      expect(largestDifference(Float32Array.from(mixture[name]), floats(expected[name])), name).toBeLessThan(1e-4)
    mixture.objective.forEach((value, i) => expect(value).toBeCloseTo(expected.objective[i]!, 4))
    const { weight, bias } = classifierOf(mixture, text, expected.texts)
    expect(largestDifference(weight, floats(expected.weight))).toBeLessThan(1e-4)
    expect(largestDifference(bias, floats(expected.bias))).toBeLessThan(1e-4)
  })
})

describe('as a recipe', () => {
  let dir: string
  let splits: TrainJob['splits']
  beforeAll(async () => {
    dir = temporaryFolder()
    splits = await shapePictures(path.join(dir, 'pictures'))
  })
  const quiet = { onProgress: () => undefined, isCancelled: () => false }
  let runs = 0
  const fitted = (settings: Record<string, unknown>, pool?: TrainJob['pool']) => {
    const out = path.join(dir, `run-${runs++}`)
    return runJob(
      shapesJob(splits, { ...{ out, cache: path.join(dir, 'cache'), recipe: 'transclip', settings }, ...(pool && { pool }) }),
      quiet,
    )
  }

  test('labels of the pool are not looked at; those of training images count unless they are ignored', async () => {
    const pool = splits['id']!
    const told = await fitted({ labelWeight: 0.2 }, pool)
    const other = await fitted(
      { labelWeight: 0.2 },
      pool.map((item) => ({ ...item, label: (item.label + 1) % 3 })),
    )
    expect(readHead(other.checkpoint).weight).toEqual(readHead(told.checkpoint).weight)
    expect(told.notes).toMatchObject({ unlabelled: 6, labelled: 12, labelWeight: 0.2 })
    expect(predictionsOf(told.measured)['train']!.n).toBe(12)
    const ignored = await fitted({ labels: 'ignored' }, pool)
    expect(ignored.notes).toMatchObject({ unlabelled: 18, labelled: 0 })
    expect(readHead(ignored.checkpoint).weight).not.toEqual(readHead(told.checkpoint).weight)
  })

  test('without an image that has no label, it says in one line what to do', async () => {
    await expect(fitted({})).rejects.toThrow(
      'recipe transclip: there are no images without a label: add some to the project, take --shots, or set labels=ignored',
    )
    expect((await fitted({ labels: 'ignored' })).notes).toMatchObject({ unlabelled: 12 })
  })
})
