/** Grounding of captions' words: PyTorch's gradients, what is trained and what is not, and better masks from captions alone. */
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import sharp from 'sharp'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import type { Item, TrainJob } from '#shared/model/job.ts'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { contentWords, labelsIn } from '../../../src-main/engine/data/caption-words.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { paramsFor } from '../../../src-main/engine/models/model.ts'
import { groundStep } from '../../../src-main/engine/recipes/grounding.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { patchesOf, regionShares } from '../../../src-main/engine/segmentation/region-shares.ts'
import { viewsOf } from '../../../src-main/engine/segmentation/views.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError } from '../../helpers/golden.ts'
import { filesOf, temporaryFolder } from '../../helpers/pictures.ts'

const NANO = path.resolve('resources/nano')
const quiet = { onProgress: () => undefined, isCancelled: () => false }

interface Step {
  readonly folder: string
  readonly pixels: GoldenTensor
  readonly regions: GoldenTensor
  readonly words: GoldenTensor
  readonly counts: number[]
  readonly lengths: number[]
  readonly windows: number
  readonly same: [number, number][]
  readonly loss: number
  readonly gradients: Record<string, GoldenTensor>
}

describe.each(golden<Step[]>('../models/openseg-step.json').map((e) => [e.folder, e] as const))('%s', (folder, e) => {
  test('one step has the loss of PyTorch within 1e-5 and its gradients within 1e-3', async () => {
    const model = await openModel(goldenPath(folder))
    const [b, r] = e.regions.shape as [number, number]
    const k = e.words.shape[0]! / b
    const graph = new Graph()
    const trains = (name: string) => model.tensors.isOf(name, 'image')
    const shape = { images: b, windows: e.windows, regions: r, words: k }
    const { loss, parameters } = groundStep(graph, model, shape, (g) => paramsFor(model, g, model.weights, trains))
    graph.output('loss', loss)
    const inputs = parameters.map(({ name }) => graph.inputs.find((v) => v.name === `w:${name}`)!)
    gradients(loss, inputs).forEach((g, i) => graph.output(parameters[i]!.name, g))
    const session = await Session.create(graph)
    const absent = Float32Array.from({ length: b * r }, (_, i) => (i % r < e.counts[Math.floor(i / r)]! ? 0 : -1e9))
    const shares = Float32Array.from({ length: b * k }, (_, i) => {
      const own = e.lengths[Math.floor(i / k)]!
      return i % k < own ? 1 / own : 0
    })
    const same = Uint8Array.from({ length: b * b }, (_, i) => Number(e.same.some(([of, j]) => of === Math.floor(i / b) && j === i % b)))
    const weights = parameters.map(({ name, shape: s }) => [`w:${name}`, tensor(model.weights.float32(name), 'float32', s)] as const)
    const found = await session.run({
      ...Object.fromEntries(weights),
      pixels: feed(e.pixels),
      regions: feed(e.regions),
      words: feed(e.words),
      absent: tensor(absent, 'float32', [b, r, 1]),
      shares: tensor(shares, 'float32', [b, k]),
      same: tensor(same, 'bool', [b, b]),
    })
    await session.release()
    model.close()
    expect(Math.abs((found['loss']!.data as Float32Array)[0]! - e.loss)).toBeLessThan(1e-5)
    expect(parameters.map(({ name }) => name).sort()).toEqual(Object.keys(e.gradients).sort())
    for (const [name, gradient] of Object.entries(e.gradients)) {
      const own = found[name]!.data as Float32Array
      // A bias of keys changes no attention of the layers before the last: its gradient is 0 but for rounding.
      if (Math.hypot(...floats(gradient)) < 1e-7) expect(Math.hypot(...own), name).toBeLessThan(1e-5)
      else expect(normError(own, floats(gradient)), name).toBeLessThanOrEqual(1e-3)
    }
  })
})

test('words of captions: content words in languages with and without spaces, or labels by name and synonym', () => {
  expect(contentWords('A picture of two red Dogs, with a cat on the left')).toEqual(['red', 'dogs', 'cat'])
  expect(contentWords('赤い車と猫がいる')).toEqual(expect.arrayContaining(['車', '猫']))
  expect(contentWords('赤い車と猫がいる')).not.toContain('と')
  const classes = [{ name: 'cat' }, { name: 'hot dog', phrase: 'a hot dog' }, { name: 'car', phrases: ['automobile'] }, { name: '猫' }]
  expect(labelsIn('Cats and two hot dogs', classes)).toEqual([0, 1])
  expect(labelsIn('an automobile in a scattered crowd', classes)).toEqual([2])
  expect(labelsIn('白猫がいる', classes)).toEqual([3])
})

test('regions are shares of patches: masks with what they leave, or the cells of a grid', () => {
  const window = { width: 8, height: 8 }
  const patches = patchesOf(viewsOf(window, window, 1), window, 4)
  expect(patches).toEqual([0, 1, 2, 3].map((i) => ({ x: (i % 2) / 2, y: Math.floor(i / 2) / 2, w: 0.5, h: 0.5 })))
  const half = {
    mask: rleFromBitmap(
      Uint8Array.from({ length: 16 }, (_, i) => Number(i % 4 < 2)),
      4,
      4,
    ),
  } // the left half
  const corner = {
    mask: rleFromBitmap(
      Uint8Array.from({ length: 16 }, (_, i) => Number(i === 3)),
      4,
      4,
    ),
  }
  const rows = (found: Float32Array[]) => found.map((row) => [...row].map((x) => Math.round(100 * x) / 100))
  expect(rows(regionShares([corner, half], patches, { grid: 2, most: 9 }))).toEqual([
    [0.5, 0, 0.5, 0],
    [0, 1, 0, 0],
    [0, 0.43, 0, 0.57],
  ])
  expect(regionShares([corner, half], patches, { grid: 2, most: 2 })).toHaveLength(2)
  expect(rows(regionShares([], patches, { grid: 2, most: 9 }))).toEqual([0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => Number(i === j))))
  expect(patchesOf(viewsOf(window, window, 1.5), window, 4)).toHaveLength(16) // four windows
})

