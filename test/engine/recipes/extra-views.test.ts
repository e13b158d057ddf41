/** More views in training on captions (SLIP, DeCLIP) against test/parity/engine/views.py. */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { PixelStore } from '../../../src-main/engine/data/cache.ts'
import { Images } from '../../../src-main/engine/data/images.ts'
import { outputSize, preprocess } from '../../../src-main/engine/data/preprocess.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { Graph, type Value } from '../../../src-main/engine/graph/graph.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { Params } from '../../../src-main/engine/nn/params.ts'
import { ofTowers } from '../../../src-main/engine/recipes/caption-tune.ts'
import { extraViews, projection, secondOf } from '../../../src-main/engine/recipes/extra-views.ts'
import { overlay, type OwnTensor } from '../../../src-main/engine/recipes/overlay.ts'
import { pairLossOf } from '../../../src-main/engine/recipes/pair-loss.ts'
import { nearestCaptions } from '../../../src-main/engine/recipes/near-captions.ts'
import { type Pair, sameFeed, shareFeed, textFeeds } from '../../../src-main/engine/recipes/pairs.ts'
import type { Run } from '../../../src-main/engine/recipes/run.ts'
import { Session, type Tensor, tensor } from '../../../src-main/engine/runtime/session.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError } from '../../helpers/golden.ts'
import { textFeatures } from '../../../src-main/engine/tasks/embed.ts'
import { filesOf, shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const reference = golden<{
  second: string[]
  sizes: number[]
  cases: Record<'slip' | 'declip' | 'neighbours', { loss: number; gradients: Record<string, GoldenTensor> }>
  projector: Record<string, GoldenTensor>
}>('views.json')
const { captions: first } = golden<{ captions: string[] }>('pairs.json')
const n = first.length
const told = first.map((caption, row) => ({ row, captions: [caption, reference.second[row]!], label: -1 }))
const train = first.map((text, i) => ({ file: goldenPath(`coop/${i}.png`), label: 0, captions: [text, reference.second[i]!] }))
const settings = { viewsWeight: 1, viewsTemperature: 0.1, augmentation: 'light', randOps: 2, randMagnitude: 9 } as const

let dir: string
let base: Model
beforeAll(async () => {
  dir = temporaryFolder()
  base = await openModel(TINY_CLIP)
})
afterAll(() => base.close())

test.each(['slip', 'declip', 'neighbours'] as const)('%s: the loss is PyTorch’s within 1e-5, and gradients within 1e-3', async (kind) => {
  const { height, width } = outputSize(base.preprocess)
  const side = height * width
  const plain = new Float32Array(n * 3 * side)
  const images = new Images(train, new PixelStore(0))
  for (const row of train.keys()) preprocess(await images.pixels(row, base.preprocess.deep), base.preprocess, plain, row * 3 * side)
  const mirrored = plain.map((_, i) => plain[i - (i % width) + width - 1 - (i % width)]!)
  const turned = plain.map((_, i) => plain[i - (i % side) + (height - 1 - Math.floor((i % side) / width)) * width + (i % width)]!)
  const { read, loss: lossOf, own: fresh } = extraViews(base, { ...settings, extraViews: kind }, 0)
  expect([...fresh].map(([name]) => name)).toEqual(kind === 'slip' ? Object.keys(reference.projector) : [])
  const own = new Map<string, OwnTensor>(
    Object.entries(kind === 'slip' ? reference.projector : {}).map(([name, t]) => [name, { shape: t.shape, data: floats(t) }]),
  )
  const source = overlay(base.weights, own)
  const graph = new Graph()
  const p = new Params(graph, source, (name) => own.has(name) || ofTowers(base.tensors.get(name)!))
  const image = (name: string) => base.image.embed(p, graph.input(name, 'float32', [n, 3, height, width]))
  const { context, embed, tokens } = base.text!
  const text = (k: string) => embed(p, tokens(p, graph.input(`ids${k}`, 'int32', [n, context])), graph.input(`at${k}`, 'int32', [n]))
  const embedded: Readonly<Record<string, Value>> =
    kind === 'slip'
      ? {
          ...{ image: image('plain'), text: text('') },
          ...{ view1: projection(p, image('mirrored'), reference.sizes), view2: projection(p, image('turned'), reference.sizes) },
        }
      : { image: image('plain'), text: text(''), image2: read(p, image('mirrored')), text2: text('2') }
  const share = graph.input('share', 'float32', [n])
  const same = { text: graph.input('same', 'bool', [n, n]), ...(kind !== 'slip' && { text2: graph.input('same2', 'bool', [n, n]) }) }
  const contrast = pairLossOf(base, { loss: 'softmax', temperature: 1, bias: 0 }).loss
  const loss = lossOf(embedded, (of, words) => {
    const [x, y] = [embedded[of]!, embedded[words]!]
    return contrast(p, { input: () => same[words]! } as never, { image: x, text: y, logits: base.similarity!.logits(p, x, y) }, share)
  })
  const { loss: expected, gradients: wanted } = reference.cases[kind]
  const names = Object.keys(wanted)
  gradients(
    loss,
    names.map((of) => graph.inputs.find((v) => v.name === `w:${of}`)!),
  ).forEach((g, i) => graph.output(names[i]!, g))
  graph.output('loss', loss)
  const pairsOf = (captions: string[]): Pair[] => told.map((of, i) => ({ of, text: captions[i]!, caption: 0 }))
  const textsOf = (captions: string[], k: string) =>
    Object.fromEntries(
      Object.entries({ ...textFeeds({ model: base } as Run, base.text!, captions, context), ...sameFeed(pairsOf(captions)) }).map(
        ([name, x]): [string, Tensor] => [`${name}${k}`, x],
      ),
    )
  const weights = p.trainable.map(({ name, shape }) => [`w:${name}`, tensor(source.float32(name), 'float32', shape)] as const)
  const feeds: Record<string, Tensor> = {
    ...Object.fromEntries(weights),
    ...Object.fromEntries(
      Object.entries({ plain, mirrored, turned }).map(([name, x]) => [name, tensor(x, 'float32', [n, 3, height, width])]),
    ),
    ...textsOf(first, ''),
    ...textsOf(reference.second, '2'),
    share: shareFeed(told.map(() => 1)),
  }
  const asked = new Set(graph.inputs.map(({ name }) => name))
  const session = await Session.create(graph)
  const found = await session.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => asked.has(name))))
  await session.release()
  expect(Math.abs((found['loss']!.data as Float32Array)[0]! - expected)).toBeLessThan(1e-5)
  for (const of of names) expect(normError(found[of]!.data as Float32Array, floats(wanted[of]!)), of).toBeLessThan(1e-3)
})

