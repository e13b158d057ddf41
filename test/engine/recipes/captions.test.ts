/** Training on captions against test/parity/engine/pairs.py: PyTorch's losses and gradients, and one large batch from slices. */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { PixelStore } from '../../../src-main/engine/data/cache.ts'
import { Images } from '../../../src-main/engine/data/images.ts'
import { outputSize, preprocess } from '../../../src-main/engine/data/preprocess.ts'
import { Graph, type Value } from '../../../src-main/engine/graph/graph.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { adamW } from '../../../src-main/engine/optim/optimizer.ts'
import { type ContrastStep, contrastTrainer } from '../../../src-main/engine/recipes/contrast-trainer.ts'
import { ofTowers } from '../../../src-main/engine/recipes/caption-tune.ts'
import { overlay, type OwnTensor } from '../../../src-main/engine/recipes/overlay.ts'
import { pairLossOf, softTargetLoss } from '../../../src-main/engine/recipes/pair-loss.ts'
import { checkPairs, type Pair, sameFeed, shareFeed, targetFeeds, textFeeds } from '../../../src-main/engine/recipes/pairs.ts'
import { Run } from '../../../src-main/engine/recipes/run.ts'
import { imageFeatures, textFeatures, zeroShotHead } from '../../../src-main/engine/tasks/embed.ts'
import { captionWeights } from '../../../src-main/engine/recipes/caption-quality.ts'
import { Params } from '../../../src-main/engine/nn/params.ts'
import { Session, type Tensor, tensor } from '../../../src-main/engine/runtime/session.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError } from '../../helpers/golden.ts'
import { filesOf, shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const reference = golden<{
  captions: string[]
  cases: Record<'softmax' | 'sigmoid' | 'weighted' | 'unicl', { loss: number; gradients: Record<string, GoldenTensor> }>
}>('pairs.json')
const { labels } = golden<{ labels: number[] }>('coop.json')
const n = labels.length
const pairs: Pair[] = reference.captions.map((text, row) => ({ of: { row, captions: [text], label: labels[row]! }, text, caption: 0 }))
const train = reference.captions.map((text, i) => ({ file: goldenPath(`coop/${i}.png`), label: 0, captions: [text] }))
const quiet = { onProgress: () => undefined, isCancelled: () => false }
const even = shareFeed(pairs.map(() => 1))
const start = { temperature: 10, bias: -10 }

let dir: string
let base: Model
let slices: (of: number) => Record<string, Tensor>[]
beforeAll(async () => {
  dir = temporaryFolder()
  base = await openModel(TINY_CLIP)
  const { height, width } = outputSize(base.preprocess)
  const size = 3 * height * width
  const pixels = new Float32Array(n * size)
  const images = new Images(train, new PixelStore(0))
  for (const row of train.keys()) preprocess(await images.pixels(row, base.preprocess.deep), base.preprocess, pixels, row * size)
  slices = (of) =>
    Array.from({ length: n / of }, (_, k) => ({
      pixels: tensor(pixels.slice(k * of * size, (k + 1) * of * size), 'float32', [of, 3, height, width]),
      ...textFeeds({ model: base } as Run, base.text!, reference.captions.slice(k * of, (k + 1) * of), base.text!.context),
    }))
})
afterAll(() => base.close())

/** Both towers of the small CLIP, trained by a loss. */
function stepOf(own: ReadonlyMap<string, OwnTensor>, loss: (p: Params, graph: Graph, logits: Value) => Value): ContrastStep {
  const { height, width } = outputSize(base.preprocess)
  const source = overlay(base.weights, own)
  const isTrained = (name: string) => own.has(name) || ofTowers(base.tensors.get(name)!)
  return {
    params: (graph) => new Params(graph, source, isTrained),
    embed: (p, graph, b) => ({
      image: base.image.embed(p, graph.input('pixels', 'float32', [b, 3, height, width])),
      text: base.text!.embed(
        p,
        base.text!.tokens(p, graph.input('ids', 'int32', [b, base.text!.context])),
        graph.input('at', 'int32', [b]),
      ),
    }),
    loss: (p, graph, _n, { image, text }) => loss(p, graph, base.similarity!.logits(p, image, text)),
  }
}

const share = (graph: Graph) => graph.input('share', 'float32', [n])
function caseOf(name: keyof typeof reference.cases) {
  if (name === 'unicl') {
    const ofClasses = pairs.map((pair) => ({ ...pair, caption: -1 }))
    const step = stepOf(new Map(), (p, graph, logits) =>
      softTargetLoss.loss(p, graph, { logits, image: logits, text: logits }, share(graph)),
    )
    return { own: new Map<string, OwnTensor>(), step, feeds: { ...softTargetLoss.feeds(ofClasses), share: even } }
  }
  const { own = new Map<string, OwnTensor>(), loss } = pairLossOf(base, { loss: name === 'sigmoid' ? 'sigmoid' : 'softmax', ...start })
  const weights = name === 'weighted' ? shareFeed(pairs.map((_, i) => i + 1)) : even
  const step = stepOf(own, (p, graph, logits) => loss(p, graph, { logits, image: logits, text: logits }, share(graph)))
  return { own, step, feeds: { ...sameFeed(pairs), share: weights } }
}

describe.each(['softmax', 'sigmoid', 'weighted', 'unicl'] as const)('%s', (name) => {
  test('the loss is PyTorch’s within 1e-5, and gradients within 1e-3', async () => {
    const { loss: expected, gradients: wanted } = reference.cases[name]
    const { own, step, feeds } = caseOf(name)
    const graph = new Graph()
    const p = step.params(graph)
    const loss = step.loss(p, graph, n, step.embed(p, graph, n))
    const names = Object.keys(wanted)
    const inputs = names.map((of) => graph.inputs.find((v) => v.name === `w:${of}`)!)
    gradients(loss, inputs).forEach((g, i) => graph.output(names[i]!, g))
    graph.output('loss', loss)
    const session = await Session.create(graph)
    const source = overlay(base.weights, own)
    const weights = p.trainable.map(({ name: of, shape }) => [`w:${of}`, tensor(source.float32(of), 'float32', shape)] as const)
    const found = await session.run({ ...Object.fromEntries(weights), ...slices(n)[0], ...feeds })
    await session.release()
    expect(Math.abs((found['loss']!.data as Float32Array)[0]! - expected)).toBeLessThan(1e-5)
    for (const of of names) expect(normError(found[of]!.data as Float32Array, floats(wanted[of]!)), of).toBeLessThan(1e-3)
  })

  test('slices give the loss and the gradient of one large batch within 1e-4', async () => {
    const { own, step, feeds } = caseOf(name)
    const source = overlay(base.weights, own)
    // After one step of AdamW the first moment is a tenth of the gradient.
    const gradientOf = async (batch: number) => {
      const parts = slices(batch)
      const options = { optimizer: adamW(), accumulate: parts.length }
      const given = { slice: (_step: number, micro: number) => Promise.resolve(parts[micro]!), pairs: () => feeds }
      const made = await contrastTrainer(step, given, (of) => source.float32(of), { batch, slices: parts.length }, options)
      let loss = 0
      for (let micro = 0; micro < parts.length; micro++) {
        const slice = await made.batch(0, micro)
        loss += (await made.trainer.step(made.ready ? await made.ready(slice, 0, micro) : slice, 1e-3)).loss / parts.length
      }
      const state = await made.trainer.snapshot()
      const measured = await made.measure(parts, feeds)
      await made.release()
      return { loss, measured, moments: new Map([...state].filter(([of]) => of.startsWith('m:'))) }
    }
    const [whole, sliced] = [await gradientOf(n), await gradientOf(n / 3)]
    expect(Math.abs(sliced.loss - whole.loss)).toBeLessThan(1e-5)
    expect(Math.abs(sliced.measured - whole.measured)).toBeLessThan(1e-4)
    expect([...sliced.moments.keys()].sort()).toEqual([...whole.moments.keys()].sort())
    for (const [of, moment] of whole.moments)
      // A bias of keys changes no attention: its gradient is 0 but for rounding.
      if (Math.hypot(...moment) > 1e-7) expect(normError(sliced.moments.get(of)!, moment), of).toBeLessThan(1e-4)
  })
})

const job = (name: string, settings: TrainJob['settings'] = {}, more: Partial<TrainJob> = {}): TrainJob =>
  shapesJob(
    { train, val: train },
    {
      ...{ out: path.join(dir, name), cache: path.join(dir, 'cache'), recipe: 'captions', classes: [] },
      settings: Object.fromEntries(
        Object.entries({ epochs: 1, augmentation: 'none', lr: 1e-3, warmup: 0, ...settings }).filter(([, value]) => value !== undefined),
      ),
      ...more,
    },
  )
const recall = ({ measured }: Awaited<ReturnType<typeof runJob<TrainJob>>>) => {
  if (measured.task !== 'contrast') throw new Error('expected captions')
  return measured.splits['val']!
}

test.each(['softmax', 'sigmoid'] as const)('%s: learns, and the captions find their images', async (loss) => {
  const own = job(`learns-${loss}`, { epochs: 40, loss })
  const done = await runJob(own, quiet)
  expect(done.loss[0]!).toBeCloseTo(reference.cases[loss].loss, 3)
  expect(done.loss.at(-1)!).toBeLessThan(0.5 * done.loss[0]!)
  expect(recall(done)).toMatchObject({ n, captions: 6 })
  expect(recall(done).texts['recallAt1']!).toBeGreaterThan(0.7)
  expect(recall(done).texts['recallAt10']).toBe(1)
})

test('an effective batch of several batches learns as one large batch does, and is judged by recall', async () => {
  const [whole, sliced] = [
    await runJob(job('large', { epochs: 4, keep: 'best' }), quiet),
    await runJob(job('sliced', { epochs: 4, keep: 'best', batchSize: 3, effectiveBatch: 9 }), quiet),
  ]
  sliced.loss.forEach((x, i) => expect(Math.abs(x - whole.loss[i]!)).toBeLessThan(1e-3))
  expect(sliced.steps).toBe(4)
  expect(sliced.course!.judged).toMatchObject({ by: 'recall' })
  expect(sliced.course!.judged!.values).toHaveLength(4)
})

test('stopped and taken up again is bit for bit what it is in one go', async () => {
  const settings = { epochs: 3, batchSize: 3, effectiveBatch: 9, loss: 'sigmoid' }
  const [whole, parts] = [job('whole', settings), job('parts', settings)]
  const { loss } = await runJob(whole, quiet)
  let steps = 0
  const stopping = { onProgress: ({ phase }: { phase: string }) => void (phase === 'training' && steps++), isCancelled: () => steps >= 2 }
  await expect(runJob(parts, stopping)).rejects.toThrow('cancelled')
  expect((await runJob(parts, quiet)).loss).toEqual(loss)
  expect(filesOf(parts.out)['model.safetensors']).toEqual(filesOf(whole.out)['model.safetensors'])
})

test('what is true of other images is no negative, and texts of one class are positives of all its images', () => {
  const [cat, other, both] = [
    { row: 0, captions: ['A cat'], label: -1 },
    { row: 1, captions: ['a  CAT ', 'it sleeps'], label: 1 },
    { row: 2, captions: [], label: 1 },
  ] as const
  const drawn: Pair[] = [
    { of: cat, text: 'A cat', caption: 0 },
    { of: other, text: 'it sleeps', caption: 1 },
    { of: both, text: 'a pet', caption: -1 },
    { of: { ...both, row: 3 }, text: 'one pet', caption: -1 },
  ]
  const rows = ({ data }: Tensor) => Array.from({ length: 4 }, (_, i) => Array.from(data.slice(4 * i, 4 * i + 4) as Float32Array, Number))
  expect(rows(sameFeed(drawn).same)).toEqual([
    [0, 0, 0, 0],
    [1, 0, 1, 1],
    [0, 0, 0, 1],
    [0, 0, 1, 0],
  ])
  const { same, targets } = targetFeeds(drawn)
  expect(rows(targets)).toEqual([
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 0.5, 0.5],
    [0, 0, 0.5, 0.5],
  ])
  expect(rows(same)).toEqual([
    [0, 0, 0, 0],
    [1, 0, 1, 1],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ])
})

