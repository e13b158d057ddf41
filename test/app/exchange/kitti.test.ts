/** KITTI: as Datumaro writes it (test/parity/exchange/kitti.py), as its own kit has it, and out again. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { folder, project, projectOf, recordsOf, roundTrip } from './helpers.ts'

const golden = path.join(import.meta.dirname, '../../parity/exchange/datumaro-kitti')
type Row = [label: string, x: number, y: number, w: number, h: number, truncated: boolean, occluded: boolean, score: number]

test('reads what Datumaro reads from its own files', async () => {
  const p = project()
  const report = await importInto(p, golden)
  expect(report).toMatchObject({ format: 'kitti', findings: [], unread: [] })
  const ours = recordsOf(p).map(({ fileName, split, regions = [] }) => [
    `${split}/${path.posix.basename(fileName, '.png')}`,
    regions.map(({ label, shape, attributes: a = {} }) => {
      const { x, y, w, h } = shape as { x: number; y: number; w: number; h: number }
      return [label, x, y, w, h, Boolean(a['truncated']), Boolean(a['occluded']), a['score']]
    }),
  ])
  expect(Object.fromEntries(ours)).toEqual(JSON.parse(readFileSync(`${golden}.expected.json`, 'utf8')) as Record<string, Row[]>)
})

const row = 'Car 0.50 1 -1.58 10.00 5.00 30.00 15.00 1.65 1.67 3.64 -0.65 1.71 46.70 -1.59'

test('the kit’s own rows: known 3D values are kept, unknown ones are not made up', async () => {
  const dir = await folder({
    'training/image_2/000000.png': [48, 36],
    'training/label_2/000000.txt': `${row}\nDontCare -1 -1 -10 0.00 1.00 8.00 9.00 -1 -1 -1 -1000 -1000 -1000 -10\n`,
  })
  const p = project()
  expect(await importInto(p, dir)).toMatchObject({ format: 'kitti', images: 1, findings: [] })
  const [record] = recordsOf(p)
  expect(record!.split).toBe('train')
  expect(record!.regions).toMatchObject([
    {
      label: 'Car',
      shape: { kind: 'box', x: 10, y: 5, w: 20, h: 10 },
      attributes: {
        truncated: 0.5,
        occluded: 1,
        alpha: -1.58,
        dimensions: '1.65 1.67 3.64',
        location: '-0.65 1.71 46.70',
        rotation_y: -1.59,
      },
    },
    { label: 'DontCare', shape: { kind: 'box', x: 0, y: 1, w: 8, h: 8 } },
  ])
  expect(record!.regions![1]!.attributes ?? {}).toEqual({})
  const { out, records } = await roundTrip(p, { format: 'kitti' })
  expect(records[0]!.regions!.map((r) => [r.label, r.shape, r.attributes])).toEqual(
    record!.regions!.map((r) => [r.label, r.shape, r.attributes]),
  )
  const written = readFileSync(path.join(out, 'train/label_2/training/image_2/000000.txt'), 'utf8').trim().split('\n')
  expect(written[0]!.split(' ').slice(1).map(Number)).toEqual(row.split(' ').slice(1).map(Number))
  expect(written[1]).toBe('DontCare 0 0 -10 0 1 8 9 -1 -1 -1 -1000 -1000 -1000 -10')
})

test('an invalid row is reported with its line, the others are imported', async () => {
  const dir = await folder({ 'image_2/a.png': [48, 36], 'label_2/a.txt': `${row}\nCar 0 0\n${row} 0.9\n`, 'label_2/b.txt': `${row}\n` })
  const p = project()
  const { findings, images } = await importInto(p, dir)
  expect(images).toBe(1)
  expect(findings).toMatchObject([
    { file: 'label_2/a.txt', line: 2, level: 'left out' },
    { file: 'label_2/b.txt', level: 'left out' },
  ])
  expect(recordsOf(p)[0]!.regions!.map((r) => r.attributes!['score'])).toEqual([undefined, 0.9])
})

test('images with equal names in two folders keep their rows; a two-word class is joined and reported', async () => {
  const box = (w: number) => ({ label: 'traffic light', shape: { kind: 'box', x: 1, y: 2, w, h: 5 } }) as const
  const p = await projectOf(
    ['a/1.png', 'b/1.png'].map((fileName, i) => ({ fileName, width: 48, height: 36, regions: [box(10 * (i + 1))] })),
  )
  const { exported, records } = await roundTrip(p, { format: 'kitti' })
  expect(exported.notes).toEqual([expect.stringContaining('“traffic_light”')])
  expect(records.map((r) => [r.fileName, r.regions!.map((q) => [q.label, (q.shape as { w: number }).w])])).toEqual([
    ['image_2/a/1.png', [['traffic_light', 10]]],
    ['image_2/b/1.png', [['traffic_light', 20]]],
  ])
})
