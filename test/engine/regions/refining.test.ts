/** Looking at boxes again: at a window about each, by a detector. */
import { cpSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import { Detecting } from '../../../src-main/engine/detection/detecting.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { Refining } from '../../../src-main/engine/regions/refining.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

test('a box looked at again is the surest box of its window, seen by itself', async () => {
  const dir = temporaryFolder()
  const folder = path.join(dir, 'detector')
  cpSync(goldenPath('families/owlvit'), folder, { recursive: true })
  const noise = Uint8Array.from({ length: 200 * 160 * 3 }, (_, i) => (i * 7919 + (i % 13) * 31) % 256)
  const whole = path.join(dir, 'whole.png')
  const raw = { raw: { width: 200, height: 160, channels: 3 as const } }
  await sharp(noise, raw).png().toFile(whole)
  const model = await openModel(folder)
  const [refining, detecting] = [Refining.with(model, 'test'), Detecting.with(model, 'test')]
  try {
    // More than are looked at together, so that the second batch isn't full.
    const boxes = Array.from({ length: 9 }, (_, i) => ({ x: 30 + 8 * i, y: 40 + 3 * i, w: 40, h: 20 + i }))
    const found = await refining.refine(await decodeImage(whole, whole, { alpha: 'keep' }), boxes)
    for (const i of [0, 8]) {
      const { x, y, w, h } = boxes[i]!
      const [left, top] = [x + w / 2 - 40, y + h / 2 - 40]
      const file = path.join(dir, `${i}.png`)
      await sharp(noise, raw)
        .extract({ left: Math.floor(left), top: Math.floor(top), width: 80, height: Math.ceil(top + 80) - Math.floor(top) })
        .png()
        .toFile(file)
      const [best] = await detecting.find(file, { classes: [{ name: 'object' }] }, { threshold: 0 })
      const { box, score } = found[i]!
      expect(score).toBeCloseTo(best!.score, 3)
      const at = [box.x - left, box.y - top, box.w, box.h]
      best!.box.forEach((edge, k) => expect(Math.abs(at[k]! - edge)).toBeLessThan(0.6)) // half a pixel of the window's rounding
    }
  } finally {
    await refining.release()
    await detecting.release()
    model.close()
  }
})
