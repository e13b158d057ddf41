/** A step of a detector's training: which predictions answer for which regions, the loss, and every gradient. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DetectionBatch, DetectorTrainer } from '../../../src-main/engine/detection/training.ts'
import { variedView } from '../../../src-main/engine/detection/views.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { type Model, paramsFor } from '../../../src-main/engine/models/model.ts'
import { sgd } from '../../../src-main/engine/optim/optimizer.ts'
import type { CentreBox } from '../../../src-main/engine/tasks/matching.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError } from '../../helpers/golden.ts'

const reference = golden<{
  pixels: GoldenTensor
  queries: GoldenTensor
  targets: { queries: number[]; boxes: GoldenTensor }[]
  found: number[][]
  loss: number
  focal: number
  distance: number
  giou: number
  grads: Record<string, GoldenTensor>
}>('detect-step.json')
const PATCHES = 9
const shape = { images: 2, height: 24, width: 24, queries: 4, regions: 3 }
const boxes = (t: GoldenTensor) =>
  Array.from({ length: t.shape[0]! }, (_, i) => [...floats(t).subarray(4 * i, 4 * i + 4)] as unknown as CentreBox)
const batch: DetectionBatch = {
  pixels: floats(reference.pixels),
  queries: floats(reference.queries),
  targets: reference.targets.map(({ queries, boxes: own }) => boxes(own).map((box, i) => ({ query: queries[i]!, box }))),
}

let model: Model
let training: DetectorTrainer
beforeAll(async () => {
  model = await openModel(goldenPath('families/owlvit'))
  training = await DetectorTrainer.create({
    detector: model.detector!,
    shape,
    params: (graph) => paramsFor(model, graph, model.weights, () => true),
    initial: (name) => model.weights.float32(name),
    options: { optimizer: sgd({ momentum: 0 }) },
  })
})
afterAll(async () => {
  await training.release()
  model.close()
})

test('predictions are matched with regions as transformers does it', async () => {
  const { matched, boxes: wanted, count } = await training.assigned(training.feeds(batch))
  const expected = reference.found.flatMap((own, i) => own.map((at, k) => ({ at: i * PATCHES + at, box: batch.targets[i]![k]!.box })))
  expect(count!.data).toEqual(Float32Array.of(expected.length))
  const found = expected.map((_, r) => ({
    at: (matched!.data as Int32Array)[r]!,
    box: [...(wanted!.data as Float32Array).subarray(4 * r, 4 * r + 4)],
  }))
  expect(found).toEqual(expected)
})

test('loss and gradients are those of PyTorch, within 1e-5 and 1e-3', async () => {
  const feeds = await training.assigned(training.feeds(batch))
  const { loss, focal, distance, giou } = await training.trainer.step(feeds, 1)
  expect(Math.abs(loss / reference.loss - 1)).toBeLessThan(1e-5)
  expect(
    [focal, distance, giou].map((x, i) => Math.abs(x! / [reference.focal, reference.distance, reference.giou][i]! - 1) < 1e-5),
  ).toEqual([true, true, true])
  const after = await training.trainer.exportWeights()
  expect([...after.keys()].sort()).toEqual(Object.keys(reference.grads).sort())
  for (const [name, w] of after) {
    const before = model.weights.float32(name)
    const gradient = before.map((x, i) => x - w[i]!) // of a plain step at rate 1; keys' biases have none, which the floor is for
    expect(normError(gradient, floats(reference.grads[name]!), 5e-3), name).toBeLessThanOrEqual(1e-3)
  }
})

describe('a varied view', () => {
  const pixels = { width: 20, height: 10, channels: 3 as const, data: new Uint8Array(600) }
  for (let y = 2; y < 6; y++) for (let x = 5; x < 11; x++) pixels.data[3 * (y * 20 + x)] = 255
  const boxes = [{ class: 1, box: { x: 5, y: 2, w: 6, h: 4 } }]

  test('keeps each box around what it was drawn around', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 40; i++) {
      const view = variedView(pixels, boxes, Rng.of(3, i))
      seen.add(`${view.pixels.width} ${view.boxes[0]!.box.x}`)
      const { x, y, w, h } = view.boxes[0]!.box
      for (let py = 0; py < view.pixels.height; py++)
        for (let px = 0; px < view.pixels.width; px++) {
          const red = view.pixels.data[3 * (py * view.pixels.width + px)] === 255
          expect(red).toBe(px >= x && px < x + w && py >= y && py < y + h)
        }
    }
    expect(seen.size).toBeGreaterThan(10)
  })

  test('without any box is the whole image', () => {
    const far = [{ class: 0, box: { x: 0, y: 0, w: 1, h: 1 } }]
    for (let i = 0; i < 20; i++) expect(variedView(pixels, far, Rng.of(4, i)).boxes).toHaveLength(1)
  })
})
