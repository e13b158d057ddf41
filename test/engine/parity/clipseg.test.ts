/** CLIPSeg's outputs are those of transformers: test/parity/models/clipseg.py. */
import { expect, test } from 'vitest'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { architectureOf } from '../../../src-main/engine/models/families.ts'
import { paramsFor } from '../../../src-main/engine/models/model.ts'
import { tensor } from '../../../src-main/engine/runtime/session.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, ints, largestDifference } from '../../helpers/golden.ts'
import { runGraph } from '../../helpers/graph-run.ts'

type Expected = Record<
  'inputIds' | 'pixels' | 'examples' | 'features' | 'queries' | 'exampleQueries' | 'masks' | 'exampleMasks',
  GoldenTensor
>

test.each(['clipseg', 'clipseg-refined', 'clipseg-late'])('%s: masks by texts and by example images', async (name) => {
  const e = golden<Expected>(`../models/${name}/expected.json`)
  const model = await openModel(goldenPath(`../models/${name}`))
  const [n, length] = e.inputIds.shape as [number, number]
  const ids = ints(e.inputIds)
  const ends = Int32Array.from({ length: n }, (_, i) => model.text!.at(ids.subarray(i * length, (i + 1) * length)))
  const out = await runGraph(
    (g) => {
      const p = paramsFor(model, g, model.weights)
      const pixels = g.input('pixels', 'float32', e.pixels.shape)
      const text = model.text!.embed(p, model.text!.tokens(p, g.input('ids', 'int32', [n, length])), g.input('at', 'int32', [n]))
      const example = model.image.embed(p, g.input('examples', 'float32', e.examples.shape))
      const state = model.segmenter!.encode(p, pixels)
      g.output('features', model.image.embed(p, pixels))
      g.output('queries', text)
      g.output('exampleQueries', example)
      for (const [output, query] of [
        ['masks', text],
        ['exampleMasks', example],
      ] as const) {
        const y = model.segmenter!.masks(p, state, query)
        expect(y.shape).toEqual(e[output].shape)
        g.output(output, y)
      }
    },
    { pixels: feed(e.pixels), examples: feed(e.examples), ids: tensor(ids, 'int32', [n, length]), at: tensor(ends, 'int32', [n]) },
  )
  for (const [output, tolerance] of Object.entries({
    features: 2e-5,
    queries: 2e-5,
    exampleQueries: 2e-5,
    masks: 1e-4,
    exampleMasks: 1e-4,
  }))
    expect(largestDifference(out[output]!, floats(e[output as keyof Expected])), output).toBeLessThan(tolerance)
  model.close()
})

test.each([
  [{ extract_layers: [3, 12] }, 'extract_layers'],
  [{ extract_layers: [3, 6], conditional_layer: 2 }, 'conditional_layer'],
  [{ reduce_dim: 63 }, 'decoder_num_attention_heads'],
  [{ use_complex_transposed_convolution: true, vision_config: { patch_size: 3, image_size: 33 } }, 'patch_size'],
])('a configuration that has no masks is refused: %j', (given, field) => {
  expect(() => architectureOf({ model_type: 'clipseg', ...given })).toThrow(field)
})
