/** Features of regions. */
import { expect, test } from 'vitest'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { joinViews, Crops } from '../../../src-main/engine/regions/index.ts'
import { TINY_CLIP } from '../../helpers/pictures.ts'

const image = {
  width: 60,
  height: 40,
  channels: 3 as const,
  data: Uint8Array.from({ length: 7200 }, (_, i) => (i * 7919 + (i % 13) * 31) % 256),
}
const box = { x: 10, y: 5, w: 24, h: 20 }
/** A disc in the box. */
const isShown = (at: number) => ((at % 60) - 22) ** 2 + (Math.floor(at / 60) - 15) ** 2 < 80
const mask = rleFromBitmap(
  Array.from({ length: 2400 }, (_, at) => Number(isShown(at))),
  40,
  60,
)

test('a region with a mask is looked at in the scene and alone, upright and turned; one without only in the scene', async () => {
  const model = await openModel(TINY_CLIP)
  const [plain, turned] = [new Crops(model, { scales: [1], square: true }), new Crops(model, { scales: [1], square: true, turns: [0, 90] })]
  try {
    const d = model.dim
    const { features, regionOf } = await turned.views(image, [{ box, mask }, { box }])
    expect(regionOf).toEqual([0, 0, 0, 1])
    const row = (i: number) => features.slice(i * d, (i + 1) * d)
    const far = (a: Float32Array, b: Float32Array) => Math.max(...a.map((x, j) => Math.abs(x - b[j]!)))
    expect(far(row(0), row(3))).toBeLessThan(1e-5)
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const)
      expect(far(row(a), row(b))).toBeGreaterThan(0.01)
    // One row for a region: the mean of how it looks in the scene and alone, upright, of length 1.
    const mean = row(0).map((x, j) => x + row(1)[j]!)
    const one = await turned.features(image, [{ box, mask }])
    expect(
      far(
        one,
        mean.map((x) => x / Math.hypot(...mean)),
      ),
    ).toBeLessThan(1e-5)
    // A mask of nothing shows nothing alone.
    const empty = rleFromBitmap(new Uint8Array(2400), 40, 60)
    expect((await turned.views(image, [{ box, mask: empty }])).regionOf).toEqual([0])
    // Where turns are not asked for, a mask is nothing.
    expect(far(await plain.features(image, [{ box, mask }]), row(0))).toBeLessThan(1e-5)
  } finally {
    await plain.release()
    await turned.release()
    model.close()
  }
})

test('of each word, the crop and the best of how it looks alone count the same', () => {
  const logits = Float32Array.from([1, 5, 3, 2, 9, 0, 4, 4]) // a region of three views, and one of its crop alone; two words
  expect([...joinViews(logits, [0, 0, 0, 1], 2)]).toEqual([5, 3.5, 4, 4])
})
