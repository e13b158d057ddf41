/** Tip-Adapter and Tip-Adapter-F against test/parity/engine/tip.py: the published mathematics in PyTorch. */
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { mergeCheckpoints } from '../../../src-main/engine/merge/merge.ts'
import { cacheLogits, withCache } from '../../../src-main/engine/recipes/cache-model.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { classify } from '../../../src-main/engine/tasks/classify.ts'
import { headLogits } from '../../../src-main/engine/tasks/head-logits.ts'
import { readHead, rowsOfHead } from '../../../src-main/engine/weights/head.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError, relativeError } from '../../helpers/golden.ts'
import { filesOf, shapesJob, temporaryFolder } from '../../helpers/pictures.ts'

const coop = golden<{ names: string[]; labels: number[]; features: GoldenTensor }>('coop.json')
const reference = golden<{
  judged: number[]
  weight: GoldenTensor
  searched: { alpha: number; beta: number; accuracy: number }
  logits: GoldenTensor
  loss: number
  gradient: GoldenTensor
  keys: GoldenTensor
}>('tip.json')
const items = (labels: readonly number[]) => labels.map((label, i) => ({ file: goldenPath(`coop/${i}.png`), label }))
const splits = { train: items(coop.labels), val: items(reference.judged) }
const [n, dim] = coop.features.shape as [number, number]
const classes = coop.names.length
const quiet = { onProgress: () => undefined, isCancelled: () => false }

let dir: string
beforeAll(() => {
  dir = temporaryFolder()
})
const job = (recipe: string, name: string, settings: TrainJob['settings'] = {}): TrainJob =>
  shapesJob(splits, {
    out: path.join(dir, name),
    cache: path.join(dir, 'cache'),
    recipe,
    classes: coop.names.map((name) => ({ name })),
    settings: { augmentation: 'none', ...settings },
  })

test('without training: keys, values, and the alpha and beta that the search finds', async () => {
  const own = job('tip-adapter', 'free')
  const { notes, measured } = await runJob(own, quiet)
  const head = readHead(own.out)
  expect(relativeError(head.weight, floats(reference.weight))).toBeLessThan(1e-3)
  expect(relativeError(head.cache!.keys, floats(coop.features))).toBeLessThan(1e-3)
  expect(notes['alpha']).toBeCloseTo(reference.searched.alpha, 6)
  expect(notes['beta']).toBeCloseTo(reference.searched.beta, 6)
  expect(relativeError(headLogits(floats(coop.features), head), floats(reference.logits))).toBeLessThan(1e-3)
  expect(measured.splits['val']).toMatchObject({ accuracy: reference.searched.accuracy })
})

test('the loss, and the gradient of the keys, are PyTorch’s within 1e-3', async () => {
  const graph = new Graph()
  const [x, keys] = [graph.input('x', 'float32', [n, dim]), graph.input('keys', 'float32', [n, dim])]
  const values = graph.constant(
    Float32Array.from({ length: n * classes }, (_, i) => Number(coop.labels[Math.floor(i / classes)] === i % classes)),
    'float32',
    [n, classes],
  )
  const weight = graph.constant(floats(reference.weight), 'float32', [classes, dim])
  const bias = graph.constant(new Float32Array(classes), 'float32', [classes])
  const y = withCache(x, weight, bias, cacheLogits(x, keys, values, { alpha: 1, beta: 1 }))
  const loss = classify.loss(y, classify.inputs(graph, n))
  graph.output('loss', loss)
  graph.output('gradient', gradients(loss, [keys])[0]!)
  const session = await Session.create(graph)
  const features = tensor(floats(coop.features), 'float32', [n, dim])
  const labels = coop.labels.map((label) => ({ kind: 'class' as const, class: label }))
  const found = await session.run({ x: features, keys: features, ...classify.feeds(labels) })
  await session.release()
  expect(relativeError(found['loss']!.data as Float32Array, [reference.loss])).toBeLessThan(1e-3)
  expect(normError(found['gradient']!.data as Float32Array, floats(reference.gradient))).toBeLessThan(1e-3)
})

test('Tip-Adapter-F: the loss of the first step and the keys after it', async () => {
  const own = job('tip-adapter-f', 'tuned', { epochs: 1 })
  const { loss, notes } = await runJob(own, quiet)
  expect(relativeError(loss, [reference.loss])).toBeLessThan(1e-3)
  expect(notes['parameters']).toBe(n * dim)
  const moved = (keys: Float32Array) => keys.map((x, i) => x - floats(coop.features)[i]!)
  expect(normError(moved(readHead(own.out).cache!.keys), moved(floats(reference.keys)))).toBeLessThan(1e-2)
})

test('keys are means over varied views, of length 1', async () => {
  const own = job('tip-adapter', 'varied', { augmentation: 'strong', views: 3, betaSteps: 2 })
  await runJob(own, quiet)
  const { keys } = readHead(own.out).cache!
  for (let i = 0; i < n; i++) expect(Math.hypot(...keys.subarray(i * dim, (i + 1) * dim))).toBeCloseTo(1, 5)
  expect(normError(keys, floats(coop.features))).toBeGreaterThan(1e-3)
})

test('stopped and taken up again, Tip-Adapter-F is bit for bit what it is in one go', async () => {
  const settings = { epochs: 3, betaSteps: 3 }
  const [whole, parts] = [job('tip-adapter-f', 'whole', settings), job('tip-adapter-f', 'parts', settings)]
  const { loss } = await runJob(whole, quiet)
  let steps = 0
  const stopping = { onProgress: ({ phase }: { phase: string }) => void (phase === 'training' && steps++), isCancelled: () => steps >= 2 }
  await expect(runJob(parts, stopping)).rejects.toThrow('cancelled')
  expect((await runJob(parts, quiet)).loss).toEqual(loss)
  expect(filesOf(parts.out)['head.safetensors']).toEqual(filesOf(whole.out)['head.safetensors'])
})

test('a classifier of some of the classes in another order keeps the cache’s answers', () => {
  const head = readHead(path.join(dir, 'free'))
  const [all, some] = [headLogits(floats(coop.features), head), headLogits(floats(coop.features), rowsOfHead(head, [2, 0]))]
  for (let i = 0; i < n; i++) {
    expect(some[i * 2]).toBe(all[i * classes + 2])
    expect(some[i * 2 + 1]).toBe(all[i * classes])
  }
})

test('a blend keeps the cache; one with a model without it is refused', async () => {
  await runJob({ ...job('zero-shot', 'plain'), settings: {} }, quiet)
  const [free, tuned, plain] = ['free', 'tuned', 'plain'].map((name) => path.join(dir, name)) as [string, string, string]
  const out = path.join(dir, 'soup')
  await mergeCheckpoints({ method: { name: 'uniform' }, ingredients: [free, tuned], out })
  expect(readHead(out).cache!.keys).toHaveLength(n * dim)
  await expect(mergeCheckpoints({ method: { name: 'uniform' }, ingredients: [free, plain], out: `${out}2` })).rejects.toThrow(/cache\./)
})
