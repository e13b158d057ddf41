/** GroupViT's pixels as transformers has them (test/parity/engine/groupvit.py), and masks of whole pictures made of them. */
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { architectureOf } from '../../../src-main/engine/models/families.ts'
import { paramsFor } from '../../../src-main/engine/models/model.ts'
import { Session, type Tensor, tensor } from '../../../src-main/engine/runtime/session.ts'
import { columnsOf, planeOf, resized } from '../../../src-main/engine/segmentation/planes.ts'
import { Segmenting } from '../../../src-main/engine/segmentation/segmenting.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, largestDifference } from '../../helpers/golden.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

interface Expected {
  readonly textEmbeds: GoldenTensor
  readonly cases: { readonly pixels: GoldenTensor; readonly pixelLogits?: GoldenTensor }[]
}

async function run(build: (graph: Graph) => void, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const graph = new Graph()
  build(graph)
  const session = await Session.create(graph, { threads: 1 })
  const out = await session.run(feeds)
  await session.release()
  return out
}

describe.each(['groupvit', 'groupvit-two', 'groupvit-four'])('%s', (name) => {
  test('logits of pixels within 1e-3', async () => {
    const { textEmbeds, cases } = golden<Expected>(`families/${name}/expected.json`)
    const model = await openModel(goldenPath(`families/${name}`))
    const { pixels, pixelLogits } = cases[0]!
    const [images, texts, height, width] = pixelLogits!.shape as [number, number, number, number]
    const [all, wanted] = [floats(pixels), floats(pixelLogits!)]
    const { scale } = model.similarity!.of(model.weights)
    for (let i = 0; i < images; i++) {
      const one = tensor(Float32Array.from(all.subarray(i * 3 * height * width, (i + 1) * 3 * height * width)), 'float32', [
        1,
        3,
        height,
        width,
      ])
      const { y } = await run(
        (g) => {
          const p = paramsFor(model, g, model.weights)
          const state = model.segmenter!.encode(p, g.input('pixels', 'float32', one.dims))
          g.output('y', model.segmenter!.masks(p, state, g.input('asked', 'float32', textEmbeds.shape)))
        },
        { pixels: one, asked: feed(textEmbeds) },
      )
      const [, h, w] = y!.dims as [number, number, number]
      for (let t = 0; t < texts; t++) {
        const plane = { height: h, width: w, data: (y!.data as Float32Array).subarray(t * h * w, (t + 1) * h * w) }
        const full = planeOf(resized(columnsOf(plane), { height, width })).data.map((x) => x * scale)
        const at = (i * texts + t) * height * width
        expect(largestDifference(Float32Array.from(full), wanted.subarray(at, at + height * width))).toBeLessThan(1e-3)
      }
    }
    model.close()
  })
})

test.each([
  [{ num_group_tokens: [0, 4, 0] }, 'expected groups in the first stage'],
  [{ num_group_tokens: [6, 0, 4] }, 'expected no groups after a stage without them'],
  [{ depths: [1, 1] }, 'expected as many numbers as depths and num_output_groups have'],
  [{ num_output_groups: [6, 0, 0], num_group_tokens: [6, 4, 0] }, 'expected at least 1 where there are group tokens'],
  [{ num_output_groups: [3, 4, 0], num_group_tokens: [6, 4, 0] }, 'since the next one reads them'],
])('stages that do not follow each other are refused: %o', (vision, why) => {
  expect(() => architectureOf({ model_type: 'groupvit', vision_config: vision })).toThrow(why)
})

test('masks by words and like an example, over an image of any shape', async () => {
  const model = await openModel(goldenPath('families/groupvit'))
  const segmenting = Segmenting.with(model, 'preview')
  const picture = golden<Record<string, { file: string }>>('owl-pictures.json')['large']!
  const file = path.join(temporaryFolder(), 'large.png')
  fs.writeFileSync(file, Buffer.from(picture.file, 'base64'))
  try {
    const found = await segmenting.find(
      file,
      { classes: [{ name: 'cat' }, { name: 'red apple' }], templates: ['{}'] },
      { threshold: 0, background: [] },
    )
    expect(found.length).toBeGreaterThan(0)
    for (const { label, score, mask } of found) {
      expect(['cat', 'red apple']).toContain(label)
      expect(score).toBeGreaterThan(0)
      expect(mask.size).toEqual([110, 150])
    }
    const [alike] = await segmenting.find(file, { example: { file, region: [30, 30, 40, 40] } }, { threshold: 0 })
    expect(alike).toMatchObject({ label: 'example' })
  } finally {
    await segmenting.release()
    model.close()
  }
})