/** Two of four things, side by side, with a caption that says what but not where. */
const THINGS = ['disc', 'box', 'ring', 'cross'] as const
async function scene(dir: string, number: number): Promise<Item> {
  const [width, height] = [96, 72]
  const rng = Rng.of(number, 5)
  const rgb = new Uint8Array(width * height * 3).fill(200)
  const shown = rng.shuffle([0, 1, 2, 3]).slice(0, 2)
  const masks = shown.map((label, side) => {
    const [cx, cy, radius] = [24 + 48 * side + rng.int(7) - 3, 36 + rng.int(9) - 4, 15 + rng.int(6)]
    const bitmap = Uint8Array.from({ length: width * height }, (_, at) => {
      const [dx, dy] = [Math.abs((at % width) - cx), Math.abs(Math.floor(at / width) - cy)]
      const far = Math.hypot(dx, dy)
      const inside = [far < radius, Math.max(dx, dy) < radius, far < radius && far > radius / 2, Math.min(dx, dy) < 5 && far < radius][
        label
      ]!
      if (inside)
        rgb.set(
          [
            [230, 30, 20],
            [20, 40, 230],
            [20, 160, 40],
            [120, 20, 140],
          ][label]!,
          3 * at,
        )
      return Number(inside)
    })
    return { class: label, mask: rleFromBitmap(bitmap, height, width) }
  })
  const file = path.join(dir, `${number}.png`)
  await sharp(rgb, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file)
  return { file, label: 0, masks, captions: [`A ${shown.map((c) => THINGS[c]).join(' and a ')}`] }
}

let dir: string
let splits: TrainJob['splits']
beforeAll(async () => {
  dir = temporaryFolder()
  const scenes = await Promise.all(Array.from({ length: 36 }, (_, i) => scene(dir, i)))
  splits = {
    train: scenes.slice(0, 24).map(({ masks: _, ...item }) => item),
    test: scenes.slice(24).map(({ captions: _, ...item }) => item),
  }
})

const job = (name: string, settings: TrainJob['settings'] = {}): TrainJob => ({
  kind: 'train',
  model: NANO,
  out: path.join(dir, name),
  recipe: 'openseg',
  settings: { epochs: 2, batchSize: 8, lr: 1e-3, detail: 1, ...settings },
  seed: 3,
  device: 'cpu',
  classes: THINGS.map((name) => ({ name })),
  templates: ['a {}'],
  splits,
  dataHash: null,
  cache: path.join(dir, 'cache'),
  saveEverySeconds: 60,
})
const changed = async (checkpoint: string) => {
  const [before, after] = [await openModel(NANO), await openModel(checkpoint)]
  const names = before.weights.names().filter((name) => {
    const own = before.weights.float32(name)
    return after.weights.float32(name).some((x, i) => x !== own[i])
  })
  before.close()
  after.close()
  return names.sort()
}

test('captions alone raise the mIoU on other scenes, and only the projection is changed', async () => {
  const before = await runJob({ ...job('none'), kind: 'evaluate', task: 'segment', checkpoint: NANO }, quiet)
  const after = await runJob(job('tuned', { epochs: 20 }), quiet)
  const miou = ({ measured }: typeof after | typeof before) => {
    if (measured.task !== 'segment') throw new Error('expected masks')
    return measured.splits['test']!.metrics['miou']!
  }
  expect(miou(after)).toBeGreaterThan(miou(before) + 0.1)
  expect(after.loss.at(-1)!).toBeLessThan(0.7 * after.loss[0]!)
  expect(after.notes['words']).toBe(4)
  expect(await changed(after.checkpoint)).toEqual(['visual_projection.weight'])
})

test('stopped and taken up again it is bit for bit what it is in one go; the last layer is trained if that is wanted', async () => {
  const [whole, parts] = [job('whole', { trains: 'last' }), job('parts', { trains: 'last' })]
  const { loss } = await runJob(whole, quiet)
  const trained = await changed(whole.out)
  expect(trained).toContain('vision_model.encoder.layers.5.self_attn.v_proj.weight')
  expect(trained.every((name) => /layers\.5\.|post_layernorm|visual_projection/.test(name))).toBe(true)
  let steps = 0
  const stopping = { onProgress: ({ phase }: { phase: string }) => void (phase === 'training' && steps++), isCancelled: () => steps >= 2 }
  await expect(runJob(parts, stopping)).rejects.toThrow('cancelled')
  expect((await runJob(parts, quiet)).loss).toEqual(loss)
  const tensors = (of: TrainJob) => Object.entries(filesOf(of.out)).filter(([name]) => name.endsWith('.safetensors'))
  expect(tensors(parts)).toEqual(tensors(whole))
})

test('captions without words of the asked kind, and models whose patches are not compared with texts, are refused', async () => {
  const nothing = { ...job('nothing', { words: 'labels' }), classes: [{ name: 'zebra' }] }
  nothing.splits = { train: splits['train']! }
  await expect(runJob(nothing, quiet)).rejects.toThrow('fewer than two training images have captions with words to learn from')
  const clipseg = { ...job('clipseg'), model: goldenPath('../models/clipseg') }
  await expect(runJob(clipseg, quiet)).rejects.toThrow('recipe openseg: CLIPSeg does not compare its patches with texts')
})
