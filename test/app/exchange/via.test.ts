/** VGG Image Annotator: its JSON, CSV and projects. */
import { expect, test } from 'vitest'
import type { ImageRecord } from '#shared/model/record.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { folder, project, recordsOf } from './helpers.ts'

const image: [number, number] = [40, 30]
async function imported(files: Parameters<typeof folder>[0]) {
  const p = project()
  const report = await importInto(p, await folder(files))
  expect(report.format).toBe('via')
  return { report, records: recordsOf(p), reasons: report.findings.map((f) => f.reason) }
}
const regionsOf = (r: ImageRecord) => r.regions!.map(({ label, shape, attributes }) => ({ label, shape, attributes: attributes ?? {} }))

const rect = { name: 'rect', x: 20, y: 5, width: 10, height: 8 }
const triangle = { name: 'polygon', all_points_x: [1, 10, 10], all_points_y: [1, 1, 10] }
const region = (shape_attributes: object, region_attributes: object = {}) => ({ shape_attributes, region_attributes })
const entry = (filename: string, regions: object, file_attributes: object = {}) => ({
  [`${filename}123`]: { filename, size: 123, regions, file_attributes },
})

test('regions as a list or, in version 1, as an object; captions of the file', async () => {
  const { records, report } = await imported({
    'train/via_region_data.json': JSON.stringify({
      ...entry('a.png', [region(triangle, { class: 'cat' }), region(rect, { class: 'dog', occluded: 'yes', count: 3 })], {
        caption: 'hello',
        weather: 'sunny',
        category: 'street',
      }),
      ...entry('b.png', { 0: region(rect, { class: 'dog' }) }),
    }),
    'train/a.png': image,
    'train/b.png': image,
    'val/via_region_data.json': JSON.stringify(entry('a.png', [region(rect, { class: 'cat' })])),
    'val/a.png': image,
  })
  expect(report.findings).toEqual([])
  expect(records.map((r) => [r.fileName, r.split])).toEqual([
    ['train/a.png', 'train'],
    ['train/b.png', 'train'],
    ['val/a.png', 'val'],
  ])
  expect(regionsOf(records[0]!)).toEqual([
    { label: 'cat', shape: { kind: 'polygon', parts: [[[1, 1, 10, 1, 10, 10]]] }, attributes: {} },
    { label: 'dog', shape: { kind: 'box', x: 20, y: 5, w: 10, h: 8 }, attributes: { occluded: 'yes', count: 3 } },
  ])
  expect(records[0]).toMatchObject({ captions: [{ text: 'hello' }], labels: [{ label: 'street' }], tags: ['weather: sunny'] })
  expect(regionsOf(records[1]!)).toEqual([{ label: 'dog', shape: { kind: 'box', x: 20, y: 5, w: 10, h: 8 }, attributes: {} }])
})

test('a project: options are named, checkboxes too; images without regions stay', async () => {
  const { records, reasons } = await imported({
    'project.json': JSON.stringify({
      _via_settings: { core: {} },
      _via_data_format_version: '2.0.10',
      _via_image_id_list: ['a.png123', 'b.png123'],
      _via_img_metadata: {
        ...entry('a.png', [region(rect, { kind: '2', parts: { head: true, tail: false, leg: true }, note: 'x' })], {
          quality: { blur: true },
        }),
        ...entry('b.png', []),
      },
      _via_attributes: {
        region: {
          note: { type: 'text' },
          kind: { type: 'dropdown', options: { 1: 'cat', 2: 'dog' } },
          parts: { type: 'checkbox', options: { head: 'the head', leg: '', tail: '' } },
        },
        file: {},
      },
    }),
    'a.png': image,
    'b.png': image,
  })
  expect(regionsOf(records[0]!)).toEqual([
    { label: 'dog', shape: { kind: 'box', x: 20, y: 5, w: 10, h: 8 }, attributes: { parts: 'the head, leg', note: 'x' } },
  ])
  expect(records[0]!.tags).toEqual(['quality: blur'])
  expect(records[1]).toMatchObject({ fileName: 'b.png', regions: [] })
  expect(reasons).toEqual([])
})

