/** FLYP against test/parity/engine/flyp.py: the reference's loss in PyTorch, on captions of the classes. */
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { PixelStore } from '../../../src-main/engine/data/cache.ts'
import { Images } from '../../../src-main/engine/data/images.ts'
import { outputSize, preprocess } from '../../../src-main/engine/data/preprocess.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { captionFeeds, captionStep } from '../../../src-main/engine/recipes/captioned.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { zeroShotHead } from '../../../src-main/engine/tasks/embed.ts'
import { readHead } from '../../../src-main/engine/weights/head.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError, relativeError } from '../../helpers/golden.ts'
import { filesOf, shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const coop = golden<{ names: string[]; labels: number[] }>('coop.json')
const reference = golden<{
  template: string
  cases: Record<'collisions' | 'masked', { loss: number; gradients: Record<string, GoldenTensor> }>
}>('flyp.json')
const train = coop.labels.map((label, i) => ({ file: goldenPath(`coop/${i}.png`), label }))
const classes = coop.names.map((name) => ({ name }))
const quiet = { onProgress: () => undefined, isCancelled: () => false }

let dir: string
let base: Model
beforeAll(async () => {
  dir = temporaryFolder()
  base = await openModel(TINY_CLIP)
})
afterAll(() => base.close())
const job = (name: string, settings: TrainJob['settings'] = {}): TrainJob =>
  shapesJob(
    { train, val: train },
    {
      ...{ out: path.join(dir, name), cache: path.join(dir, 'cache'), recipe: 'flyp', classes, templates: [reference.template] },
      settings: { epochs: 1, augmentation: 'none', lr: 1e-3, warmup: 0, ...settings },
    },
  )

test.each(['collisions', 'masked'] as const)('%s: loss and gradients are PyTorch’s within 1e-3', async (which) => {
  const { loss: expected, gradients: wanted } = reference.cases[which]
  const graph = new Graph()
  const { height, width } = outputSize(base.preprocess)
  const b = train.length
  const pixels = new Float32Array(b * 3 * height * width)
  const images = new Images(train, new PixelStore(0))
  for (const row of train.keys())
    preprocess(await images.pixels(row, base.preprocess.deep), base.preprocess, pixels, row * 3 * height * width)
  const step = captionStep(base, { height, width })
  const p = step.params(graph)
  const loss = step.loss(p, graph, b, step.embed(p, graph, b))
  const names = Object.keys(wanted)
  const weights = names.map((name) => graph.inputs.find((v) => v.name === `w:${name}`)!)
  gradients(loss, weights).forEach((g, i) => graph.output(names[i]!, g))
  graph.output('loss', loss)
  const session = await Session.create(graph)
  const { texts, pairs } = captionFeeds({ model: base, o: { classes, templates: [reference.template] } }, which === 'collisions')
  const told = coop.labels.map((label) => ({ label, caption: 0 }))
  const found = await session.run({
    pixels: tensor(pixels, 'float32', [b, 3, height, width]),
    ...texts(told),
    ...pairs(told),
    ...Object.fromEntries(p.trainable.map(({ name, shape }) => [`w:${name}`, tensor(base.weights.float32(name), 'float32', shape)])),
  })
  await session.release()
  expect(relativeError(found['loss']!.data as Float32Array, [expected])).toBeLessThan(1e-3)
  for (const name of names) expect(normError(found[name]!.data as Float32Array, floats(wanted[name]!)), name).toBeLessThan(1e-3)
})

test('the first loss is the reference’s; both towers are trained, and the classifier is the tuned model’s zero-shot one', async () => {
  const own = job('both', { collisions: true })
  const { loss, checkpoint } = await runJob(own, quiet)
  expect(relativeError(loss, [reference.cases.collisions.loss])).toBeLessThan(1e-3)
  const tuned = await openModel(checkpoint)
  const parts = new Set(
    [...tuned.tensors]
      .filter(([name]) => tuned.weights.float32(name).some((x, i) => x !== base.weights.float32(name)[i]))
      .map(([, { part }]) => part),
  )
  expect([...parts].sort()).toEqual(['image', 'joint', 'text'])
  const head = await zeroShotHead(tuned, classes, [reference.template])
  expect(relativeError(readHead(checkpoint).weight, head.weight)).toBeLessThan(1e-5)
  tuned.close()
})

test('an effective batch of several batches has the loss of one large batch; accumulating besides is refused', async () => {
  const [whole, sliced] = [
    await runJob(job('large', { epochs: 3, keep: 'best' }), quiet),
    await runJob(job('sliced', { epochs: 3, keep: 'best', batchSize: 3, effectiveBatch: 9 }), quiet),
  ]
  sliced.loss.forEach((x, i) => expect(Math.abs(x - whole.loss[i]!)).toBeLessThan(1e-3))
  sliced.course!.judged!.values.forEach((x, i) => expect(Math.abs(x - whole.course!.judged!.values[i]!)).toBeLessThan(1e-3))
  await expect(runJob(job('twice', { batchSize: 3, effectiveBatch: 9, accumulate: 2 }), quiet)).rejects.toThrow('choose one of them')
})

test('learns', async () => {
  const { loss } = await runJob(job('learns', { epochs: 12 }), quiet)
  expect(loss.at(-1)!).toBeLessThan(0.7 * loss[0]!)
})

test('stopped and taken up again is bit for bit what it is in one go', async () => {
  const [whole, parts] = [job('whole', { epochs: 3 }), job('parts', { epochs: 3 })]
  const { loss } = await runJob(whole, quiet)
  let steps = 0
  const stopping = { onProgress: ({ phase }: { phase: string }) => void (phase === 'training' && steps++), isCancelled: () => steps >= 2 }
  await expect(runJob(parts, stopping)).rejects.toThrow('cancelled')
  expect((await runJob(parts, quiet)).loss).toEqual(loss)
  expect(filesOf(parts.out)['model.safetensors']).toEqual(filesOf(whole.out)['model.safetensors'])
})
