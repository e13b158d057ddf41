/** Formats of single tools: Create ML, VoTT, Supervisely, ISAT, Segment Anything. */
import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { rleBox, rleFromBitmap, rleToBitmap } from '#shared/geometry/rle.ts'
import type { FormatName } from '#shared/model/exchange.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { listLabels } from '../../../src-main/app/projects/media.ts'
import { folder, project, recordsOf } from './helpers.ts'

const image: [number, number] = [40, 30]
async function imported(format: FormatName, files: Parameters<typeof folder>[0]) {
  const p = project()
  const report = await importInto(p, await folder(files))
  expect(report.format).toBe(format)
  return { report, records: recordsOf(p), labels: listLabels(p).map((l) => l.name), reasons: report.findings.map((f) => f.reason) }
}
const regionsOf = (r: ImageRecord) => r.regions!.map(({ label, shape, attributes }) => ({ label, shape, attributes: attributes ?? {} }))
const triangle = [
  [1, 1],
  [10, 1],
  [10, 10],
]
const triangleShape = { kind: 'polygon', parts: [[[1, 1, 10, 1, 10, 10]]] }

describe('Create ML', () => {
  test('reads boxes by their centre, in either spelling; a label without a box belongs to the image', async () => {
    const { records, report } = await imported('createml', {
      'train/_annotations.createml.json': JSON.stringify([
        {
          image: 'a.png',
          annotations: [
            { label: 'cat', coordinates: { x: 10, y: 9, width: 6, height: 4 }, confidence: 0.5 },
            { label: 'dog' },
            { coordinates: { x: 'left', y: 1, width: 2, height: 2 } },
          ],
        },
        { imagefilename: 'b.png', annotation: [{ label: 'cat', coordinates: { x: '3', y: 3, width: 2, height: 2 } }] },
        { image: 'c.png', annotations: 'night' },
        { annotations: [] },
      ]),
      'train/a.png': image,
      'train/b.png': image,
      'train/c.png': image,
    })
    expect(records.map((r) => [r.fileName, r.split, regionsOf(r)])).toEqual([
      ['train/a.png', 'train', [{ label: 'cat', shape: { kind: 'box', x: 7, y: 7, w: 6, h: 4 }, attributes: { confidence: 0.5 } }]],
      ['train/b.png', 'train', [{ label: 'cat', shape: { kind: 'box', x: 2, y: 2, w: 2, h: 2 }, attributes: {} }]],
      ['train/c.png', 'train', []],
    ])
    expect(records.map((r) => r.labels!.map((l) => l.label))).toEqual([['dog'], [], ['night']])
    expect(report.findings.map((f) => f.reason).sort()).toEqual([
      'box: a coordinate is not a finite number',
      'image: expected the name of an image',
    ])
  })
})

describe('VoTT', () => {
  const asset = (name: string, id: string) => ({
    format: 'png',
    id,
    name,
    path: `file:C:/photos/${name}`,
    size: { width: 40, height: 30 },
    state: 2,
    type: 1,
  })
  const regions = [
    {
      id: 'r',
      type: 'RECTANGLE',
      tags: ['cat', 'small'],
      boundingBox: { height: 8, width: 10, left: 1, top: 2 },
      points: [
        { x: 1, y: 2 },
        { x: 11, y: 2 },
        { x: 11, y: 10 },
        { x: 1, y: 10 },
      ],
    },
    {
      id: 's',
      type: 'POLYGON',
      tags: ['dog'],
      boundingBox: { height: 9, width: 9, left: 1, top: 1 },
      points: triangle.map(([x, y]) => ({ x, y })),
    },
    { id: 't', type: 'POLYGON', tags: [], points: [{ x: 1, y: 1 }] },
  ]
  const expected = [
    { label: 'cat', shape: { kind: 'box', x: 1, y: 2, w: 10, h: 8 }, attributes: { tags: 'cat, small' } },
    { label: 'dog', shape: triangleShape, attributes: {} },
  ]
  test('reads a project and its per-image files, each image once', async () => {
    const { records, labels, reasons } = await imported('vott', {
      'vott-json-export/p-export.json': JSON.stringify({
        name: 'test set',
        securityToken: 'x',
        tags: [
          { name: 'bird', color: '#fff' },
          { name: 'cat', color: '#000' },
        ],
        id: 'p',
        assets: { a1: { asset: asset('a.png', 'a1'), regions, version: '2.1.0' } },
      }),
      'vott-json-export/a.png': image,
      'a1-asset.json': JSON.stringify({ asset: asset('a.png', 'a1'), regions, version: '2.1.0' }),
      'b1-asset.json': JSON.stringify({ asset: asset('b%20c.png', 'b1'), regions: [], version: '2.1.0' }),
      'b c.png': image,
    })
    expect(records.map((r) => [r.fileName, r.split ?? null, regionsOf(r)])).toEqual([
      ['vott-json-export/a.png', null, expected],
      ['b c.png', null, []],
    ])
    expect(labels.slice(0, 2)).toEqual(['bird', 'cat'])
    expect(reasons).toEqual(['vott-json-export/a.png: regions.2: polygon of 1 points, expected at least 3'])
  })
  test('version 1: scales boxes that were drawn on a picture of another size', async () => {
    const { records } = await imported('vott', {
      'v.json': JSON.stringify({
        frames: { 'a.png': [{ x1: 2, y1: 4, x2: 22, y2: 20, width: 80, height: 60, box: {}, tags: ['cat'], type: 'Rectangle', name: 1 }] },
        framerate: '1',
        inputTags: 'cat,dog',
        suggestiontype: 'track',
        visitedFrames: [],
      }),
      'a.png': image,
    })
    expect(regionsOf(records[0]!)).toEqual([{ label: 'cat', shape: { kind: 'box', x: 1, y: 2, w: 10, h: 8 }, attributes: {} }])
  })
})

