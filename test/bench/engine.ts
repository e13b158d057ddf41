import { clipConfigSchema } from '../../src-main/engine/models/clip-config.ts'
import { clipTensors, imageEmbedding } from '../../src-main/engine/models/clip.ts'
import { initialClip } from '../../src-main/engine/models/clip-init.ts'
import { Graph } from '../../src-main/engine/graph/graph.ts'
import { Params, tensorsInMemory } from '../../src-main/engine/nn/params.ts'
import { linear } from '../../src-main/engine/nn/transformer.ts'
import { matmul } from '../../src-main/engine/ops/index.ts'
import { adamW } from '../../src-main/engine/optim/optimizer.ts'
import { BatchSession } from '../../src-main/engine/runtime/infer.ts'
import { Session, tensor } from '../../src-main/engine/runtime/session.ts'
import { Trainer } from '../../src-main/engine/runtime/train.ts'
import { crossEntropy } from '../../src-main/engine/tasks/losses.ts'
import { VIT_S } from './step/cases.ts'

const BATCH = 16
const TOKENS = 65
const CLASSES = 100

/** Whatever else runs adds to a time: the least of several is the nearest to what the work takes. */
const least = (xs: number[]) => Math.min(...xs)
const noise = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) % 1)

/**
 * One AdamW step and one forward pass of a ViT-S (22 M parameters) on 16 images of 65 tokens, against the rate of
 * onnxruntime's own MatMul in the same process: the fastest of several, among them those of which the model is made, since the
 * largest is not the fastest on every machine. A step counts 6·parameters·tokens operations, a forward pass 2·parameters·tokens;
 * the products are interleaved with the steps, so that both see the same machine.
 */
export async function engineBench(): Promise<Record<string, number>> {
  const config = clipConfigSchema.parse({ model_type: 'clip', ...VIT_S })
  const shapes = clipTensors(config).shapes().set('head.weight', [CLASSES, 384]).set('head.bias', [CLASSES])
  const weights = initialClip(config, clipTensors(config).shapes(), 1)
    .set('head.weight', noise(CLASSES * 384))
    .set('head.bias', new Float32Array(CLASSES))
  const source = tensorsInMemory('ViT-S', shapes, (name) => weights.get(name)!)
  let parameters = 0
  const trainer = await Trainer.create(
    {
      build(graph) {
        const p = new Params(graph, source, () => true)
        const features = imageEmbedding(p, config, graph.input('pixels', 'float32', [BATCH, 3, 128, 128]))
        const logits = linear(p, 'head', features, CLASSES)
        parameters = p.trainable.reduce((n, t) => n + t.shape.reduce((a, b) => a * b, 1), 0)
        return { loss: crossEntropy(logits, graph.input('labels', 'int32', [BATCH])), parameters: p.trainable }
      },
    },
    (name) => weights.get(name)!,
    { optimizer: adamW(), clipNorm: 1 },
  )
  const features = await BatchSession.create(BATCH, ['pixels'], (g, b) => ({
    y: imageEmbedding(new Params(g, source), config, g.input('pixels', 'float32', [b, 3, 128, 128])),
  }))
  const rows = BATCH * TOKENS
  const products = await Promise.all([
    product([2048, 2048, 2048], false),
    product([2048, 2048, 2048], true),
    product([rows, 384, 1536], true),
    product([rows, 1536, 384], true),
  ])

  const pixels = tensor(noise(BATCH * 3 * 128 * 128), 'float32', [BATCH, 3, 128, 128])
  const labels = tensor(
    Int32Array.from({ length: BATCH }, (_, i) => i),
    'int32',
    [BATCH],
  )
  const seconds = async (f: () => Promise<unknown>) => {
    const start = performance.now()
    await f()
    return (performance.now() - start) / 1000
  }
  const times = { step: [] as number[], forward: [] as number[], products: products.map((): number[] => []) }
  for (let i = 0; i < 24; i++) {
    const step = await seconds(() => trainer.step({ pixels, labels }, 1e-4))
    const forward = await seconds(() =>
      features.run(BATCH, (row, into, slot) => void (row || slot || (into['pixels'] as Float32Array).set(pixels.data as Float32Array))),
    )
    for (const [k, { run }] of products.entries()) times.products[k]!.push(await seconds(run))
    if (i < 4) continue // memory is still being taken from the system
    times.step.push(step)
    times.forward.push(forward)
  }
  await trainer.release()
  await features.release()
  const work = parameters * TOKENS * BATCH
  const peak = Math.max(...products.map(({ operations }, k) => operations / least(times.products[k]!))) / 1e9
  const training = (6 * work) / least(times.step) / 1e9
  const extraction = (2 * work) / least(times.forward) / 1e9
  const round = (x: number, digits = 3) => Number(x.toFixed(digits))
  return {
    parameters,
    stepSeconds: round(least(times.step)),
    forwardSeconds: round(least(times.forward)),
    matmulGflops: round(peak, 1),
    trainingGflops: round(training, 1),
    featureGflops: round(extraction, 1),
    trainingRatio: round(training / peak),
    featureRatio: round(extraction / peak),
    residentMegabytes: Math.round(process.memoryUsage.rss() / 2 ** 20),
  }
}

/** a·b of [m, k] and [k, n], with `b` fed like `a`, or a constant of the graph, which onnxruntime lays out beforehand. */
async function product([m, k, n]: readonly [number, number, number], constant: boolean) {
  const graph = new Graph()
  const data = noise(k * n)
  const b = constant ? graph.constant(data, 'float32', [k, n]) : graph.input('b', 'float32', [k, n])
  graph.output('y', matmul(graph.input('a', 'float32', [m, k]), b))
  const session = await Session.create(graph)
  const a = tensor(noise(m * k), 'float32', [m, k])
  return { operations: 2 * m * k * n, run: () => session.run(constant ? { a } : { a, b: tensor(data, 'float32', [k, n]) }) }
}
