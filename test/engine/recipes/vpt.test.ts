/** Visual prompt tuning against test/parity/engine/vpt.py: the reference's prompts in the layers of transformers. */
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type EvaluateJob, predictionsOf } from '#shared/model/job.ts'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { PixelStore } from '../../../src-main/engine/data/cache.ts'
import { Images } from '../../../src-main/engine/data/images.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { mergeCheckpoints } from '../../../src-main/engine/merge/merge.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { imageFeature } from '../../../src-main/engine/models/model.ts'
import { VISUAL_PROMPTS, withVisualPrompts } from '../../../src-main/engine/models/visual-prompts.ts'
import { Params } from '../../../src-main/engine/nn/params.ts'
import { gemm, mul } from '../../../src-main/engine/ops/index.ts'
import { overlay, withParts } from '../../../src-main/engine/recipes/overlay.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { classify } from '../../../src-main/engine/tasks/classify.ts'
import { imageFeatures } from '../../../src-main/engine/tasks/embed.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError, relativeError } from '../../helpers/golden.ts'
import { quiet, recipeJobs, resumesToTheBit } from '../../helpers/recipe-jobs.ts'

const reference = golden<{
  count: number
  pixels: GoldenTensor
  labels: GoldenTensor
  head: GoldenTensor
  cases: { depth: number; prompts: GoldenTensor; logits: GoldenTensor; loss: number; gradient: GoldenTensor }[]
}>('vpt.json')

const jobs = recipeJobs('vpt', { epochs: 3, lr: 1e-1, tokens: 4 })
const { job } = jobs

test.each(reference.cases)('prompts in $depth layers: logits, loss and gradient are the reference’s within 1e-3', async (of) => {
  const model = withParts(jobs.base, withVisualPrompts(jobs.base, { count: reference.count, depth: of.depth }))
  const source = overlay(jobs.base.weights, new Map([[VISUAL_PROMPTS, { shape: of.prompts.shape, data: floats(of.prompts) }]]))
  const graph = new Graph()
  const p = new Params(graph, source, (name) => name === VISUAL_PROMPTS)
  const feature = imageFeature(model, p, graph.input('pixels', 'float32', reference.pixels.shape))
  const head = graph.constant(floats(reference.head), 'float32', reference.head.shape)
  const logits = mul(gemm(feature, head, undefined, { transB: true }), 10)
  const loss = classify.loss(logits, classify.inputs(graph, reference.labels.shape[0]!))
  const weights = graph.inputs.find((v) => v.name === `w:${VISUAL_PROMPTS}`)!
  graph.output('y', logits)
  graph.output('loss', loss)
  graph.output('gradient', gradients(loss, [weights])[0]!)
  const session = await Session.create(graph)
  const found = await session.run({
    pixels: feed(reference.pixels),
    labels: feed(reference.labels),
    [weights.name]: tensor(floats(of.prompts), 'float32', of.prompts.shape),
  })
  await session.release()
  expect(relativeError(found['y']!.data as Float32Array, floats(of.logits))).toBeLessThan(1e-3)
  expect(relativeError(found['loss']!.data as Float32Array, [of.loss])).toBeLessThan(1e-3)
  expect(normError(found['gradient']!.data as Float32Array, floats(of.gradient))).toBeLessThan(1e-3)
})

describe.each(['shallow', 'deep'] as const)('%s', (layers) => {
  test('trains its tokens and the head, and nothing else; the checkpoint opens with them and answers as it was trained', async () => {
    const { checkpoint, loss, notes, measured } = await runJob(job(layers, { layers, epochs: 8 }), quiet)
    expect(loss.at(-1)!).toBeLessThan(0.8 * loss[0]!)
    const tuned = await openModel(checkpoint)
    const changed = jobs.base.weights
      .names()
      .filter((name) => tuned.weights.float32(name).some((x, i) => x !== jobs.base.weights.float32(name)[i]))
    expect(changed).toEqual([])
    const depth = layers === 'deep' ? jobs.base.image.layers!.names.length : 1
    expect(tuned.tensors.get(VISUAL_PROMPTS)!.shape).toEqual([depth, 4, jobs.base.image.layers!.width])
    expect(notes['parameters']).toBe(depth * 4 * jobs.base.image.layers!.width)
    tuned.close()
    const evaluated: EvaluateJob = {
      ...{
        kind: 'evaluate',
        task: 'classify',
        checkpoint,
        cache: '',
        splits: jobs.splits,
        device: 'cpu',
        templates: null,
        classes: job('x').classes,
      },
    }
    const again = await runJob(evaluated, quiet)
    expect(predictionsOf(again.measured)['train']!.accuracy).toBe(predictionsOf(measured)['train']!.accuracy)
  })
})

test('the tokens matter: the features are others than those of the base, and of other tokens', async () => {
  const images = () => new Images([...jobs.splits['train']!], new PixelStore(0))
  const of = async (name: string) => {
    const model = await openModel(path.join(jobs.dir, name))
    const features = await imageFeatures(model, images())
    model.close()
    return features
  }
  const [deep, shallow, plain] = [await of('deep'), await of('shallow'), await imageFeatures(jobs.base, images())]
  for (const [x, y] of [
    [deep, plain],
    [shallow, plain],
    [deep, shallow],
  ] as const)
    expect(normError(x, y)).toBeGreaterThan(1e-3)
})

test('stopped and taken up again is bit for bit what it is in one go', () => resumesToTheBit(job('whole'), job('parts')))

test('it is fine-tuned, prompts included, and blended with its like', async () => {
  const from = path.join(jobs.dir, 'whole')
  const { checkpoint } = await runJob(
    job('tuned', { tokens: undefined as never }, { recipe: 'ft', model: from, settings: { epochs: 1, batchSize: 6, lr: 1e-2 } }),
    quiet,
  )
  const [before, after] = [await openModel(from), await openModel(checkpoint)]
  expect(after.weights.float32(VISUAL_PROMPTS)).not.toEqual(before.weights.float32(VISUAL_PROMPTS))
  before.close()
  after.close()
  const out = path.join(jobs.dir, 'soup')
  await mergeCheckpoints({ method: { name: 'uniform' }, ingredients: [from, checkpoint], out })
  const soup = await openModel(out)
  expect(soup.tensors.has(VISUAL_PROMPTS)).toBe(true)
  soup.close()
})

test('a model without room for tokens, or with some already, is refused in one line', async () => {
  await expect(runJob(job('twice', {}, { model: path.join(jobs.dir, 'whole') }), quiet)).rejects.toThrow(
    /^recipe vpt: the model has visual prompts already/,
  )
  const siglip = job('siglip', { head: 'random' }, { model: goldenPath('families/siglip') })
  await expect(runJob(siglip, quiet)).rejects.toThrow(/^recipe vpt: the image tower of SigLIP takes no tokens/)
})

test.each(['vit', 'deit-teacher', 'dinov2'])('%s is tuned by prompts', async (name) => {
  const { checkpoint, loss } = await runJob(
    job(`of-${name}`, { head: 'random', epochs: 1 }, { model: goldenPath(`families/${name}`) }),
    quiet,
  )
  expect(loss.every(Number.isFinite)).toBe(true)
  ;(await openModel(checkpoint)).close()
})