test('Supervisely: reads every geometry, tags of objects and images, and joint names', async () => {
  const png = await sharp({ create: { width: 4, height: 3, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 0 } } })
    .composite([
      { input: { create: { width: 2, height: 1, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 1 } } }, left: 1, top: 2 },
    ])
    .png()
    .toBuffer()
  const grey = await sharp(Buffer.from([0, 255, 0, 255]), { raw: { width: 2, height: 2, channels: 1 } })
    .png()
    .toBuffer()
  const object = (classTitle: string, geometryType: string, points: object, more: object = {}) => ({
    id: 1,
    classId: 1,
    classTitle,
    geometryType,
    tags: [],
    points,
    labelerLogin: 'zoë',
    ...more,
  })
  const { records, report, labels } = await imported('supervisely', {
    'meta.json': JSON.stringify({
      classes: [
        { title: 'cat', shape: 'polygon', color: '#000' },
        {
          title: 'person',
          shape: 'graph',
          geometry_config: { nodes: { n1: { label: 'nose' }, n2: { label: 'eye' } }, edges: [{ src: 'n1', dst: 'n2' }] },
        },
        { title: 'unused', shape: 'bitmap' },
      ],
      tags: [{ name: 'occluded', value_type: 'none' }],
      projectType: 'images',
    }),
    'ds 0/ann/a.png.json': JSON.stringify({
      description: 'a yard',
      size: { width: 40, height: 30 },
      tags: [
        { name: 'night', value: null },
        { name: 'weather', value: 'rain' },
        { name: 'val', value: null },
      ],
      objects: [
        object(
          'cat',
          'rectangle',
          {
            exterior: [
              [11, 10],
              [1, 2],
            ],
            interior: [],
          },
          {
            tags: [
              { name: 'occluded', value: null },
              { name: 'age', value: 3 },
            ],
          },
        ),
        object(
          'cat',
          'polygon',
          {
            exterior: [
              [0, 0],
              [20, 0],
              [20, 20],
              [0, 20],
            ],
            interior: [
              [
                [5, 5],
                [10, 5],
                [10, 10],
              ],
            ],
          },
          { description: 'the left one' },
        ),
        object('cat', 'bitmap', {}, { bitmap: { data: deflateSync(png).toString('base64'), origin: [5, 6] } }),
        object('cat', 'bitmap', {}, { bitmap: { data: deflateSync(grey).toString('base64'), origin: [39, 29] } }),
        object('cat', 'line', {
          exterior: [
            [1, 2],
            [3, 4],
          ],
          interior: [],
        }),
        object('cat', 'point', { exterior: [[7, 8]], interior: [] }),
        { classTitle: 'person', geometryType: 'graph', nodes: { n1: { loc: [3, 4] }, n2: { loc: [5, 6], disabled: true } } },
        object('cat', 'cuboid', {}),
        object('cat', 'bitmap', {}, { bitmap: { data: 'AAAA', origin: [0, 0] } }),
      ],
    }),
    'ds 0/img/a.png': image,
    'ds1/ann/a.png.json': JSON.stringify({ description: '', size: { width: 40, height: 30 }, tags: [], objects: [] }),
    'ds1/img/a.png': image,
  })
  expect(records.map((r) => r.fileName)).toEqual(['ds 0/img/a.png', 'ds1/img/a.png'])
  const [r] = records
  expect(r).toMatchObject({
    split: 'val',
    labels: [{ label: 'night' }],
    tags: ['weather: rain'],
    captions: [{ text: 'a yard' }, { text: 'the left one', region: 1 }],
  })
  expect(regionsOf(r!).map((x) => x.shape.kind)).toEqual(['box', 'polygon', 'mask', 'polyline', 'keypoints', 'keypoints'])
  expect(r!.regions![0]).toMatchObject({
    shape: { x: 1, y: 2, w: 10, h: 8 },
    attributes: { occluded: true, age: 3 },
    author: { kind: 'person', name: 'zoë' },
  })
  expect(r!.regions![1]!.shape).toEqual({
    kind: 'polygon',
    parts: [
      [
        [0, 0, 20, 0, 20, 20, 0, 20],
        [5, 5, 10, 5, 10, 10],
      ],
    ],
  })
  const mask = r!.regions![2]!.shape
  expect(mask.kind === 'mask' && rleBox(mask.rle)).toEqual({ x: 6, y: 8, w: 2, h: 1 })
  expect(r!.regions![5]!.shape).toEqual({
    kind: 'keypoints',
    points: [
      { name: 'nose', x: 3, y: 4, v: 2 },
      { name: 'eye', x: 5, y: 6, v: 1 },
    ],
    edges: [[0, 1]],
  })
  expect(labels.slice(0, 3)).toEqual(['cat', 'person', 'unused'])
  expect(report.findings.map((f) => f.reason)).toEqual([
    'objects.7: geometry "cuboid" is not supported',
    expect.stringMatching(/^objects.8: /),
    'mask: empty',
  ])
})

