/** Prompt tuning against CoOp as test/parity/engine/coop.py computes it: towers, gradient and update written out in NumPy. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { resultOf, type ResultOf, type TrainJob } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { startContext } from '../../../src-main/engine/tasks/prompts.ts'
import { readHead } from '../../../src-main/engine/weights/head.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError, relativeError } from '../../helpers/golden.ts'
import { shapesJob, temporaryFolder } from '../../helpers/pictures.ts'

const reference = golden<{
  names: string[]
  contextLength: number
  settings: Record<string, number>
  labels: number[]
  losses: number[]
  context: GoldenTensor
  weight: GoldenTensor
}>('coop.json')
const train = reference.labels.map((label, i) => ({ file: goldenPath(`coop/${i}.png`), label }))

const forms =
  golden<{ position: string; classSpecific: boolean; loss: number; gradient: GoldenTensor; weight: GoldenTensor }[]>('coop-forms.json')
const quiet = { onProgress: () => undefined, isCancelled: () => false }

let dir: string
const asked = (name: string, settings: TrainJob['settings']): TrainJob =>
  shapesJob(
    { train },
    {
      out: path.join(dir, name),
      cache: path.join(dir, 'cache'),
      recipe: 'coop',
      classes: reference.names.map((name) => ({ name })),
      // One batch an epoch, so that the order of the images does not matter.
      settings: { batchSize: train.length, contextLength: reference.contextLength, ...settings },
    },
  )
const contextOf = (folder: string) => {
  const file = openSafetensors(path.join(folder, 'prompt.safetensors'))
  const context = file.float32('prompt.context')
  file.close()
  return context
}

let job: TrainJob
let result: ResultOf<'train'>
beforeAll(async () => {
  dir = temporaryFolder()
  job = asked('run', reference.settings)
  result = resultOf('train', await runJob(job, quiet))
})

test('the loss of each step is the reference’s', () => {
  expect(relativeError(result.loss, reference.losses)).toBeLessThan(1e-4)
  expect(reference.losses.at(-1)).toBeLessThan(reference.losses[0]! / 2) // something was learned
})

test('the learned context is the reference’s', () => {
  expect(relativeError(contextOf(job.out), floats(reference.context))).toBeLessThan(1e-3)
})

test('the classifier is the scale times the prompts’ embeddings, each read at its own end of text', () => {
  const { classes, weight } = readHead(job.out)
  expect(classes).toEqual(reference.names)
  expect(relativeError(weight, floats(reference.weight))).toBeLessThan(1e-3)
})

describe.each(forms)('with the name at the $position, tokens of each class: $classSpecific', ({ position, classSpecific, ...form }) => {
  const lr = 0.5
  test('one step has the reference’s loss and gradient, within 1e-3', async () => {
    const own = asked(`${position}-${classSpecific}`, { position, classSpecific, epochs: 1, lr, warmup: 0, momentum: 0, weightDecay: 0 })
    const { loss } = await runJob(own, quiet)
    expect(relativeError(loss, [form.loss])).toBeLessThan(1e-3)
    const base = await openModel(own.model)
    const before = startContext(base, {
      ...{ init: 'words', contextLength: reference.contextLength, seed: own.seed, recipe: 'coop' },
      ...(classSpecific && { classes: reference.names.length }),
    })
    base.close()
    const gradient = contextOf(own.out).map((x, i) => (before.data[i]! - x) / lr)
    expect(normError(gradient, floats(form.gradient))).toBeLessThan(1e-3)
    expect(relativeError(readHead(own.out).weight, floats(form.weight))).toBeLessThan(1e-3)
  })
})

test('the words nearest to the learned tokens are those that it started from while it has hardly moved, and are kept in a file', async () => {
  const own = asked('near', { epochs: 1, lr: 1e-6 })
  const { notes } = await runJob(own, quiet)
  expect(notes['prompt']).toBe('a p i cture')
  const { nearest } = JSON.parse(fs.readFileSync(path.join(own.out, 'prompt.json'), 'utf8')) as {
    nearest: { context: { word: string; distance: number }[] }[]
  }
  expect(nearest[0]!.context.map((c) => c.word).join(' ')).toBe('a p i cture')
  for (const { distance } of nearest[0]!.context) expect(distance).toBeLessThan(1e-3)
})

test('augmented images are embedded anew in each epoch; without augmentation an epoch is like the other', async () => {
  const still = { epochs: 2, lr: 1e-9, warmup: 0 }
  const [plain, varied] = [
    await runJob(asked('plain', still), quiet),
    await runJob(asked('varied', { ...still, augmentation: 'strong' }), quiet),
  ]
  expect(plain.loss[1]).toBeCloseTo(plain.loss[0]!, 5)
  expect(Math.abs(varied.loss[1]! - varied.loss[0]!)).toBeGreaterThan(1e-3)
})

test('a context that leaves no room for a name is refused in one line', async () => {
  await expect(runJob(asked('long', { contextLength: 14 }), quiet)).rejects.toThrow(/^contextLength: 14 leaves no room/)
})
