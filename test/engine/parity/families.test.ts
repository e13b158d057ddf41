/** Each family's outputs are those of transformers: test/parity/engine/families.py. */
import fs from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { tokenizerIn } from '../../../src-main/engine/models/families.ts'
import { imageFeature, type Model, paramsFor } from '../../../src-main/engine/models/model.ts'
import { l2Normalize } from '../../../src-main/engine/ops/index.ts'
import { Session, type Tensor, tensor } from '../../../src-main/engine/runtime/session.ts'
import { headLogits } from '../../../src-main/engine/tasks/head-logits.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, ints, largestDifference } from '../../helpers/golden.ts'

interface Expected {
  readonly texts?: string[]
  readonly inputIds?: GoldenTensor
  readonly textEmbeds?: GoldenTensor
  readonly cases: { pixels: GoldenTensor; features: GoldenTensor; logits?: GoldenTensor; logitsPerImage?: GoldenTensor }[]
}

/** What a graph over the model's weights answers. */
async function run(model: Model, build: (graph: Graph) => void, feeds: Record<string, Tensor>): Promise<Record<string, Float32Array>> {
  const graph = new Graph()
  build(graph)
  const session = await Session.create(graph, { threads: 1 })
  const out = await session.run(feeds)
  await session.release()
  return Object.fromEntries(Object.entries(out).map(([name, t]) => [name, t.data as Float32Array]))
}

describe.each(fs.readdirSync(goldenPath('families')).map((name) => [name, goldenPath(`families/${name}`)] as const))(
  'families/%s, as transformers saved it',
  (name, folder) => {
    const expected = golden<Expected>(`families/${name}/expected.json`)

    test.each(expected.cases.map((c) => [`${c.pixels.shape[2]}×${c.pixels.shape[3]}`, c] as const))(
      'features of images of %s pixels within 2e-5, logits within 1e-4',
      async (_, { pixels, features, logits, logitsPerImage }) => {
        const model = await openModel(folder)
        const { y } = await run(
          model,
          (g) => g.output('y', imageFeature(model, paramsFor(model, g, model.weights), g.input('pixels', 'float32', pixels.shape))),
          { pixels: feed(pixels) },
        )
        expect(features.shape).toEqual([pixels.shape[0], model.dim])
        expect(largestDifference(y!, floats(features))).toBeLessThan(2e-5)
        if (logits) expect(largestDifference(headLogits(y!, model.head!), floats(logits))).toBeLessThan(1e-4)
        else expect(model.head).toBeUndefined()
        if (logitsPerImage) {
          const { scale, bias } = model.similarity!.of(model.weights)
          const text = floats(expected.textEmbeds!)
          const n = expected.texts!.length
          const head = {
            classes: expected.texts!,
            dim: model.dim,
            weight: text.map((x) => x * scale),
            bias: new Float32Array(n).fill(bias),
          }
          expect(largestDifference(headLogits(y!, head), floats(logitsPerImage))).toBeLessThan(1e-4)
        }
        model.close()
      },
    )

    test.runIf(expected.texts)('texts have the same tokens and embeddings, and the graph the same logits', async () => {
      const model = await openModel(folder)
      const { context, at, embed, tokens } = model.text!
      const ids = ints(expected.inputIds!)
      if (fs.existsSync(`${folder}/tokenizer.json`))
        expect([...(await tokenizerIn(folder)).encodeAll(expected.texts!, context)]).toEqual([...ids])
      const n = expected.texts!.length
      const ends = Int32Array.from({ length: n }, (_, i) => at(ids.subarray(i * context, (i + 1) * context)))
      const { pixels, logitsPerImage } = expected.cases[0]!
      const out = await run(
        model,
        (g) => {
          const p = paramsFor(model, g, model.weights)
          const y = embed(p, tokens(p, g.input('ids', 'int32', [n, context])), g.input('at', 'int32', [n]))
          g.output('y', l2Normalize(y))
          g.output('logits', model.similarity!.logits(p, model.image.embed(p, g.input('pixels', 'float32', pixels.shape)), y))
        },
        { ids: tensor(ids, 'int32', [n, context]), at: tensor(ends, 'int32', [n]), pixels: feed(pixels) },
      )
      expect(largestDifference(out['y']!, floats(expected.textEmbeds!))).toBeLessThan(2e-5)
      expect(largestDifference(out['logits']!, floats(logitsPerImage!))).toBeLessThan(1e-4)
      model.close()
    })
  },
)
