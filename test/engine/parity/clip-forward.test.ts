import { afterAll, describe, expect, test } from 'vitest'
import { Tokenizer } from '../../../src-main/engine/data/tokenizer.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { clipTensors, imageEmbedding, logitsPerImage, textEmbedding } from '../../../src-main/engine/models/clip.ts'
import { l2Normalize } from '../../../src-main/engine/ops/index.ts'
import { Session } from '../../../src-main/engine/runtime/session.ts'
import { CHECKPOINTS, eosOf, feed, openClip, paramsOf } from '../../helpers/clip.ts'
import { floats, ints, largestDifference } from '../../helpers/golden.ts'

describe.each(CHECKPOINTS)('clip/%s, as transformers saved it', (name) => {
  const clip = openClip(name)
  const { config, weights, expected } = clip
  afterAll(() => weights.close())

  test('holds exactly the tensors that the configuration describes', () => {
    weights.expectTensors(clipTensors(config).shapes(), ['*.position_ids'])
  })

  test('texts have the same tokens', async () => {
    const tokenizer = await Tokenizer.load(clip.folder)
    expect([...tokenizer.encodeAll(expected.texts, config.text_config.max_position_embeddings)]).toEqual([...ints(expected.inputIds)])
  })

  test.each(expected.cases.map((c) => [`${c.pixels.shape[2]}×${c.pixels.shape[3]}`, c] as const))(
    'images of %s pixels and texts: embeddings within 1e-5, logits within 1e-3',
    async (_, { pixels, imageEmbeds, logitsPerImage: logits }) => {
      const graph = new Graph()
      const p = paramsOf(graph, clip)
      const image = imageEmbedding(p, config, graph.input('pixels', 'float32', pixels.shape))
      const [n] = expected.inputIds.shape as [number, number]
      const text = textEmbedding(p, config, graph.input('ids', 'int32', expected.inputIds.shape), graph.input('eos', 'int32', [n]))
      graph.output('image', l2Normalize(image))
      graph.output('text', l2Normalize(text))
      graph.output('logits', logitsPerImage(p, image, text))
      const session = await Session.create(graph, { threads: 1 })
      const out = await session.run({ pixels: feed(pixels), ids: feed(expected.inputIds), eos: eosOf(expected.inputIds, config) })
      await session.release()
      expect(out['logits']!.dims).toEqual(logits.shape)
      const worst = (output: string, want: Float32Array) => largestDifference(out[output]!.data as Float32Array, want)
      expect(worst('text', floats(expected.textEmbeds))).toBeLessThan(1e-5)
      expect(worst('image', floats(imageEmbeds))).toBeLessThan(1e-5)
      expect(worst('logits', floats(logits))).toBeLessThan(1e-3)
    },
  )
})
