/** YOLO in its kinds and dialects: boxes, polygons, rotated boxes, poses, predictions; places and names as other programs have them. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import { shapeArea } from '#shared/geometry/shape.ts'
import type { RecordRegion } from '#shared/model/record.ts'
import { exportLosses, importInto } from '../../../src-main/app/exchange/index.ts'
import { folder, project, projectOf, recordsOf, roundTrip } from './helpers.ts'

const image: [number, number] = [200, 100]
const yaml = 'train: images/train\nval: images/train\nnames: {0: ship, 1: boat}\n'

async function read(files: Parameters<typeof folder>[0]) {
  const p = project()
  const report = await importInto(p, await folder(files))
  expect(report.format).toBe('yolo')
  return {
    p,
    report,
    records: recordsOf(p),
    regions: recordsOf(p).flatMap((r) => r.regions ?? []),
    reasons: report.findings.map((f) => `${f.level}: ${f.file}: ${f.reason}`),
  }
}
const rows = (text: string, description = yaml) =>
  read({ 'data.yaml': description, 'images/train/a.jpg': image, 'labels/train/a.txt': text })

describe('rows', () => {
  test('accepts tabs, commas, comments, a class as a float or name, and rounding at the border', async () => {
    const { regions, reasons } = await rows(
      '\ufeff# made by hand\r\n0.0\t0.5\t0.5\t0.2\t0.2\r\n\r\n1,0.5,0.5,0.2,0.2  # a boat\r\nship 0.5 0.5 1.0000001 1.0000001\r\n',
    )
    expect(regions.map((r) => [r.label, r.shape])).toEqual([
      ['ship', { kind: 'box', x: 80, y: 40, w: 40, h: 20 }],
      ['boat', { kind: 'box', x: 80, y: 40, w: 40, h: 20 }],
      ['ship', { kind: 'box', x: 0, y: 0, w: 200, h: 100 }],
    ])
    expect(reasons).toEqual([])
  })

  test('classes without a name are named by their number, each reported once', async () => {
    const { regions, reasons } = await rows('7 0.5 0.5 0.2 0.2\n7 0.5 0.5 0.3 0.3\n8 0.5 0.5 0.2 0.2\n')
    expect(regions.map((r) => r.label)).toEqual(['class 7', 'class 7', 'class 8'])
    expect(reasons).toEqual([7, 8].map((n) => `changed: labels/train/a.txt: class ${n} is not among the 2 names; named “class ${n}”`))
  })

  test('predictions: scores of boxes, polygons and rotated boxes, track numbers', async () => {
    const boxes = await rows('0 0.5 0.5 0.2 0.2 0.75\n0 0.5 0.5 0.2 0.2 0.5 12\n')
    expect(boxes.regions.map((r) => [r.shape.kind, r.attributes])).toEqual([
      ['box', { score: 0.75 }],
      ['box', { score: 0.5, track_id: 12 }],
    ])
    const polygons = await rows('0 0.1 0.1 0.4 0.1 0.4 0.4 0.9\n')
    expect(polygons.regions.map((r) => [r.shape.kind, r.attributes])).toEqual([['polygon', { score: 0.9 }]])
    const turned = await rows('0 0.395096 0.263397 0.654904 0.563397 0.604904 0.736603 0.345096 0.436603 0.8\n')
    expect(turned.regions.map((r) => [r.shape.kind, r.attributes])).toEqual([['rotated-box', { score: 0.8 }]])
  })

  test('four corners are rotated boxes if the dataset has nothing else, and polygons otherwise', async () => {
    const quad = '0 0.2 0.2 0.6 0.2 0.6 0.6 0.2 0.6\n'
    expect((await rows(quad)).regions.map((r) => r.shape.kind)).toEqual(['rotated-box'])
    expect((await rows(`${quad}0 0.1 0.1 0.4 0.1 0.4 0.4\n`)).regions.map((r) => r.shape.kind)).toEqual(['polygon', 'polygon'])
    expect((await rows(quad, `${yaml}task: segment\n`)).regions.map((r) => r.shape.kind)).toEqual(['polygon'])
    const odd = await rows('0 0.2 0.2 0.6 0.3 0.9 0.9 0.2 0.6\n')
    expect([odd.regions[0]!.shape.kind, odd.reasons]).toEqual(['polygon', [expect.stringMatching(/do not form a rectangle/)]])
  })

  test('centre, size and angle, if the fifth numbers are not scores', async () => {
    const { regions, reasons } = await rows('0 0.5 0.5 0.2 0.2 -0.5\n0 0.5 0.5 0.2 0.2 0.7\n')
    expect(regions.map((r) => r.shape.kind === 'rotated-box' && r.shape.angle)).toEqual([(-0.5 * 180) / Math.PI, (0.7 * 180) / Math.PI])
    expect(reasons).toEqual([expect.stringMatching(/angle in radians/)])
  })
})

describe('pose', () => {
  const pose = `${yaml}kpt_shape: [3, 3]\nkpt_names: {0: [nose, left, right]}\n`
  const person = '0 0.5 0.5 0.4 0.6 0.4 0.4 2 0.5 0.4 1 0 0 0\n'
  test('a box with its points; points of two numbers; no visible point', async () => {
    const { regions } = await rows(`${person}0 0.5 0.5 0.4 0.6 0 0 0 0 0 0 0 0 0\n`, pose)
    expect(regions.map((r) => r.shape)).toEqual([
      { kind: 'box', x: 60, y: 20, w: 80, h: 60 },
      {
        kind: 'keypoints',
        points: [
          { name: 'nose', x: 80, y: 40, v: 2 },
          { name: 'left', x: 100, y: 40, v: 1 },
          { name: 'right', x: 0, y: 0, v: 0 },
        ],
      },
      { kind: 'box', x: 60, y: 20, w: 80, h: 60 },
    ])
    expect(regions[0]!.attributes!['group']).toBe(regions[1]!.attributes!['group'])
    const flat = await rows('0 0.5 0.5 0.4 0.6 0.4 0.4 0 0\n', `${yaml}kpt_shape: [2, 2]\n`)
    expect(flat.regions[1]!.shape).toEqual({
      kind: 'keypoints',
      points: [
        { x: 80, y: 40, v: 2 },
        { x: 0, y: 0, v: 0 },
      ],
    })
    const scored = await rows(`${person.trim()} 0.9\n`, pose)
    expect(scored.regions.map((r) => r.attributes!['score'])).toEqual([0.9, 0.9])
  })

  test('exported again: one row per person; for detection one box', async () => {
    const { p } = await rows(person, pose)
    const { out, records } = await roundTrip(p, { format: 'yolo' })
    const file = (at: string) => readFileSync(path.join(at, 'labels/train/a.txt'), 'utf8')
    expect(file(out)).toBe('0 0.5 0.5 0.4 0.6 0.4 0.4 2 0.5 0.4 1 0 0 0\n')
    expect(parse(readFileSync(path.join(out, 'data.yaml'), 'utf8'))).toMatchObject({
      task: 'pose',
      kpt_shape: [3, 3],
      flip_idx: [0, 2, 1],
      kpt_names: { 0: ['nose', 'left', 'right'] },
    })
    expect(records[0]!.regions!.map((r) => r.shape)).toEqual(recordsOf(p)[0]!.regions!.map((r) => r.shape))
    expect(file((await roundTrip(p, { format: 'yolo', settings: { task: 'detect' } })).out)).toBe('0 0.5 0.5 0.4 0.6\n')
  })

  test('points without a box, in one line, of several labels with skeletons', async () => {
    const points = (label: string, names: string[], y: number, edges?: [number, number][]): RecordRegion => ({
      label,
      shape: {
        kind: 'keypoints',
        points: names.map((name, i) => ({ name, x: 20 + 10 * i, y: y * (i + 1), v: 2 })),
        ...(edges ? { edges } : {}),
      },
    })
    const regions = [
      points('person', ['nose', 'left_eye', 'right_eye'], 10, [
        [0, 1],
        [0, 2],
      ]),
      points('cat', ['head', 'tail'], 10, [[0, 1]]),
      { ...points('cat', ['head', 'tail'], 0) },
    ]
    const p = await projectOf([{ fileName: 'a.png', width: 200, height: 100, regions }])
    const { out, exported, records } = await roundTrip(p, { format: 'yolo' })
    expect(exported.findings.map((f) => f.reason)).toEqual([expect.stringMatching(/points are collinear; its box was made 1 pixel wide/)])
    expect(
      readFileSync(path.join(out, 'labels/all/a.txt'), 'utf8')
        .trim()
        .split('\n')
        .map((l) => l.split(' ').length),
    ).toEqual([14, 14, 14])
    const back = records[0]!.regions!.filter((r) => r.shape.kind === 'keypoints').map((r) => r.shape)
    expect(back).toEqual([
      regions[0]!.shape,
      regions[1]!.shape,
      expect.objectContaining({ edges: [[0, 1]], points: [expect.objectContaining({ y: 0, v: 2 }), expect.anything()] }),
    ])
    const detected = await roundTrip(p, { format: 'yolo', settings: { task: 'detect' } })
    expect(readFileSync(path.join(detected.out, 'labels/all/a.txt'), 'utf8').trim().split('\n')).toHaveLength(2)
    expect(detected.exported.findings.map((f) => f.reason)).toEqual([expect.stringMatching(/its box has no area/)])
  })
})

describe('a data.yaml of ours', () => {
  test.each([
    { of: ['train', 'val'], train: 'images/train', val: 'images/val' },
    { of: ['train', 'heldOut'], train: 'images/train', val: 'images/train', heldOut: 'images/heldOut' },
    { of: ['val', 'test'], train: 'images/val', val: 'images/val', test: 'images/test' },
    { of: ['test'], train: 'images/test', val: 'images/test', test: 'images/test' },
    { of: ['heldOut', 'test'], train: 'images/heldOut', val: 'images/heldOut', heldOut: 'images/heldOut', test: 'images/test' },
    { of: [undefined, 'val'], train: 'images/all', val: 'images/val' },
    { of: [undefined, 'train'], train: 'images/train', val: 'images/train' },
  ])('names folders that exist for train and val of images in $of', async ({ of, ...places }) => {
    const regions: RecordRegion[] = [{ label: 'ship', shape: { kind: 'box', x: 80, y: 40, w: 40, h: 20 } }]
    const p = await projectOf(of.map((split, i) => ({ fileName: `${i}.png`, width: 200, height: 100, regions, ...(split && { split }) })))
    const { out, records } = await roundTrip(p, { format: 'yolo' })
    const { path: root, task, nc, names, ...named } = parse(readFileSync(path.join(out, 'data.yaml'), 'utf8')) as Record<string, unknown>
    expect([root, task, nc, names]).toEqual(['.', 'detect', 1, { 0: 'ship' }])
    expect(named).toEqual(places)
    for (const place of Object.values(places)) expect(readdirSync(path.join(out, place)), place).not.toEqual([])
    const back = new Map(records.map((r) => [path.basename(r.fileName), r.split ?? undefined]))
    expect(back).toEqual(new Map(of.map((split, i) => [`${i}.png`, split])))
  })
})

describe('places and names', () => {
  const box = '0 0.5 0.5 0.2 0.2\n'
  test.each<[string, Parameters<typeof folder>[0], string[]]>([
    [
      'darknet',
      {
        'obj.data': 'classes = 1\ntrain = data/train.txt\nvalid = data/valid.txt\nnames = data/obj.names\n',
        'data/obj.names': 'ship\n',
        'data/train.txt': 'data/obj/a.jpg\n',
        'data/valid.txt': 'C:\\x\\data\\obj\\b.jpg\n',
        'data/obj/a.jpg': image,
        'data/obj/a.txt': box,
        'data/obj/b.jpg': image,
        'data/obj/b.txt': box,
      },
      ['train', 'val'],
    ],
    [
      'roboflow',
      {
        'data.yaml': "train: ../train/images\nval: ../valid/images\nnc: 1\nnames: ['ship']\nroboflow:\n  license: x\n",
        'train/images/a.jpg': image,
        'train/labels/a.txt': box,
        'valid/images/b.jpg': image,
        'valid/labels/b.txt': box,
        'README.roboflow.txt': 'about 0.5 0.5',
      },
      ['train', 'val'],
    ],
    [
      'v5 with a path',
      {
        'set.yaml': 'path: ../datasets/coco128\ntrain: images/train2017\nval: images/val2017\nnames:\n  0: ship\n',
        'images/train2017/a.jpg': image,
        'labels/train2017/a.txt': box,
        'images/val2017/b.jpg': image,
        'labels/val2017/b.txt': box,
      },
      ['train', 'val'],
    ],
    [
      'splits outside',
      {
        'data.yaml': 'names: [ship]\ntrain: train\nval: val\n',
        'train/a.jpg': image,
        'train/a.txt': box,
        'val/b.jpg': image,
        'val/b.txt': box,
      },
      ['train', 'val'],
    ],
    [
      'Label Studio',
      {
        'classes.txt': 'ship\n',
        'notes.json': '{"categories": [{"id": 0, "name": "ship"}]}',
        'images/a.jpg': image,
        'labels/a.txt': box,
        'images/b.jpg': image,
        'labels/b.txt': box,
      },
      ['', ''],
    ],
  ])('%s', async (_, files, splits) => {
    const { records, report } = await read(files)
    expect(records.map((r) => r.split ?? '').sort()).toEqual([...splits].sort())
    expect(records.map((r) => r.regions!.map((g) => g.label))).toEqual([['ship'], ['ship']])
    expect(report.findings).toEqual([])
  })

  test('one invalid field does not discard the names', async () => {
    const { regions, reasons } = await rows(box, `${yaml}kpt_shape: seventeen\n`)
    expect([regions[0]!.label, reasons]).toEqual(['ship', [expect.stringMatching(/data.yaml: kpt_shape/)]])
  })

  test('label files in an unusual place are found by name; those without an image are reported', async () => {
    const { regions, reasons } = await read({
      'classes.txt': 'ship\n',
      'photos/a.jpg': image,
      'txt/a.txt': box,
      'txt/b.txt': box,
      'txt/empty.txt': '',
    })
    expect(regions.map((r) => r.label)).toEqual(['ship'])
    expect(reasons).toEqual([
      'changed: txt/a.txt: is neither next to photos/a.jpg nor in labels; its rows were used, because no other file has that name',
      'left out: txt/b.txt: rows without an image of that name',
    ])
  })
})

describe('export', () => {
  const ring = [2, 2, 60, 2, 60, 60, 2, 60]
  const shapes: RecordRegion[] = [
    { label: 'cat', shape: { kind: 'polygon', parts: [[ring, [10, 10, 20, 10, 20, 20]], [[80, 2, 90, 2, 90, 20]]] } },
    { label: 'cat', shape: { kind: 'rotated-box', cx: 100, cy: 50, w: 60, h: 20, angle: 30 } },
    { label: 'cat', shape: { kind: 'box', x: 1, y: 2, w: 30, h: 40 } },
  ]
  const of = (...regions: RecordRegion[]) => projectOf([{ fileName: 'a.png', width: 200, height: 100, regions }])

  test('each task reports its losses before anything is written', async () => {
    const p = await of(...shapes)
    const said = (task: string) =>
      Object.fromEntries(exportLosses(p, { format: 'yolo', settings: { task } }).map((l) => [l.feature, l.becomes.en]))
    expect(said('auto')).toMatchObject({
      holes: 'are filled',
      parts: 'become separate objects',
      'rotated boxes': 'become polygons of four points',
      boxes: 'become polygons of four points',
    })
    expect(said('obb')).toMatchObject({
      polygons: 'become the smallest rotated boxes around them',
      boxes: 'become rotated boxes with an angle of 0',
    })
    expect(said('obb')).not.toHaveProperty('rotated boxes')
    expect(said('detect')).toMatchObject({ 'rotated boxes': 'become axis-aligned boxes', polygons: 'become their boxes' })
  })

  test('masks are split into parts and their holes filled, each part an object', async () => {
    const bits = new Uint8Array(200 * 100)
    const fill = (x0: number, y0: number, x1: number, y1: number, v: number) => {
      for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) bits[y * 200 + x] = v
    }
    fill(10, 10, 50, 50, 1)
    fill(20, 20, 30, 30, 0)
    fill(90, 60, 91, 61, 1)
    const p = await of({ label: 'cat', shape: { kind: 'mask', rle: rleFromBitmap(bits, 100, 200) } })
    expect(exportLosses(p, { format: 'yolo' }).map((l) => `${l.count} ${l.feature} ${l.becomes.en}`)).toEqual(
      expect.arrayContaining(['1 holes are filled', '1 parts become separate objects']),
    )
    const { records } = await roundTrip(p, { format: 'yolo' })
    expect(records[0]!.regions!.map((r) => shapeArea(r.shape))).toEqual([1600, 1])
  })

  test('rotated boxes stay rotated boxes, within a hundredth of a pixel', async () => {
    const p = await of(shapes[1]!, { label: 'cat', shape: { kind: 'rotated-box', cx: 50, cy: 40, w: 9, h: 30, angle: -75 } })
    const { out, records } = await roundTrip(p, { format: 'yolo' })
    expect(readdirSync(path.join(out, 'labels/all'))).toEqual(['a.txt'])
    for (const [i, r] of records[0]!.regions!.entries()) {
      const before = recordsOf(p)[0]!.regions![i]!.shape as { cx: number; cy: number; w: number; h: number; angle: number }
      const after = r.shape as typeof before
      expect(r.shape.kind).toBe('rotated-box')
      for (const k of ['cx', 'cy', 'w', 'h', 'angle'] as const) expect(after[k]).toBeCloseTo(before[k], 5)
    }
  })

  test('a corner outside the image is moved to its border and reported', async () => {
    const { exported } = await roundTrip(
      await of({ label: 'cat', shape: { kind: 'rotated-box', cx: 5, cy: 50, w: 60, h: 20, angle: 30 } }),
      { format: 'yolo' },
    )
    expect(exported.findings.map((f) => f.reason)).toEqual([expect.stringMatching(/corners were moved to the border/)])
  })
})