const partsChanged = async (checkpoint: string) => {
  const tuned = await openModel(checkpoint)
  const changed = [...tuned.tensors].filter(([of]) => tuned.weights.float32(of).some((x, i) => x !== base.weights.float32(of)[i]))
  tuned.close()
  return [...new Set(changed.map(([, { part }]) => part))].sort()
}

test('LiT leaves the image tower as it is and learns all the same', async () => {
  const done = await runJob(job('lit', { epochs: 30, augmentation: undefined, keep: 'best' }, { recipe: 'lit' }), quiet)
  expect(done.loss[0]!).toBeCloseTo(reference.cases.softmax.loss, 3)
  expect(done.loss.at(-1)!).toBeLessThan(0.6 * done.loss[0]!)
  expect(await partsChanged(done.checkpoint)).toEqual(['joint', 'text'])
  expect(recall(done).images['recallAt1']!).toBeGreaterThan(0.5)
})

/** Every third image has a caption, every third a label, and every third both. */
const mixed = train.map(({ captions, ...item }, i) => ({
  ...item,
  label: i % 3 ? labels[i]! : 0,
  ...(i % 3 !== 1 && { captions, ...(i % 3 && { labelled: true }) }),
}))
const ofClasses = { classes: golden<{ names: string[] }>('coop.json').names.map((name) => ({ name })), templates: ['a {}'] }

