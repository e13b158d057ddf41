/** Datasets written by the tools themselves (test/parity/exchange/make.py) are read as those tools read them. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { shapeBox } from '#shared/geometry/box.ts'
import { rleArea } from '#shared/geometry/rle.ts'
import { shapeArea, shapeMask } from '#shared/geometry/shape.ts'
import type { FormatName } from '#shared/model/exchange.ts'
import type { ImageRecord, RecordRegion } from '#shared/model/record.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { project, recordsOf } from './helpers.ts'

const golden = fileURLToPath(new URL('../../parity/exchange/', import.meta.url))
const expected = <T>(name: string): T => JSON.parse(readFileSync(path.join(golden, `${name}.expected.json`), 'utf8')) as T

async function read(name: string, format: FormatName) {
  const p = project()
  // `auto` must find the format out.
  const report = await importInto(p, path.join(golden, name))
  expect(report.format).toBe(format)
  return { report, records: recordsOf(p) }
}
const boxOf = (r: RecordRegion) => {
  const { x, y, w, h } = shapeBox(r.shape)
  return [x, y, w, h]
}
const close = (a: number[], b: number[], digits = 2) => a.forEach((v, i) => expect(v).toBeCloseTo(b[i]!, digits))

test('COCO: rasterises as pycocotools does', async () => {
  const { report, records } = await read('coco', 'coco')
  expect(report.findings).toEqual([])
  const tool = expected<Record<string, { label: string; bbox: number[]; rle: { size: [number, number]; counts: string } | null }>>('coco')
  const picture = records.find((r) => r.fileName === 'images/café 1.v2.png')!
  const ids = ['1', '2', '3', '4']
  expect(picture.regions!.map((r) => r.label)).toEqual(ids.map((i) => tool[i]!.label))
  for (const [k, id] of ids.entries()) {
    const region = picture.regions![k]!
    const { rle, bbox } = tool[id]!
    if (rle) expect(shapeMask(region.shape, 36, 48)).toEqual(rle)
    else close(boxOf(region), bbox, 9)
  }
  expect(picture.regions![3]!.attributes).toEqual({ iscrowd: true })
  const two = records.find((r) => r.fileName === 'images/two.png')!
  expect(two.split).toBe('val')
  expect(two.captions!.map((c) => c.text)).toEqual(['two of them', 'a second caption'])
  expect(two.regions!.map((r) => r.shape.kind)).toEqual(['box', 'keypoints'])
  expect(two.regions![1]!.shape).toMatchObject({
    points: [
      { name: 'nose', x: 4, y: 5, v: 2 },
      { name: 'hip', v: 0 },
      { name: 'foot', x: 10, y: 30, v: 1 },
    ],
    edges: [
      [0, 1],
      [1, 2],
    ],
  })
})

describe('datumaro', () => {
  type Tool = Record<string, { type: string; label: string | null; bbox?: number[]; area?: number }[]>
  const kinds: Record<string, string> = { box: 'bbox', polygon: 'polygon', mask: 'mask', polyline: 'polyline', keypoints: 'points' }
  const order = ['bbox', 'polygon', 'mask']
  const of = (records: ImageRecord[], id: string) => records.find((r) => path.posix.basename(r.fileName).startsWith(`${id}.`))!

  test.each<[string, FormatName]>([
    ['datumaro', 'datumaro'],
    ['datumaro-cvat', 'cvat'],
    ['datumaro-coco', 'coco'],
    ['datumaro-voc', 'voc'],
    ['datumaro-yolo', 'yolo'],
    ['datumaro-masks', 'masks'],
  ])('%s', async (name, format) => {
    const { report, records } = await read(name, format)
    expect(report.findings).toEqual([])
    for (const [id, annotations] of Object.entries(expected<Tool>(name))) {
      // Of a COCO polygon or mask the tool gives the box as an annotation of its own; order is not kept.
      const shapes = annotations.filter(
        (a) => !['label', 'caption'].includes(a.type) && !(format === 'coco' && a.type === 'bbox' && a.label === 'dog'),
      )
      if (format === 'coco') shapes.sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type))
      // Polygons of one group are one object here; the tool lists them apart.
      const ours = of(records, id).regions!.flatMap((r) =>
        r.shape.kind === 'polygon' ? r.shape.parts.map((p) => ({ ...r, shape: { kind: 'polygon' as const, parts: [p] } })) : [r],
      )
      expect(ours.map((r) => [kinds[r.shape.kind], r.label])).toEqual(shapes.map((a) => [a.type, a.label]))
      for (const [i, a] of shapes.entries()) {
        if (a.bbox) close(boxOf(ours[i]!), a.bbox)
        if (a.area) expect(shapeArea(ours[i]!.shape)).toBe(a.area)
      }
      expect(of(records, id).labels!.map((l) => l.label)).toEqual(annotations.filter((a) => a.type === 'label').map((a) => a.label))
    }
    if (format !== 'masks') expect([of(records, 'a.b c').split, of(records, 'é').split]).toEqual(['train', 'val'])
  })

  test('its class folders, and image lists as ultralytics writes them', async () => {
    const folders = await read('datumaro-folders', 'folders')
    expect(folders.records.map((r) => r.labels!.map((l) => l.label))).toEqual([['dog'], []])
    const ultralytics = await read('datumaro-ultralytics', 'yolo')
    close(boxOf(ultralytics.records[0]!.regions![0]!), [3.5, 4.25, 20, 10.5])
    expect(ultralytics.records.map((r) => r.split)).toEqual(['train', 'val'])
  })
})

test.each<[string, FormatName]>([
  ['camvid', 'masks'],
  ['cityscapes', 'masks'],
  ['kitti-segmentation', 'masks'],
  ['coco-panoptic', 'panoptic'],
  ['dota', 'dota'],
])('datumaro’s %s', async (name, format) => {
  const { report, records } = await read(`datumaro-${name}`, format)
  expect([report.findings, report.unreadFiles]).toEqual([[], 0])
  const areas = expected<Record<string, number>>('datumaro-shapes')
  expect(records.map((r) => r.split)).toEqual(['train', 'val'])
  for (const [i, { regions }] of records.entries()) {
    const labels = name === 'dota' || i > 0 ? ['cat'] : ['cat', 'dog']
    expect(regions!.map((r) => r.label).sort()).toEqual(labels)
    for (const { label, shape } of regions!)
      if (shape.kind === 'mask') expect(shapeArea(shape)).toBe(areas[label!])
      // Hundredths of a pixel of 16 × 10, turned by 30° about (20, 20).
      else if (shape.kind === 'rotated-box') close([shape.cx, shape.cy, shape.w, shape.h, shape.angle], [20, 20, 16, 10, 30], 1)
  }
})

test.each<[string, FormatName]>([
  ['supervision-coco', 'coco'],
  ['supervision-yolo', 'yolo'],
  ['supervision-voc', 'voc'],
])('%s', async (name, format) => {
  const { report, records } = await read(name, format)
  expect(report.findings).toEqual([])
  for (const [file, boxes] of Object.entries(expected<Record<string, [string, number[]][]>>('supervision'))) {
    const { regions } = records.find((r) => r.fileName === `images/${file}`)!
    expect(regions!.map((r) => r.label)).toEqual(boxes.map(([label]) => label))
    boxes.forEach(([, [x1, y1, x2, y2]], i) => close(boxOf(regions![i]!), [x1!, y1!, x2! - x1!, y2! - y1!]))
  }
})

test('LabelMe: parts of a group, masks within their box', async () => {
  const { report, records } = await read('labelme', 'labelme')
  const tool = expected<{ maskArea: number; maskBox: number[] }>('labelme')
  const [image] = records
  expect(image!.labels!.map((l) => l.label)).toEqual(['night'])
  expect(image!.regions!.map((r) => [r.label, r.shape.kind])).toEqual([
    ['cat', 'box'],
    ['dog', 'polygon'],
    ['dog', 'mask'],
    ['dot', 'keypoints'],
    ['way', 'polyline'],
    ['disc', 'polygon'],
  ])
  const [box, parts, mask, , , disc] = image!.regions!
  expect(boxOf(box!)).toEqual([3.5, 4.25, 27, 15.75])
  expect(parts!.shape.kind === 'polygon' && parts!.shape.parts.length).toBe(2)
  expect([shapeArea(mask!.shape), boxOf(mask!)]).toEqual([tool.maskArea, tool.maskBox])
  expect(shapeArea(disc!.shape)).toBeCloseTo(Math.PI * 64, -1)
  expect(report.findings.map((f) => f.reason)).toEqual(['shapes.6: a circle became a polygon of 64 points'])
})

test('Label Studio: percentages, rotation about the corner, brush masks, region texts, predictions', async () => {
  const { report, records } = await read('labelstudio', 'labelstudio')
  expect(report.findings).toEqual([])
  const [image] = records
  expect(image!.fileName).toBe('upload/pic.png')
  const [box, turned, polygon, brush, dot, proposal] = image!.regions!
  expect(box!.shape).toEqual({ kind: 'box', x: 12, y: 9, w: 24, h: 9 })
  // 12 × 9 pixels, turned by 90° about (24, 9): the box lies left of and below that corner.
  expect(turned!.shape.kind).toBe('rotated-box')
  close(boxOf(turned!), [15, 9, 9, 12], 9)
  close(boxOf(polygon!), [4.8, 3.6, 19.2, 14.4], 9)
  expect(brush!.shape).toEqual({ kind: 'mask', rle: expected<{ rle: object }>('labelstudio').rle })
  expect(dot!.shape).toMatchObject({ points: [{ x: 24, y: 18, v: 2 }] })
  expect(box!.author).toEqual({ kind: 'person', name: 'ann@example.org' })
  expect(proposal).toMatchObject({ author: { kind: 'checkpoint', checkpoint: 'm1', score: 0.6 }, state: 'proposed' })
  expect(image!.labels!.map((l) => l.label)).toEqual(['indoor'])
  expect(image!.captions!.map((c) => [c.text, c.region])).toEqual([
    ['two animals', null],
    ['a tabby', 0],
  ])
})

test('masks: 8- and 4-bit palettes, grey and colours give the same classes; 255 is ignored', async () => {
  const { records } = await read('masks', 'masks')
  const tool = expected<Record<string, number>>('masks')
  expect(records.map((r) => r.fileName).sort()).toEqual(['eight', 'four', 'grey', 'rgb'].map((n) => `JPEGImages/${n}.png`))
  for (const { regions } of records)
    expect(Object.fromEntries(regions!.map((r) => [r.label, r.shape.kind === 'mask' && rleArea(r.shape.rle)]))).toEqual(tool)
})

test('WebDataset: samples of the library', async () => {
  const { records, report } = await read('webdataset', 'webdataset')
  expect(report.findings).toEqual([])
  expect(records.map((r) => [r.fileName, r.split, r.labels![0]!.label, r.captions!.map((c) => c.text)])).toEqual(
    [0, 1, 2].map((i) => [`shard-train-000/dir/sample${i}.png`, 'train', ['odd', 'even'][i % 2], [`caption ${i}`]]),
  )
})
