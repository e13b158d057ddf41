/** Outlining what is in the middle of boxes: at a window about each, by a segmenter. */
import { cpSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { rleToBitmap } from '#shared/geometry/rle.ts'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { Outlining } from '../../../src-main/engine/regions/outlining.ts'
import { Segmenting } from '../../../src-main/engine/segmentation/index.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

test('a mask is what the segmenter finds in the window, seen by itself, at its place in the image', async () => {
  const dir = temporaryFolder()
  const folder = path.join(dir, 'segmenter')
  cpSync(goldenPath('../models/clipseg'), folder, { recursive: true })
  const noise = Uint8Array.from({ length: 200 * 160 * 3 }, (_, i) => (Math.floor(i / 3) % 17) * 15 * (Math.floor(i / 9000) % 2))
  const whole = path.join(dir, 'whole.png')
  const raw = { raw: { width: 200, height: 160, channels: 3 as const } }
  await sharp(noise, raw).png().toFile(whole)
  const model = await openModel(folder)
  const [outlining, segmenting] = [Outlining.with(model, 'test'), Segmenting.with(model, 'test')]
  try {
    // More than are looked at together, so that the second batch isn't full. A window's side is 60: a box's longer one, and half of it.
    const boxes = Array.from({ length: 9 }, (_, i) => ({ x: 40 + 6 * i, y: 40 + 4 * i, w: 40, h: 20 }))
    const found = await outlining.outline(await decodeImage(whole, whole, { alpha: 'keep' }), boxes)
    for (const i of [0, 8]) {
      const { x, y, w, h } = boxes[i]!
      const [left, top] = [x + w / 2 - 30, y + h / 2 - 30]
      const file = path.join(dir, `${i}.png`)
      await sharp(noise, raw).extract({ left, top, width: 60, height: 60 }).png().toFile(file)
      const [own] = await segmenting.find(file, { classes: [{ name: 'object' }], templates: ['{}'] }, { threshold: 0.5 })
      const [inImage, inWindow] = [found[i] && rleToBitmap(found[i]), own && rleToBitmap(own.mask)]
      let [alike, marked] = [0, 0]
      for (let v = 0; v < 60; v++)
        for (let u = 0; u < 60; u++) {
          const is = inImage?.[(top + v) * 200 + left + u] ?? 0
          marked += is
          alike += Number(is === (inWindow?.[v * 60 + u] ?? 0))
        }
      expect(marked).toBeGreaterThan(0)
      expect(alike / 3600).toBeGreaterThan(0.97) // edges may be a pixel of the window off
      expect(inImage!.reduce((n, is) => n + is, 0)).toBe(marked) // and nothing outside the window
    }
  } finally {
    await outlining.release()
    await segmenting.release()
    model.close()
  }
})

test('a box outside the image has no mask', async () => {
  const model = await openModel(goldenPath('../models/clipseg'))
  const outlining = Outlining.with(model, 'test')
  const image = { width: 20, height: 20, channels: 3 as const, data: new Uint8Array(1200) }
  expect(await outlining.outline(image, [{ x: 100, y: 100, w: 4, h: 4 }])).toEqual([undefined])
  await outlining.release()
  model.close()
})
