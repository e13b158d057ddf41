/** LP++ against test/parity/engine/lp_plus.py: the published mathematics in PyTorch. */
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { predictionsOf } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { readHead } from '../../../src-main/engine/weights/head.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError, relativeError } from '../../helpers/golden.ts'
import { shapesJob, temporaryFolder } from '../../helpers/pictures.ts'

const coop = golden<{ names: string[]; labels: number[] }>('coop.json')
const reference = golden<{ losses: number[]; weight: GoldenTensor; bias: GoldenTensor; alpha: GoldenTensor }>('lp-plus.json')
const train = coop.labels.map((label, i) => ({ file: goldenPath(`coop/${i}.png`), label }))
const quiet = { onProgress: () => undefined, isCancelled: () => false }

let dir: string
beforeAll(() => {
  dir = temporaryFolder()
})
const job = (name: string, steps: number, val: typeof train = []) =>
  shapesJob(
    { train, val },
    {
      ...{ out: path.join(dir, name), cache: path.join(dir, 'cache'), recipe: 'lp-plus', settings: { steps } },
      classes: coop.names.map((name) => ({ name })),
    },
  )

test('the loss of each step, and the blended classifier, are PyTorch’s within 1e-3', async () => {
  const own = job('plain', reference.losses.length)
  const { loss, notes } = await runJob(own, quiet)
  expect(relativeError(loss, reference.losses)).toBeLessThan(1e-3)
  const { weight, bias } = readHead(own.out)
  expect(normError(weight, floats(reference.weight))).toBeLessThan(1e-3)
  expect(normError(bias, floats(reference.bias))).toBeLessThan(1e-3)
  const alpha = floats(reference.alpha)
  expect(notes['alpha']).toBeCloseTo(alpha.reduce((a, b) => a + b, 0) / alpha.length, 1)
})

test('the step that is best on val is kept', async () => {
  const own = job('judged', 40, train)
  const { measured } = await runJob(own, quiet)
  const { measured: first } = await runJob(job('first', 1, train), quiet)
  const of = (m: typeof measured) => predictionsOf(m)['val']!.accuracy
  expect(of(measured)).toBeGreaterThanOrEqual(of(first))
})
