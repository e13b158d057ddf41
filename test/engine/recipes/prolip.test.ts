/** ProLIP against test/parity/engine/prolip.py: the published mathematics in PyTorch. */
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { Params } from '../../../src-main/engine/nn/params.ts'
import { add } from '../../../src-main/engine/ops/index.ts'
import { projecting, projectionOf } from '../../../src-main/engine/recipes/records/prolip.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { classify } from '../../../src-main/engine/tasks/classify.ts'
import { readHead } from '../../../src-main/engine/weights/head.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError, relativeError } from '../../helpers/golden.ts'
import { shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'
import { quiet, resumesToTheBit } from '../../helpers/recipe-jobs.ts'

const coop = golden<{ names: string[]; labels: number[] }>('coop.json')
const reference = golden<{
  template: string
  lr: number
  steps: number
  hold: number
  penalty: number
  pooled: GoldenTensor
  texts: GoldenTensor
  apart: { loss: number; gradient: GoldenTensor }
  losses: number[]
  weight: GoldenTensor
}>('prolip.json')
const train = coop.labels.map((label, i) => ({ file: goldenPath(`coop/${i}.png`), label }))
const WEIGHT = 'visual_projection.weight'

let dir: string
beforeAll(() => {
  dir = temporaryFolder()
})
const job = (name: string, settings: TrainJob['settings'] = {}, more: Partial<TrainJob> = {}): TrainJob =>
  shapesJob(
    { train, val: train },
    {
      ...{ out: path.join(dir, name), cache: path.join(dir, 'cache'), recipe: 'prolip', templates: [reference.template] },
      ...{ classes: coop.names.map((n) => ({ name: n })), settings: { epochs: reference.steps, lr: reference.lr, ...settings } },
      ...more,
    },
  )

test('loss and gradient away from the start are PyTorch’s within 1e-3', async () => {
  const base = await openModel(TINY_CLIP)
  const start = base.weights.float32(WEIGHT)
  const classes = coop.names.length
  const head = { classes: coop.names, dim: base.dim, weight: floats(reference.texts), bias: new Float32Array(classes) }
  const { logits, penalty } = projecting(projectionOf(base), { head, start, lambda: reference.penalty })
  const graph = new Graph()
  const p = new Params(graph, base.weights, (name) => name === WEIGHT)
  const y = logits(p, graph.input('features', 'float32', reference.pooled.shape))
  const loss = add(classify.loss(y, classify.inputs(graph, train.length)), penalty(p))
  graph.output('loss', loss)
  const w = graph.inputs.find(({ name }) => name === `w:${WEIGHT}`)!
  graph.output('gradient', gradients(loss, [w])[0]!)
  const session = await Session.create(graph)
  const found = await session.run({
    features: feed(reference.pooled),
    ...classify.feeds(coop.labels.map((label) => ({ kind: 'class', class: label }))),
    [`w:${WEIGHT}`]: tensor(
      start.map((v) => (v * 17) / 16),
      'float32',
      w.shape,
    ),
  })
  await session.release()
  base.close()
  expect(relativeError(found['loss']!.data as Float32Array, [reference.apart.loss])).toBeLessThan(1e-3)
  expect(normError(found['gradient']!.data as Float32Array, floats(reference.apart.gradient))).toBeLessThan(1e-3)
})

test('its steps are Adam’s on all images, and nothing but the projection is another', async () => {
  const own = job('steps', { hold: reference.hold })
  const { loss, notes } = await runJob(own, quiet)
  expect(relativeError(loss, reference.losses)).toBeLessThan(1e-3)
  expect(notes).toMatchObject({ parameters: floats(reference.weight).length })
  expect(notes['lambda']).toBeCloseTo(reference.penalty, 9)
  const [tuned, base] = [await openModel(own.out), await openModel(TINY_CLIP)]
  const changed = tuned.weights.names().filter((name) => tuned.weights.float32(name).some((v, i) => v !== base.weights.float32(name)[i]))
  expect(changed).toEqual([WEIGHT])
  expect(normError(tuned.weights.float32(WEIGHT), floats(reference.weight))).toBeLessThan(1e-3)
  expect(relativeError(readHead(own.out).weight, floats(reference.texts))).toBeLessThan(1e-3)
  tuned.close()
  base.close()
})

test('the stronger it is held, the less it moves', async () => {
  const base = await openModel(TINY_CLIP)
  const start = base.weights.float32(WEIGHT)
  const moved = async (hold: number) => {
    const own = job(`held ${hold}`, { hold, epochs: 20 })
    await runJob(own, quiet)
    const tuned = await openModel(own.out)
    const by = normError(tuned.weights.float32(WEIGHT), start)
    tuned.close()
    return by
  }
  const [free, held, tight] = [await moved(0), await moved(10), await moved(1000)]
  expect(held).toBeLessThan(0.9 * free)
  expect(tight).toBeLessThan(0.5 * held)
  base.close()
})

test('stopped and taken up again is bit for bit what it is in one go', () =>
  resumesToTheBit(job('whole', { batchSize: 3, augmentation: 'light' }), job('parts', { batchSize: 3, augmentation: 'light' })))

test('an image tower without a projection is refused in one line', async () => {
  await expect(runJob(job('siglip', {}, { model: goldenPath('families/siglip') }), quiet)).rejects.toThrow(
    'recipe prolip: the image tower of SigLIP does not end in a projection that could be trained: take a CLIP',
  )
})