test('every shape; what cannot be imported is reported, the rest stays', async () => {
  const { records, reasons } = await imported({
    'via.json': JSON.stringify(
      entry('a.png', [
        region({ name: 'point', cx: 3, cy: 4 }),
        region({ name: 'polyline', all_points_x: [1, 5, 9], all_points_y: [1, 2, 1] }),
        region({ name: 'ellipse', cx: 20, cy: 15, rx: 8, ry: 4, theta: Math.PI / 2 }),
        region({ name: 'circle', cx: 20, cy: 15, r: 5 }),
        region({ name: 'rect', x: '1', y: '2', width: '3', height: '4' }),
        region({ name: 'cuboid' }),
        region({ name: 'rect', x: 'left', y: 1, width: 2, height: 2 }),
        region({ name: 'polygon', all_points_x: [1, 2], all_points_y: [1, 2] }),
        region({ name: 'polygon', all_points_x: [1, 2, 3], all_points_y: [1, 2] }),
      ]),
    ),
    'a.png': image,
  })
  expect(records[0]!.regions!.map((r) => r.shape.kind)).toEqual(['keypoints', 'polyline', 'polygon', 'polygon', 'box'])
  const ys = (i: number) => (records[0]!.regions![i]!.shape as { parts: number[][][] }).parts[0]![0]!.filter((_, k) => k % 2)
  expect([Math.min(...ys(2)), Math.max(...ys(2)), Math.min(...ys(3)), Math.max(...ys(3))].map((n) => Math.round(n * 1e6) / 1e6)).toEqual([
    7, 23, 10, 20,
  ])
  expect(reasons).toEqual([
    'a.png: region 2: an ellipse became a polygon of 64 points',
    'a.png: region 3: a circle became a polygon of 64 points',
    'a.png: region 5: unknown shape "cuboid"',
    'a.png: region 6: x: expected a number',
    'a.png: region 7: polygon of 2 points, expected at least 3',
    'a.png: region 8: all_points_x has 3 numbers, all_points_y 2',
  ])
})

test('CSV, with and without a BOM; broken rows are reported with their line', async () => {
  const row = (shape: object | string, attributes: object, file = 'a.png') =>
    `${file},123,"${JSON.stringify({ caption: 'a yard' }).replaceAll('"', '""')}",2,0,"${(typeof shape === 'string' ? shape : JSON.stringify(shape)).replaceAll('"', '""')}","${JSON.stringify(attributes).replaceAll('"', '""')}"\n`
  for (const mark of ['', '#', '\ufeff#']) {
    const { records, report } = await imported({
      'via_region_data.csv': `${mark}filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n${row(rect, { class: 'dog', sleeping: true })}${row('{"name":', {})}${row(triangle, { class: 'cat' })}${row({}, {}, 'b.png')}`,
      'a.png': image,
      'b.png': image,
    })
    expect(regionsOf(records[0]!)).toMatchObject([
      { label: 'dog', shape: { kind: 'box', x: 20, y: 5, w: 10, h: 8 }, attributes: { sleeping: true } },
      { label: 'cat' },
    ])
    expect(records.map((r) => [r.fileName, r.captions!.map((c) => c.text)])).toEqual([
      ['a.png', ['a yard']],
      ['b.png', ['a yard']],
    ])
    expect(report.findings).toMatchObject([
      {
        file: 'via_region_data.csv',
        line: 3,
        level: 'left out',
        reason: expect.stringMatching(/^region_shape_attributes: not valid JSON/) as string,
      },
    ])
  }
})

test('a project of version 3', async () => {
  const { records } = await imported({
    'via3.json': JSON.stringify({
      project: { pid: '__VIA_PROJECT_ID__' },
      config: {},
      attribute: {
        1: { aname: 'class', anchor_id: 'FILE1_Z0_XY1', type: 4, options: { 0: 'cat', 1: 'dog' } },
        2: { aname: 'caption', type: 1, options: {} },
      },
      file: { 1: { fid: '1', fname: 'a.png', type: 2, loc: 1, src: '' } },
      view: { 1: { fid_list: ['1'] } },
      metadata: {
        '1_a': { vid: '1', flg: 0, z: [], xy: [2, 20, 5, 10, 8], av: { 1: '1' } },
        '1_b': { vid: '1', z: [], xy: [7, 1, 1, 10, 1, 10, 10], av: { 1: '0' } },
        '1_c': { vid: '1', z: [], xy: [], av: { 2: 'a yard' } },
        '1_d': { vid: '1', z: [0.5, 2], xy: [], av: {} },
      },
    }),
    'a.png': image,
  })
  expect(regionsOf(records[0]!)).toMatchObject([
    { label: 'dog', shape: { kind: 'box', x: 20, y: 5, w: 10, h: 8 } },
    { label: 'cat', shape: { kind: 'polygon', parts: [[[1, 1, 10, 1, 10, 10]]] } },
  ])
  expect(records[0]!.captions).toMatchObject([{ text: 'a yard' }])
})
