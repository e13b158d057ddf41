/** EXIF's eight orientations: where the corners of the stored picture end up, shapes drawn on it, and the size that a header tells. */
import path from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { rleFromBitmap, rleToBitmap } from '#shared/geometry/rle.ts'
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

  test('a box drawn on a corner of the stored picture is on that corner of the upright one', () => {
    const [w, h] = orientation < 5 ? [width, height] : [height, width]
    const at = [...corners.replace('/', '')].indexOf('b')
    const box = uprightShape({ kind: 'box', x: width - 6, y: 0, w: 6, h: 4 }, orientation, { width, height })
    const [bw, bh] = orientation < 5 ? [6, 4] : [4, 6]
    expect(box).toEqual({ kind: 'box', x: at % 2 ? w - bw : 0, y: at < 2 ? 0 : h - bh, w: bw, h: bh })
  })

  test('so does a turned box: the middles of its short sides are where they were drawn', () => {
    const ends = ({ cx, cy, w, angle }: { cx: number; cy: number; w: number; angle: number }) => {
      const [x, y] = [(w / 2) * Math.cos((angle * Math.PI) / 180), (w / 2) * Math.sin((angle * Math.PI) / 180)]
      return [cx - x, cy - y, cx + x, cy + y]
    }
    const drawn = { kind: 'rotated-box', cx: 24, cy: 6, w: 8, h: 2, angle: 30 } as const
    const turned = uprightShape(drawn, orientation, { width, height }) as typeof drawn
    const line = uprightShape({ kind: 'polyline', points: ends(drawn) }, orientation, { width, height }) as { points: number[] }
    const sorted = (points: number[]) => [points.slice(0, 2), points.slice(2)].sort((a, b) => a[0]! - b[0]!).flat()
    sorted(ends(turned)).forEach((v, i) => expect(v).toBeCloseTo(sorted(line.points)[i]!, 9))
    expect([turned.w, turned.h]).toEqual([8, 2])
  })

  test('so does a mask', () => {
    const bits = new Uint8Array(width * height)
    bits[width - 1] = 1
    const mask = uprightShape({ kind: 'mask', rle: rleFromBitmap(bits, height, width) }, orientation, { width, height })
    const [w, h] = orientation < 5 ? [width, height] : [height, width]
    const at = [...corners.replace('/', '')].indexOf('b')
    const { rle } = mask as Extract<typeof mask, { kind: 'mask' }>
    expect(rle.size).toEqual([h, w])
    expect([...rleToBitmap(rle)].flatMap((bit, i) => (bit ? [i] : []))).toEqual([(at < 2 ? 0 : h - 1) * w + (at % 2 ? w - 1 : 0)])
  })
})
