/** With EXCHANGE_SAMPLES=DIR: writes an export of each format there, for test/parity/exchange/load_back.py. */
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { test } from 'vitest'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { exportFrom } from '../../../src-main/app/exchange/index.ts'
import { everyFormat, projectOf } from './helpers.ts'

const target = process.env['EXCHANGE_SAMPLES']
const bits = new Uint8Array(48 * 36)
for (let y = 5; y < 20; y++) for (let x = 8; x < 30; x++) bits[y * 48 + x] = y >= 9 && y < 14 && x >= 14 && x < 22 ? 0 : 1

const records: ImageRecord[] = [
  {
    fileName: 'a.b c.png',
    width: 48,
    height: 36,
    split: 'train',
    labels: [{ label: 'dog' }],
    captions: [{ text: 'a dog, ü' }],
    regions: [
      { label: 'cat', shape: { kind: 'box', x: 3.5, y: 4.25, w: 20, h: 10.5 } },
      { label: 'dog', shape: { kind: 'polygon', parts: [[[5, 5, 30, 5, 30.5, 25, 5, 25]]] } },
      { label: 'dog', shape: { kind: 'mask', rle: rleFromBitmap(bits, 36, 48) } },
    ],
  },
  {
    fileName: 'é.jpg',
    width: 20,
    height: 30,
    split: 'val',
    labels: [{ label: 'cat' }],
    captions: [{ text: 'two' }],
    regions: [{ label: 'cat', shape: { kind: 'box', x: 0, y: 0, w: 20, h: 30 } }],
  },
]

test.runIf(target)('samples', async () => {
  mkdirSync(target!, { recursive: true })
  const p = await projectOf(records)
  for (const format of everyFormat) {
    rmSync(path.join(target!, format), { recursive: true, force: true })
    await exportFrom(p, path.join(target!, format), { format, images: 'copy' })
  }
  await exportFrom(p, path.join(target!, 'yolo-detect'), { format: 'yolo', settings: { task: 'detect' }, overwrite: true })
  await exportFrom(p, path.join(target!, 'yolo-obb'), { format: 'yolo', settings: { task: 'obb' }, overwrite: true })
  await exportFrom(p, path.join(target!, 'voc-0'), { format: 'voc', settings: { base: '0' }, overwrite: true })
})