test('UniCL learns from captions and labels, and is measured at the labels', async () => {
  const splits = { train: mixed, val: mixed, test: mixed.slice(0, 1) }
  const own = { ...job('unicl', { epochs: 20 }, { recipe: 'unicl', ...ofClasses }), splits }
  const done = await runJob(own, quiet)
  expect(done.loss.at(-1)!).toBeLessThan(0.8 * done.loss[0]!)
  expect(await partsChanged(done.checkpoint)).toEqual(['image', 'joint', 'text'])
  expect(done.measured.task).toBe('classify')
  expect(Object.entries(done.measured.splits).map(([split, found]) => [split, found.n])).toEqual([
    ['train', 6],
    ['val', 6],
    ['test', 0],
  ])
})

test('prefixes: tokens learned anew tell captions from labels, and the checkpoint words its texts with them', async () => {
  const splits = { train: mixed, val: mixed }
  const done = await runJob({ ...job('prefix', { epochs: 20, keep: 'best' }, { recipe: 'prefix', ...ofClasses }), splits }, quiet)
  expect(done.loss.at(-1)!).toBeLessThan(0.8 * done.loss[0]!)
  const tuned = await openModel(done.checkpoint)
  expect([tuned.templates, tuned.captionTemplate]).toEqual([['^ a {}'], '~ {}'])
  const { table, width } = base.text!
  const moved = (id: number) => {
    const [a, b] = [base, tuned].map((model) => model.weights.float32(table).subarray(id * width, (id + 1) * width))
    return Math.hypot(...a!.map((x, i) => x - b![i]!)) / Math.hypot(...a!)
  }
  const [caption, label] = ['~', '^'].map((symbol) => base.tokenizer.inner(symbol)[0]!)
  for (const id of [caption!, label!]) expect(moved(id)).toBeGreaterThan(0.5)
  expect(moved(base.tokenizer.inner('%')[0]!)).toBeLessThan(0.1)
  // Zero-shot as it was measured: the texts of the classes have the prefix of labels.
  const head = await zeroShotHead(tuned, ofClasses.classes, ['^ a {}'])
  const again = await runJob(
    { ...job('prefix'), kind: 'evaluate', checkpoint: done.checkpoint, task: 'classify', ...ofClasses, templates: null, splits },
    quiet,
  )
  if (again.measured.task !== 'classify' || done.measured.task !== 'classify') throw new Error('expected labels')
  expect(again.measured.splits['val']!.logits).toEqual(done.measured.splits['val']!.logits)
  const first = (await imageFeatures(tuned, new Images(mixed.slice(1, 2), new PixelStore(0)))).reduce(
    (sum, x, i) => sum + x * head.weight[i]!,
    0,
  )
  expect(done.measured.splits['val']!.logits[0]).toBeCloseTo(first, 3)
  tuned.close()
  const refused = (settings: TrainJob['settings']) =>
    runJob({ ...job('refused', settings, { recipe: 'prefix', ...ofClasses }), splits }, quiet)
  await expect(refused({ labelToken: 'there' })).rejects.toThrow('prefix: labelToken: expected one token')
  await expect(refused({ labelToken: '~' })).rejects.toThrow('unlike the other one')
})

