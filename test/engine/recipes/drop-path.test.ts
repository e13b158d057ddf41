/** Stochastic depth: what is left out, how often, and that a training with it can be made again. */
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { type Model, paramsFor } from '../../../src-main/engine/models/model.ts'
import { DropPath } from '../../../src-main/engine/recipes/drop-path.ts'
import { overlay } from '../../../src-main/engine/recipes/overlay.ts'
import { Session, type Tensor, tensor } from '../../../src-main/engine/runtime/session.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { goldenPath, largestDifference } from '../../helpers/golden.ts'
import { shapePictures, shapesJob, temporaryFolder } from '../../helpers/pictures.ts'

let dir: string
let splits: TrainJob['splits']
beforeAll(async () => {
  dir = temporaryFolder()
  splits = await shapePictures(path.join(dir, 'pictures'))
})

const pixels = (n: number, side: number) =>
  tensor(
    Float32Array.from({ length: n * 3 * side * side }, (_, i) => Math.sin(i * 1.7) * 2),
    'float32',
    [n, 3, side, side],
  )

/** Features of two images, where some tensors of the model are others, or with stochastic depth. */
async function features(model: Model, { others = new Map(), paths, feeds = {} }: Changed = {}): Promise<Float32Array> {
  const graph = new Graph()
  const p = paramsFor(model, graph, overlay(model.weights, others))
  const side = model.image.size
  const see = (weights: typeof p) => model.image.embed(weights, graph.input('pixels', 'float32', [2, 3, side, side]))
  graph.output('y', paths ? paths.within(p, model.family.name, see) : see(p))
  const session = await Session.create(graph, { threads: 1 })
  const out = await session.run({ pixels: pixels(2, side), ...feeds })
  await session.release()
  return out['y']!.data as Float32Array
}
interface Changed {
  readonly others?: Map<string, { shape: readonly number[]; data: Float32Array }>
  readonly paths?: DropPath
  readonly feeds?: Record<string, Tensor>
}
const fed = (n: number, dropped: readonly number[]) =>
  Object.fromEntries(
    Array.from({ length: n }, (_, k) => [`path:${k}`, tensor(new Float32Array(2).fill(dropped.includes(k) ? 0 : 1), 'float32', [2, 1, 1])]),
  )

test('a branch that is left out adds nothing: as if its last layer were zero', async () => {
  const model = await openModel(goldenPath('families/vit'))
  const zero = (name: string) =>
    [name, { shape: model.weights.info(name).shape, data: new Float32Array(model.weights.float32(name).length) }] as const
  const silent = new Map(['weight', 'bias'].map((kind) => zero(`vit.encoder.layer.1.attention.output.dense.${kind}`)))
  const paths = new DropPath(0.5, 1)
  const [whole, kept] = [await features(model), await features(model, { paths, feeds: fed(4, []) })]
  expect(largestDifference(kept, whole)).toBeLessThan(1e-6)
  const dropped = await features(model, { paths, feeds: fed(4, [2]) })
  expect(largestDifference(dropped, await features(model, { others: silent }))).toBeLessThan(1e-6)
  expect(largestDifference(dropped, whole)).toBeGreaterThan(1e-2)
  model.close()
})

describe('every image tower with residual layers has two branches a layer', () => {
  test.each([['clip/quick'], ['families/siglip'], ['families/vit'], ['families/dinov2-swiglu'], ['families/swin-three']])(
    '%s',
    async (name) => {
      const model = await openModel(goldenPath(name))
      const graph = new Graph()
      const side = model.image.size
      const paths = new DropPath(0.4, 1)
      paths.within(paramsFor(model, graph, model.weights), model.family.name, (p) =>
        model.image.embed(p, graph.input('pixels', 'float32', [3, 3, side, side])),
      )
      const blocks = new Set(
        [...model.tensors.keys()].flatMap((t) => /^(?!text_model).*\.(?:layers?\.\d+(?:\.blocks\.\d+)?)(?=\.[a-z])/.exec(t)?.[0] ?? []),
      )
      const layers = [...blocks].filter((layer) => ![...blocks].some((other) => other.startsWith(`${layer}.blocks`)))
      expect(Object.keys(paths.feeds(0, [0, 1, 2]))).toHaveLength(2 * layers.length)
      model.close()
    },
  )
})

test('the rate grows from 0 to that of the last layer, and what is kept is scaled by its mean', async () => {
  const model = await openModel(goldenPath('families/swin-three')) // five layers
  const graph = new Graph()
  const paths = new DropPath(0.8, 7)
  paths.within(paramsFor(model, graph, model.weights), model.family.name, (p) =>
    model.image.embed(p, graph.input('pixels', 'float32', [1, 3, 24, 24])),
  )
  const rows = Array.from({ length: 4000 }, (_, i) => i)
  const found = paths.feeds(3, rows)
  for (let k = 0; k < 10; k++) {
    const rate = (0.8 * Math.floor(k / 2)) / 4
    const { data, dims } = found[`path:${k}`]!
    expect(dims).toEqual([4000, 1, 1, 1])
    const values = [...(data as Float32Array)]
    expect(Math.abs(values.filter((x) => x === 0).length / 4000 - rate)).toBeLessThan(0.03)
    expect(values.every((x) => x === 0 || x === Math.fround(1 / (1 - rate)))).toBe(true)
  }
  const part = paths.feeds(3, rows.slice(1000, 1010))
  expect([...(part['path:9']!.data as Float32Array)]).toEqual([...(found['path:9']!.data as Float32Array)].slice(1000, 1010))
  expect(paths.feeds(4, rows)['path:9']!.data).not.toEqual(found['path:9']!.data)
  model.close()
})

test('a training with it can be made again bit by bit, and is another than without', async () => {
  const train = async (name: string, dropPath: number) => {
    const settings = { epochs: 2, batchSize: 4, lr: 1e-3, dropPath }
    const job = shapesJob(splits, {
      ...{ model: goldenPath('families/dinov2'), out: path.join(dir, name), cache: path.join(dir, 'cache'), recipe: 'ft', settings },
    })
    const { checkpoint } = await runJob(job, { onProgress: () => undefined, isCancelled: () => false })
    return openSafetensors(path.join(checkpoint, 'model.safetensors')).float32('encoder.layer.1.mlp.fc1.weight')
  }
  const [once, again, without] = [await train('once', 0.5), await train('again', 0.5), await train('without', 0)]
  expect(again).toEqual(once)
  expect(without).not.toEqual(once)
})
