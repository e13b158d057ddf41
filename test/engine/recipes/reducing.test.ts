/** Training on captions whose first steps see less of images and texts, against test/parity/engine/views.py. */
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
import { Params } from '../../../src-main/engine/nn/params.ts'
import { ofTowers } from '../../../src-main/engine/recipes/caption-tune.ts'
import { pairLossOf } from '../../../src-main/engine/recipes/pair-loss.ts'
import { type Pair, sameFeed, shareFeed, textFeeds } from '../../../src-main/engine/recipes/pairs.ts'
import { keptPatches } from '../../../src-main/engine/recipes/reducing.ts'
import type { Run } from '../../../src-main/engine/recipes/run.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError } from '../../helpers/golden.ts'
import { filesOf, shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const reference = golden<{
  kept: number[][]
  length: number
  cases: Record<'flip', { loss: number; gradients: Record<string, GoldenTensor> }>
}>('views.json')
const { captions } = golden<{ captions: string[] }>('pairs.json')
const n = captions.length
const pairs: Pair[] = captions.map((text, row) => ({ of: { row, captions: [text], label: -1 }, text, caption: 0 }))
const train = captions.map((text, i) => ({ file: goldenPath(`coop/${i}.png`), label: 0, captions: [text] }))
const quiet = { onProgress: () => undefined, isCancelled: () => false }

let dir: string
let base: Model
beforeAll(async () => {
  dir = temporaryFolder()
  base = await openModel(TINY_CLIP)
})
afterAll(() => base.close())

test('with some of the patches and shorter texts, the loss is PyTorch’s within 1e-5 and gradients within 1e-3', async () => {
  const { height, width } = outputSize(base.preprocess)
  const each = 3 * height * width
  const pixels = new Float32Array(n * each)
  const images = new Images(train, new PixelStore(0))
  for (const row of train.keys()) preprocess(await images.pixels(row, base.preprocess.deep), base.preprocess, pixels, row * each)
  const k = reference.kept[0]!.length
  const text = base.text!
  const graph = new Graph()
  const p = new Params(graph, base.weights, (name) => ofTowers(base.tensors.get(name)!))
  const image = keptPatches(base, { height, width }, k / 16).embed(p, graph.input('pixels', 'float32', [n, 3, height, width]))
  const words = text.embed(p, text.tokens(p, graph.input('ids', 'int32', [n, reference.length])), graph.input('at', 'int32', [n]))
  const { loss: lossOf } = pairLossOf(base, { loss: 'softmax', temperature: 1, bias: 0 })
  const logits = base.similarity!.logits(p, image, words)
  const loss = lossOf(p, graph, { logits, image, text: words }, graph.input('share', 'float32', [n]))
  const { loss: expected, gradients: wanted } = reference.cases.flip
  const names = Object.keys(wanted)
  gradients(
    loss,
    names.map((of) => graph.inputs.find((v) => v.name === `w:${of}`)!),
  ).forEach((g, i) => graph.output(names[i]!, g))
  graph.output('loss', loss)
  const session = await Session.create(graph)
  const weights = p.trainable.map(({ name, shape }) => [`w:${name}`, tensor(base.weights.float32(name), 'float32', shape)] as const)
  const found = await session.run({
    ...Object.fromEntries(weights),
    pixels: tensor(pixels, 'float32', [n, 3, height, width]),
    kept: tensor(Int32Array.from(reference.kept.flatMap((own, row) => own.map((at) => row * 16 + at))), 'int32', [n, k]),
    ...textFeeds({ model: base } as Run, text, captions, reference.length),
    ...sameFeed(pairs),
    share: shareFeed(pairs.map(() => 1)),
  })
  await session.release()
  expect(Math.abs((found['loss']!.data as Float32Array)[0]! - expected)).toBeLessThan(1e-5)
  for (const of of names) expect(normError(found[of]!.data as Float32Array, floats(wanted[of]!)), of).toBeLessThan(1e-3)
})

test('patches are kept in their order, each once, others in each step, the same whatever the batch', () => {
  const { feeds } = keptPatches(base, { height: 32, width: 32 }, 0.4)
  const kept = (step: number, rows: number[]) => Array.from(feeds(3, step, rows)['kept']!.data as Int32Array)
  const [own, other] = [kept(0, [5]), kept(1, [5])]
  expect(own).toHaveLength(6)
  expect(own).toEqual([...new Set(own)].sort((a, b) => a - b))
  expect(own.every((at) => at >= 0 && at < 16)).toBe(true)
  expect(other).not.toEqual(own)
  expect(kept(0, [2, 5]).slice(6)).toEqual(own.map((at) => 16 + at))
  const often = new Int32Array(16)
  for (let step = 0; step < 400; step++) for (const at of kept(step, [1])) often[at]!++
  expect(Math.min(...often)).toBeGreaterThan(100) // 150 on average
})

test('a tower whose layers are not given all patches is refused', () => {
  const fake = { family: { name: 'Windows' }, image: { patch: 8, embed: (_: Params, x: unknown) => x } } as unknown as Model
  const graph = new Graph()
  const pixels = graph.input('pixels', 'float32', [1, 3, 16, 16])
  const some = keptPatches(fake, { height: 16, width: 16 }, 0.5)
  expect(() => some.embed(new Params(graph, base.weights), pixels)).toThrow('patchShare: the image tower of Windows needs all patches')
})

const job = (name: string, settings: TrainJob['settings'] = {}, recipe = 'captions'): TrainJob =>
  shapesJob(
    { train, val: train },
    {
      ...{ out: path.join(dir, name), cache: path.join(dir, 'cache'), recipe, classes: [] },
      settings: { epochs: 1, lr: 1e-3, warmup: 0, ...settings },
    },
  )
const less = { augmentation: 'none', reducedShare: 0.5, patchShare: 0.5, sideShare: 0.75, textTokens: 5 }

test('stopped in either part and taken up again is bit for bit what it is in one go, and all is seen at the end', async () => {
  const settings = { ...less, epochs: 4, batchSize: 3 }
  const done = await runJob(job('whole', settings), quiet)
  expect(done.steps).toBe(12)
  for (const stop of [3, 8]) {
    const parts = job(`parts-${stop}`, settings)
    let steps = 0
    const stopping = {
      onProgress: ({ phase }: { phase: string }) => void (phase === 'training' && steps++),
      isCancelled: () => steps >= stop,
    }
    await expect(runJob(parts, stopping)).rejects.toThrow('cancelled')
    expect((await runJob(parts, quiet)).loss).toEqual(done.loss)
    expect(filesOf(parts.out)['model.safetensors']).toEqual(filesOf(job('whole').out)['model.safetensors'])
  }
  const [plain, all] = [
    await runJob(job('plain', { ...settings, reducedShare: 0 }), quiet),
    await runJob(job('all', { ...settings, reducedShare: 1 }), quiet),
  ]
  expect(all.loss.slice(0, 6)).toEqual(done.loss.slice(0, 6))
  expect(all.loss[6]).not.toBe(done.loss[6])
  expect(plain.loss[0]).not.toBe(done.loss[0])
})

test('it learns, with a large batch encoded in slices too, and so does LiT by shorter texts', async () => {
  const settings = { ...less, epochs: 30, batchSize: 3, effectiveBatch: 9 }
  for (const recipe of ['captions', 'lit']) {
    const { augmentation, patchShare, sideShare, ...rest } = settings
    const done = await runJob(
      job(`learns-${recipe}`, recipe === 'lit' ? rest : { ...rest, augmentation, patchShare, sideShare }, recipe),
      quiet,
    )
    expect(done.loss.at(-1)!).toBeLessThan(0.85 * done.loss[0]!)
    const tuned = await openModel(done.checkpoint)
    expect(tuned.image.size).toBe(base.image.size)
    tuned.close()
  }
})
