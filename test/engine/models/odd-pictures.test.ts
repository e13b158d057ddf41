/** Pictures of unusual sizes and kinds, through the newer families. */
import path from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { Images } from '../../../src-main/engine/data/images.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { embedImages } from '../../../src-main/engine/tasks/embed.ts'
import { goldenPath, largestDifference } from '../../helpers/golden.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const names = ['pixel.png', 'wide.png', 'high.png', 'grey.png', 'grey-as-colour.png', 'upright.png', 'turned.png']
let images: Images
beforeAll(async () => {
  const dir = temporaryFolder()
  const levels = (width: number, height: number, channels: 1 | 3) =>
    Buffer.from(Array.from({ length: width * height * channels }, (_, i) => (Math.floor(i / channels) * 37) % 256))
  const picture = (width: number, height: number, channels: 1 | 3 = 3) =>
    sharp(levels(width, height, channels), { raw: { width, height, channels } })
  const at = (name: string) => path.join(dir, name)
  await picture(1, 1).png().toFile(at('pixel.png'))
  await picture(400, 40).png().toFile(at('wide.png'))
  await picture(40, 400).png().toFile(at('high.png'))
  await picture(30, 30, 1).toColourspace('b-w').png().toFile(at('grey.png'))
  await picture(30, 30).png().toFile(at('grey-as-colour.png'))
  await picture(31, 17).png().toFile(at('upright.png'))
  await picture(31, 17).rotate(-90).withMetadata({ orientation: 6 }).png().toFile(at('turned.png'))
  images = new Images(names.map((name) => ({ file: at(name), label: 0 })))
})

describe.each(['siglip2', 'siglip2-fixed', 'dual', 'swin', 'dinov2-registers', 'dinov2-registers-classes'])('%s', (name) => {
  test('has features of a pixel, of 10:1, of grey as of its colours, and of a turned picture as of the upright one', async () => {
    const model = await openModel(goldenPath(`families/${name}`))
    const found = await embedImages(
      model,
      images,
      names.map((_, i) => i),
      {},
    )
    const of = (picture: string) => found.subarray(names.indexOf(picture) * model.dim, (names.indexOf(picture) + 1) * model.dim)
    expect(found.every(Number.isFinite)).toBe(true)
    expect(largestDifference(of('grey.png'), of('grey-as-colour.png'))).toBe(0)
    expect(largestDifference(of('turned.png'), of('upright.png'))).toBe(0)
    expect(largestDifference(of('wide.png'), of('high.png'))).toBeGreaterThan(1e-3)
    model.close()
  })
})
