/** Segmentation without training, as NACLIP defines it: test/parity/models/dense_clip.py. */
import { expect, test } from 'vitest'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { neighbourhood } from '../../../src-main/engine/models/dense-clip.ts'
import { paramsFor } from '../../../src-main/engine/models/model.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, largestDifference } from '../../helpers/golden.ts'
import { runGraph } from '../../helpers/graph-run.ts'

interface Case {
  readonly folder: string
  readonly pixels: GoldenTensor
  readonly dense: GoldenTensor
  readonly queries: GoldenTensor
  readonly logits: GoldenTensor
}

test.each(golden<Case[]>('../models/dense-clip.json').map((c) => [c.folder, c] as const))(
  "%s: each patch's embedding, and its logits for three queries",
  async (folder, { pixels, dense, queries, logits }) => {
    const model = await openModel(goldenPath(folder))
    const { encode, masks } = model.segmenter!
    const out = await runGraph(
      (g) => {
        const p = paramsFor(model, g, model.weights)
        const state = encode(p, g.input('pixels', 'float32', pixels.shape))
        expect(state['dense']!.shape).toEqual(dense.shape)
        g.output('dense', state['dense']!)
        g.output('logits', masks(p, state, g.input('queries', 'float32', queries.shape)))
      },
      { pixels: feed(pixels), queries: feed(queries) },
    )
    expect(largestDifference(out['dense']!, floats(dense))).toBeLessThan(2e-5)
    expect(largestDifference(out['logits']!, floats(logits))).toBeLessThan(1e-4)
    model.close()
  },
)

test('a patch prefers its neighbours, the class token nobody', () => {
  const omega = neighbourhood(2, 3, 1)
  const at = (i: number, j: number) => omega[i * 7 + j]!
  expect([at(0, 0), at(0, 3), at(3, 0)]).toEqual([0, 0, 0])
  expect(at(1, 1)).toBe(1)
  expect(at(1, 6)).toBeCloseTo(Math.exp(-5 / 50), 6) // one row down, two columns to the right
  expect(at(3, 4)).toBe(at(4, 3)) // the end of a row is no neighbour of the start of the next
  expect(at(3, 4)).toBeCloseTo(Math.exp(-5 / 50), 6)
})