test('ISAT: a group becomes one object, the background cuts holes, notes and layers are kept', async () => {
  const object = (category: string, group: number, segmentation: number[][], layer: number, more: object = {}) => ({
    category,
    group,
    segmentation,
    area: 1,
    layer,
    bbox: [0, 0, 1, 1],
    iscrowd: false,
    note: '',
    ...more,
  })
  const square = (a: number, b: number) => [
    [a, a],
    [b, a],
    [b, b],
    [a, b],
  ]
  const { records, labels, report } = await imported('isat', {
    'a.json': JSON.stringify({
      info: { description: 'ISAT', folder: 'C:/x', name: 'a.png', width: 40, height: 30, depth: 3, note: 'blurred' },
      objects: [
        object('cat', 1, square(0, 20), 1, { note: 'left', iscrowd: true }),
        object('cat', 1, square(22, 28), 2),
        object('__background__', 0, square(5, 10), 3),
        object('dog', 2, triangle, 4),
        object('dog', 3, [[1, 1]], 5, { bbox: [] }),
      ],
    }),
    'isat.yaml':
      "contour_mode: external\nlabel:\n- color: '#000000'\n  name: __background__\n- color: '#ff0000'\n  name: bird\n- color: '#00ff00'\n  name: cat\n",
    'a.png': image,
  })
  expect(regionsOf(records[0]!)).toEqual([
    {
      label: 'cat',
      shape: { kind: 'polygon', parts: [[square(0, 20).flat(), square(5, 10).flat()], [square(22, 28).flat()]] },
      attributes: { layer: 1, note: 'left', iscrowd: true, group: 1 },
    },
    { label: 'dog', shape: triangleShape, attributes: { layer: 4, group: 2 } },
  ])
  expect(records[0]!.tags).toEqual(['blurred'])
  expect(labels.slice(0, 2)).toEqual(['bird', 'cat'])
  expect(report.findings.map((f) => f.reason)).toEqual(['objects.4: segmentation: fewer than 3 points'])
})

test('Segment Anything: reads unlabelled masks with their scores and prompt points', async () => {
  const bits = new Uint8Array(40 * 30)
  for (let y = 2; y < 5; y++) for (let x = 3; x < 9; x++) bits[y * 40 + x] = 1
  const rle = rleFromBitmap(bits, 30, 40)
  const mask = {
    id: 7,
    segmentation: rle,
    bbox: [3, 2, 5, 2],
    area: 18,
    predicted_iou: 0.91,
    stability_score: 0.98,
    crop_box: [0, 0, 40, 30],
    point_coords: [[4.5, 3.5]],
  }
  const attributes = { id: 7, predicted_iou: 0.91, stability_score: 0.98, crop_box: '[0,0,40,30]', point_coords: '[[4.5,3.5]]' }
  const { records, reasons } = await imported('segment-anything', {
    'sa_1.json': JSON.stringify({
      image: { image_id: 1, width: 40, height: 30, file_name: 'sa_1.jpg' },
      annotations: [
        mask,
        { ...mask, id: 8, segmentation: { size: [30, 40], counts: [92, 2, 1106] } },
        { ...mask, segmentation: { size: [30, 40], counts: [5] } },
      ],
    }),
    'sa_1.jpg': image,
    'sa_2.json': JSON.stringify([mask]),
    'sa_2.jpg': image,
  })
  expect(records.map((r) => r.fileName)).toEqual(['sa_1.jpg', 'sa_2.jpg'])
  expect(regionsOf(records[0]!)[0]).toEqual({ label: null, shape: { kind: 'mask', rle }, attributes })
  const second = records[0]!.regions![1]!.shape
  expect(second.kind === 'mask' && [...rleToBitmap(second.rle)].flatMap((b, i) => (b ? [i] : []))).toEqual([2 * 40 + 3, 3 * 40 + 3])
  expect(regionsOf(records[1]!)).toEqual([{ label: null, shape: { kind: 'mask', rle }, attributes }])
  expect(reasons).toEqual([expect.stringMatching(/^annotations.2: RLE runs cover/)])
})