test('the second text is another caption of the image, any of them, and the same where there is no other', () => {
  const of = { row: 0, captions: ['a', 'b', 'c'], label: 1 }
  const drawn = Array.from({ length: 40 }, (_, i) => secondOf({ of, text: 'b', caption: 1 }, Rng.of(i)))
  expect([...new Set(drawn.map(({ text, caption }) => `${caption} ${text}`))].sort()).toEqual(['0 a', '2 c'])
  const alone: Pair = { of: { ...of, captions: ['a'] }, text: 'a', caption: 0 }
  const label: Pair = { of, text: 'a pet', caption: -1 }
  expect([secondOf(alone, Rng.of(1)), secondOf(label, Rng.of(1))]).toEqual([alone, label])
})

const quiet = { onProgress: () => undefined, isCancelled: () => false }
const singles = train.map(({ captions, ...item }) => ({ ...item, captions: captions.slice(0, 1) }))
const job = (name: string, given: TrainJob['settings'] = {}, items = train): TrainJob =>
  shapesJob(
    { train: items, val: items },
    {
      ...{ out: path.join(dir, name), cache: path.join(dir, 'cache'), recipe: 'captions', classes: [] },
      settings: { epochs: 4, lr: 1e-3, warmup: 0, ...given },
    },
  )

const featureOf = (text: string) => textFeatures(base, [text])
test('the neighbour of a caption is the most similar one of another image, whatever its case', async () => {
  const captions = ['a red cat', 'A red  cat', 'a red cat.', 'smiling house']
  const told = captions.map((text, row) => ({ row, captions: row === 2 ? [text, 'a red cat'] : [text], label: 0 }))
  const run = { model: base, o: { provider: 'cpu' }, check: () => undefined } as unknown as Run
  const second = await nearestCaptions(run, told)
  const of = (row: number) => second({ of: told[row]!, text: captions[row]!, caption: 0 }).text
  const [cat, dotted, house] = [await featureOf('a red cat'), await featureOf('a red cat.'), await featureOf('smiling house')]
  const alike = (x: Float32Array) => x.reduce((sum, v, i) => sum + v * cat[i]!, 0)
  const nearest = alike(dotted) > alike(house) ? 'a red cat.' : 'smiling house'
  expect([of(0), of(1)]).toEqual([nearest, nearest])
  expect(of(2)).toBe('smiling house')
  const label: Pair = { of: told[0]!, text: 'a pet', caption: -1 }
  expect(second(label)).toEqual(label)
})

describe.each(['slip', 'declip', 'neighbours'])('%s', (kind) => {
  test('one large batch and its slices learn alike, from views of their own, and no projection stays', async () => {
    const given = { extraViews: kind, reducedShare: 0.5 }
    const whole = await runJob(job(`${kind}-whole`, given, singles), quiet)
    const sliced = await runJob(job(`${kind}-sliced`, { ...given, batchSize: 3, effectiveBatch: 9 }, singles), quiet)
    const plain = await runJob(job(`${kind}-plain`, { reducedShare: 0.5 }, singles), quiet)
    expect(Math.max(...sliced.loss.map((x, i) => Math.abs(x - whole.loss[i]!)))).toBeLessThan(1e-3)
    expect(Math.abs(plain.loss[0]! - whole.loss[0]!)).toBeGreaterThan(1e-2)
    expect(Object.keys(whole.notes).filter((name) => name.startsWith('slip'))).toEqual([])
    const tuned = await openModel(whole.checkpoint)
    expect([...tuned.weights.names()].sort()).toEqual([...base.weights.names()].sort())
    tuned.close()
  })

  test('it learns, and is resumed to the same bits', async () => {
    const given = { extraViews: kind, epochs: 30, batchSize: 9, augmentation: 'randaugment', randMagnitude: 3 }
    const done = await runJob(job(`${kind}-learns`, given), quiet)
    const mean = (some: readonly number[]) => some.reduce((a, b) => a + b, 0) / some.length
    expect(mean(done.loss.slice(-5))).toBeLessThan(0.9 * mean(done.loss.slice(0, 5)))
    let steps = 0
    const stopping = { onProgress: ({ phase }: { phase: string }) => void (phase === 'training' && steps++), isCancelled: () => steps >= 2 }
    const short = { ...given, epochs: 2, batchSize: 3 }
    const [all, parts] = [job(`${kind}-all`, short), job(`${kind}-parts`, short)]
    const { loss } = await runJob(all, quiet)
    await expect(runJob(parts, stopping)).rejects.toThrow('cancelled')
    expect((await runJob(parts, quiet)).loss).toEqual(loss)
    expect(filesOf(parts.out)['model.safetensors']).toEqual(filesOf(all.out)['model.safetensors'])
  })
})
