/** MaPLe against test/parity/engine/maple.py: the reference's prompts in the layers of transformers. */
import { expect, test } from 'vitest'
import { type EvaluateJob, predictionsOf } from '#shared/model/job.ts'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { imageFeature } from '../../../src-main/engine/models/model.ts'
import { VISUAL_PROMPTS } from '../../../src-main/engine/models/visual-prompts.ts'
import { Params } from '../../../src-main/engine/nn/params.ts'
import { MaplePrompts } from '../../../src-main/engine/recipes/maple-prompts.ts'
import { overlay } from '../../../src-main/engine/recipes/overlay.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { classify } from '../../../src-main/engine/tasks/classify.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError, relativeError } from '../../helpers/golden.ts'
import { quiet, recipeJobs, resumesToTheBit } from '../../helpers/recipe-jobs.ts'

const reference = golden<{
  names: string[]
  count: number
  depth: number
  pixels: GoldenTensor
  labels: GoldenTensor
  logits: GoldenTensor
  loss: number
  tensors: Record<string, GoldenTensor>
  gradients: Record<string, GoldenTensor>
}>('maple.json')

const jobs = recipeJobs('maple', { epochs: 3, lr: 0.05 })
const { job } = jobs

test('trains what the reference trains: logits, loss and gradients are its within 1e-3', async () => {
  const { base } = jobs
  const prompts = new MaplePrompts(base, reference.names, { contextLength: reference.count, depth: 9 })
  expect(prompts.depth).toBe(reference.depth)
  const own = new Map(Object.entries(reference.tensors).map(([name, t]) => [name, { shape: t.shape, data: floats(t) }]))
  expect(prompts.shapes()).toEqual(new Map([...own].map(([name, { shape }]) => [name, shape])))
  const graph = new Graph()
  const p = new Params(graph, overlay(base.weights, own), (name) => own.has(name))
  const y = prompts.logits(p, imageFeature(prompts.model(), p, graph.input('pixels', 'float32', reference.pixels.shape)))
  const loss = classify.loss(y, classify.inputs(graph, reference.labels.shape[0]!))
  graph.output('y', y)
  graph.output('loss', loss)
  const inputs = p.trainable.map(({ name }) => graph.inputs.find((v) => v.name === `w:${name}`)!)
  gradients(loss, inputs).forEach((g, i) => graph.output(p.trainable[i]!.name, g))
  const session = await Session.create(graph)
  const weights = [...own].map(([name, { shape, data }]) => [`w:${name}`, tensor(data, 'float32', shape)])
  const found = await session.run({
    ...{ pixels: feed(reference.pixels), labels: feed(reference.labels) },
    ...Object.fromEntries(weights),
  })
  await session.release()
  expect(relativeError(found['y']!.data as Float32Array, floats(reference.logits))).toBeLessThan(1e-3)
  expect(relativeError(found['loss']!.data as Float32Array, [reference.loss])).toBeLessThan(1e-3)
  expect(p.trainable.map(({ name }) => name).sort()).toEqual(Object.keys(reference.gradients).sort())
  for (const [name, g] of Object.entries(reference.gradients))
    expect(normError(found[name]!.data as Float32Array, floats(g)), name).toBeLessThan(1e-3)
})

test('learns its prompts and nothing else, and the checkpoint answers as it was judged', async () => {
  const { checkpoint, loss, notes, course, measured } = await runJob(job('learned', { epochs: 12, keep: 'best' }), quiet)
  expect(loss.at(-1)!).toBeLessThan(0.9 * loss[0]!)
  const { base } = jobs
  const tuned = await openModel(checkpoint)
  const { text } = tuned
  const changed = base.weights.names().filter((name) => tuned.weights.float32(name).some((x, i) => x !== base.weights.float32(name)[i]))
  expect(changed).toEqual([])
  expect(tuned.tensors.get(VISUAL_PROMPTS)!.shape).toEqual([2, 2, base.image.layers!.width])
  const [of, into] = [text!.width, base.image.layers!.width]
  expect(notes['parameters']).toBe(2 * (2 * of + into * of + into))
  tuned.close()
  expect(predictionsOf(measured)['val']!.accuracy).toBe(course!.judged!.values[course!.judged!.best - 1])
  const saved = openSafetensors(`${checkpoint}/prompt.safetensors`)
  expect([...saved.tensors.keys()].sort()).toEqual(Object.keys(reference.tensors).sort())
  saved.close()
  const again: EvaluateJob = {
    ...{ kind: 'evaluate', task: 'classify', checkpoint, cache: '', splits: jobs.splits, device: 'cpu', templates: null },
    classes: job('x').classes,
  }
  expect(predictionsOf((await runJob(again, quiet)).measured)['ood']!.accuracy).toBe(predictionsOf(measured)['ood']!.accuracy)
})

test('stopped and taken up again is bit for bit what it is in one go', () => {
  const settings = { accumulate: 2, batchSize: 3, augmentation: 'light', depth: 1 }
  return resumesToTheBit(job('whole', settings), job('parts', settings))
})

test('a model that takes no tokens is refused in one line', async () => {
  const refused = (family: string) => expect(runJob(job(family, {}, { model: goldenPath(`families/${family}`) }), quiet)).rejects
  await refused('siglip').toThrow(/^recipe maple: the .* tower of SigLIP takes no tokens/)
  await refused('vit').toThrow('recipe maple')
})
