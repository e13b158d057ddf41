/** EXIF's eight orientations: where the corners of the stored picture end up, shapes drawn on it, and the size that a header tells. */
import path from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { uprightShape } from '../../../src-main/app/exchange/orient.ts'
import { rasterOf } from '../../../src-main/app/media/raster.ts'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const dir = temporaryFolder()
/** 32 × 16, its corners in four greys, each a block of eight pixels that JPEG keeps whole. */
const [width, height] = [32, 16]
const greys = { a: 0, b: 85, c: 170, d: 255 }
const stored = Buffer.from(
  Array.from({ length: width * height }, (_, i) => {
    const [left, top] = [i % width < width / 2, i < (width * height) / 2]
    return top ? (left ? greys.a : greys.b) : left ? greys.c : greys.d
  }),
)

// EXIF 2.32, tag 274: what the stored rows and columns are of the upright picture.
const upright: [number, string][] = [
  [1, 'ab/cd'],
  [2, 'ba/dc'],
  [3, 'dc/ba'],
  [4, 'cd/ab'],
  [5, 'ac/bd'],
  [6, 'ca/db'],
  [7, 'db/ca'],
  [8, 'bd/ac'],
]

describe.each(upright)('orientation %i', (orientation, corners) => {
  const file = path.join(dir, `${orientation}.jpg`)

  test(`the upright picture is ${corners}`, async () => {
    await sharp(stored, { raw: { width, height, channels: 1 } })
      .withMetadata({ orientation })
      .jpeg({ quality: 100 })
      .toFile(file)
    const { width: w, height: h, channels, data } = await decodeImage(file)
    expect([w, h]).toEqual(orientation < 5 ? [width, height] : [height, width])
    const at = (x: number, y: number) => {
      const grey = data[(y * w + x) * channels]!
      return Object.entries(greys).find(([, g]) => Math.abs(g - grey) < 10)![0]
    }
    expect(`${at(1, 1)}${at(w - 2, 1)}/${at(1, h - 2)}${at(w - 2, h - 2)}`).toBe(corners)
  })

  test('the size that the header tells is that of the upright picture', async () => {
    await sharp(stored, { raw: { width, height, channels: 1 } })
      .withMetadata({ orientation })
      .jpeg()
      .toFile(file)
    expect(await rasterOf(file)).toEqual({
      width: orientation < 5 ? width : height,
      height: orientation < 5 ? height : width,
      orientation,
    })
  })

  test('a box drawn on a corner of the stored picture lies on that corner of the upright one', () => {
    const [w, h] = orientation < 5 ? [width, height] : [height, width]
    const at = [...corners.replace('/', '')].indexOf('b')
    const box = uprightShape({ kind: 'box', x: width - 6, y: 0, w: 6, h: 4 }, orientation, { width, height })
    const [bw, bh] = orientation < 5 ? [6, 4] : [4, 6]
    expect(box).toEqual({ kind: 'box', x: at % 2 ? w - bw : 0, y: at < 2 ? 0 : h - bh, w: bw, h: bh })
  })
})
