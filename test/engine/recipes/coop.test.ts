/** Prompt tuning against CoOp as test/parity/engine/coop.py computes it: towers, gradient and update written out in NumPy. */
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { resultOf, type ResultOf, type TrainJob } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { readHead } from '../../../src-main/engine/weights/head.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { floats, golden, goldenPath, type GoldenTensor, relativeError } from '../../helpers/golden.ts'
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

let job: TrainJob
let result: ResultOf<'train'>
beforeAll(async () => {
  const dir = temporaryFolder()
  job = shapesJob(
    { train },
    {
      out: path.join(dir, 'run'),
      cache: path.join(dir, 'cache'),
      recipe: 'coop',
      classes: reference.names.map((name) => ({ name })),
      // One batch an epoch, so that the order of the images does not matter.
      settings: { ...reference.settings, batchSize: train.length, contextLength: reference.contextLength },
    },
  )
  result = resultOf('train', await runJob(job, { onProgress: () => undefined, isCancelled: () => false }))
})

test('the loss of each step is the reference’s', () => {
  expect(relativeError(result.loss, reference.losses)).toBeLessThan(1e-4)
  expect(reference.losses.at(-1)).toBeLessThan(reference.losses[0]! / 2) // something was learned
})

test('the learned context is the reference’s', () => {
  const file = openSafetensors(path.join(job.out, 'prompt.safetensors'))
  expect(relativeError(file.float32('prompt.context'), floats(reference.context))).toBeLessThan(1e-3)
  file.close()
})

test('the classifier is the scale times the prompts’ embeddings, each read at its own end of text', () => {
  const { classes, weight } = readHead(job.out)
  expect(classes).toEqual(reference.names)
  expect(relativeError(weight, floats(reference.weight))).toBeLessThan(1e-3)
})
