/** SAM's outputs are those of transformers (test/parity/models/sam.py), MobileSAM's those of PyTorch (mobile_sam.py). */
import { expect, test } from 'vitest'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { architectureOf } from '../../../src-main/engine/models/families.ts'
import { imageFeature, paramsFor } from '../../../src-main/engine/models/model.ts'
import { PointKind } from '../../../src-main/engine/models/segmenter.ts'
import { tensor } from '../../../src-main/engine/runtime/session.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, largestDifference } from '../../helpers/golden.ts'
import { runGraph } from '../../helpers/graph-run.ts'

interface Expected {
  readonly pixels: GoldenTensor
  readonly embedding: GoldenTensor
  readonly low: GoldenTensor
  readonly cases: {
    readonly points: [number, number][]
    readonly labels: (0 | 1)[]
    readonly box: [number, number, number, number] | null
    readonly mask: boolean
    readonly logits: GoldenTensor
    readonly iou: GoldenTensor
  }[]
}

const FOLDERS = ['sam', 'sam-plain', 'sam-few', 'mobile-sam', 'mobile-sam-wide', 'mobile-sam-three']

test.each(FOLDERS)("%s: the image's embedding", async (name) => {
  const { pixels, embedding } = golden<Expected>(`../models/${name}/expected.json`)
  const model = await openModel(goldenPath(`../models/${name}`))
  const out = await runGraph(
    (g) => {
      const p = paramsFor(model, g, model.weights)
      const x = g.input('pixels', 'float32', pixels.shape)
      g.output('embedding', model.prompted!.embed(p, x))
      g.output('feature', imageFeature(model, p, x))
    },
    { pixels: feed(pixels) },
  )
  const expected = floats(embedding)
  expect(largestDifference(out['embedding']!, expected)).toBeLessThan(2e-5)
  const cells = expected.length / model.dim
  const means = Array.from({ length: model.dim }, (_, c) => expected.slice(c * cells, (c + 1) * cells).reduce((a, b) => a + b) / cells)
  expect(largestDifference(out['feature']!, means)).toBeLessThan(2e-5)
  model.close()
})

test.each(
  FOLDERS.flatMap((name) =>
    golden<Expected>(`../models/${name}/expected.json`).cases.map((c, i) => [`${name} ${i + 1}`, name, c] as const),
  ),
)('%s: masks and their predicted IoU', async (_, name, { points, labels, box, mask, logits, iou }) => {
  const { embedding, low } = golden<Expected>(`../models/${name}/expected.json`)
  const model = await openModel(goldenPath(`../models/${name}`))
  const all = [...points, ...(box ? [box.slice(0, 2), box.slice(2)] : [[0, 0]])].flat()
  const kinds = [...labels, ...(box ? [PointKind.topLeft, PointKind.bottomRight] : [PointKind.none])]
  const out = await runGraph(
    (g) => {
      const y = model.prompted!.masks(paramsFor(model, g, model.weights), g.input('embedding', 'float32', embedding.shape), {
        points: g.input('points', 'float32', [1, kinds.length, 2]),
        kinds: g.input('kinds', 'int32', [1, kinds.length]),
        ...(mask ? { mask: g.input('mask', 'float32', low.shape) } : {}),
      })
      expect(y.logits.shape).toEqual(logits.shape)
      g.output('logits', y.logits)
      g.output('iou', y.iou)
    },
    {
      embedding: feed(embedding),
      points: tensor(Float32Array.from(all), 'float32', [1, kinds.length, 2]),
      kinds: tensor(Int32Array.from(kinds), 'int32', [1, kinds.length]),
      mask: feed(low),
    },
  )
  expect(largestDifference(out['logits']!, floats(logits))).toBeLessThan(5e-4)
  expect(largestDifference(out['iou']!, floats(iou))).toBeLessThan(1e-5)
  model.close()
})

test.each([
  [{ vision_config: { num_attention_heads: 5 } }, 'must divide hidden_size'],
  [{ vision_config: { num_pos_feats: 64 } }, 'expected 128, which half of vision_config.output_channels says, found 64'],
  [{ prompt_encoder_config: { image_size: 512 } }, 'expected 1024, which vision_config.image_size says, found 512'],
  [{ mask_decoder_config: { num_attention_heads: 7 } }, 'attention_downsample_rate'],
  [{ vision_config: { image_size: 4096 } }, 'more tokens of an image than fit the memory'],
])('a configuration whose parts do not fit is refused: %j', (given, why) => {
  expect(() => architectureOf({ model_type: 'sam', ...given })).toThrow(why)
})