test('captions that suit their images less count less, in bins of equal size', async () => {
  const run = new Run({
    ...{ model: base, classes: [], templates: [], splits: { train }, seed: 0, provider: 'cpu', cache: path.join(dir, 'cache') },
    ...{ pictures: new PixelStore(0), onProgress: () => undefined, isCancelled: () => false },
  })
  const images = await imageFeatures(base, run.split('train'))
  const texts = await textFeatures(base, reference.captions)
  const d = base.dim
  const cosine = (i: number) => images.slice(i * d, (i + 1) * d).reduce((sum, x, k) => sum + x * texts[i * d + k]!, 0)
  const told = pairs.map((pair) => pair.of)
  const weigh = await captionWeights(run, told, { qualityBins: 3, leastWeight: 0.2 })
  const ranked = [...pairs].sort((a, b) => cosine(a.of.row) - cosine(b.of.row))
  expect(ranked.map((pair) => Number(weigh(pair).toFixed(6)))).toEqual([0.2, 0.2, 0.2, 0.6, 0.6, 0.6, 1, 1, 1])
  expect(weigh({ ...pairs[0]!, caption: -1 })).toBe(1)
  const even = await captionWeights(run, told, { qualityBins: 0, leastWeight: 0.2 })
  expect(pairs.map(even)).toEqual(pairs.map(() => 1))
})

test('what cannot be learned from is said in one line', async () => {
  const [first, second] = train as [(typeof train)[0], (typeof train)[0]]
  const of = (name: string, items: typeof train, settings = {}) => runJob({ ...job(name, settings), splits: { train: items } }, quiet)
  await expect(of('one', [first])).rejects.toThrow('fewer than two training images have a caption or label')
  await expect(of('same', [first, { ...second, captions: [`${first.captions[0]!.toUpperCase()} `] }])).rejects.toThrow(
    'the same is said of every training image ("a dog here")',
  )
  await expect(of('single', train, { batchSize: 1 })).rejects.toThrow('a batch of one image has no other text')
  const told = pairs.map((pair) => pair.of)
  expect(() => checkPairs(told, { batchSize: 1, effectiveBatch: 4 })).not.toThrow()
})
