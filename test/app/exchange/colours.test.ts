/** Folders of masks as the well-known sets and tools have them: colours and values go by the table that lies beside them. */
import { encode } from 'fast-png'
import { describe, expect, test } from 'vitest'
import { rleBox } from '#shared/geometry/rle.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { listLabels } from '../../../src-main/app/projects/media.ts'
import { folder, project, recordsOf } from './helpers.ts'

const [W, H] = [8, 4]
const image: [number, number] = [W, H]
type Rgb = [number, number, number]
/** A picture in stripes two pixels wide. */
const colours = (...stripes: Rgb[]) =>
  encode({
    width: W,
    height: H,
    channels: 3,
    depth: 8,
    data: Uint8Array.from({ length: W * H * 3 }, (_, i) => stripes[Math.floor(((i / 3) % W) / 2)]![i % 3]!),
  })
const grey = (...stripes: number[]) =>
  encode({
    width: W,
    height: H,
    channels: 1,
    depth: 8,
    data: Uint8Array.from({ length: W * H }, (_, i) => stripes[Math.floor((i % W) / 2)]!),
  })
const deep = (...stripes: number[]) =>
  encode({
    width: W,
    height: H,
    channels: 1,
    depth: 16,
    data: Uint16Array.from({ length: W * H }, (_, i) => stripes[Math.floor((i % W) / 2)]!),
  })
const indexed = (palette: Rgb[], ...stripes: number[]) =>
  encode({
    width: W,
    height: H,
    channels: 1,
    depth: 8,
    palette,
    data: Uint8Array.from({ length: W * H }, (_, i) => stripes[Math.floor((i % W) / 2)]!),
  } as never)

async function read(files: Parameters<typeof folder>[0], format = 'masks') {
  const p = project()
  const report = await importInto(p, await folder(files))
  expect(report.format).toBe(format)
  const records = recordsOf(p)
  /** Names by the stripe that each region begins at. */
  const stripes = records.map((r) => r.regions!.map((g) => [g.label, g.shape.kind === 'mask' ? rleBox(g.shape.rle).x / 2 : g.shape.kind]))
  return { p, report, records, stripes, reasons: report.findings.map((f) => f.reason) }
}

const [sky, road, car]: Rgb[] = [
  [128, 128, 128],
  [128, 64, 128],
  [64, 0, 128],
]
const picture = colours([0, 0, 0], sky!, road!, [1, 2, 3])

describe('colours with a table', () => {
  test.each<[string, Record<string, string>]>([
    ['class_dict.csv', { 'class_dict.csv': 'name,r,g,b\nSky,128,128,128\nRoad,128,64,128\nVoid,0,0,0\n' }],
    ['class_dict.csv, its columns in another order', { 'class_dict.csv': 'r, g, b, name\n128, 128, 128, Sky\n128, 64, 128, Road\n' }],
    ['label_colors.txt', { 'label_colors.txt': '128 128 128\tSky\n128 64 128\t\tRoad\n0 0 0\tVoid\n' }],
    ['label_colors.txt, names first', { 'label_colors.txt': 'Sky 128 128 128\nRoad 128 64 128\n' }],
    [
      'labelmap.txt of CVAT',
      { 'labelmap.txt': '# label:color_rgb:parts:actions\nbackground:0,0,0::\nSky:128,128,128::\nRoad:128,64,128::\n' },
    ],
    ['labelmap.csv', { 'labelmap.csv': 'label;color\nSky;#808080\nRoad;#804080\n' }],
    ['labelmap.csv, colours as a list', { 'labelmap.csv': 'label,color\nSky,"(128 128 128)"\nRoad,"(128 64 128)"\n' }],
    [
      'dataset_meta.json',
      {
        'dataset_meta.json': JSON.stringify({
          label_map: { 0: 'background', 1: 'Sky', 2: 'Road' },
          segmentation_colors: [[0, 0, 0], sky, road],
          background_label: '0',
        }),
      },
    ],
    [
      'config.json of Mapillary',
      {
        'config.json': JSON.stringify({
          version: '1.1',
          labels: [
            { name: 'Sky', readable: 'Sky', color: sky, instances: false },
            { name: 'Road', color: road },
          ],
        }),
      },
    ],
    [
      'titles with colours in hexadecimal',
      {
        'colormap.json': JSON.stringify({
          classes: [
            { title: 'Sky', shape: 'bitmap', color: '#808080' },
            { title: 'Road', color: '#804080' },
          ],
          tags: [],
        }),
      },
    ],
    ['names and colours in JSON', { 'palette.json': JSON.stringify({ Sky: sky, Road: road }) }],
  ])('%s', async (_, table) => {
    const { stripes, p, report } = await read({ 'images/a.jpg': image, 'masks/a.png': picture, ...table })
    expect(stripes).toEqual([
      [
        ['colour #010203', 3],
        ['Road', 2],
        ['Sky', 1],
      ].sort((a, b) => rank(a[0] as string) - rank(b[0] as string)),
    ])
    expect(listLabels(p).map((l) => l.name)).toEqual(['Sky', 'Road', 'colour #010203'])
    expect([report.leftOut, report.unreadFiles]).toEqual([0, 0])
  })
  const rank = (name: string) => ({ 'colour #010203': 0x010203, Sky: 0x808080, Road: 0x804080 })[name]!

  test.each<[string, Parameters<typeof folder>[0]]>([
    [
      'Kaggle’s CamVid',
      {
        'train/a.png': image,
        'train_labels/a_L.png': picture,
        'val/b.png': image,
        'val_labels/b_L.png': picture,
        'class_dict.csv': 'name,r,g,b\nSky,128,128,128\nRoad,128,64,128\n',
      },
    ],
    [
      'CVAT’s CamVid',
      {
        'train/a.png': image,
        'trainannot/a.png': picture,
        'val/b.png': image,
        'valannot/b.png': picture,
        'train.txt': '/train/a.png trainannot/a.png\n',
        'val.txt': '/val/b.png valannot/b.png\n',
        'label_colors.txt': '128 128 128 Sky\n128 64 128 Road\n',
      },
    ],
    [
      'Mapillary',
      {
        'training/images/a.jpg': image,
        'training/labels/a.png': picture,
        'validation/images/b.jpg': image,
        'validation/labels/b.png': picture,
        'config.json': JSON.stringify({
          labels: [
            { name: 'Sky', color: sky },
            { name: 'Road', color: road },
          ],
        }),
      },
    ],
  ])('%s: in the places that it has', async (_, files) => {
    const { records, stripes, reasons } = await read(files)
    expect(reasons).toEqual([])
    expect(records.map((r) => r.split)).toEqual(['train', 'val'])
    for (const s of stripes) expect(s.map(([name]) => name).sort()).toEqual(['Road', 'Sky', 'colour #010203'])
  })
})

describe('values', () => {
  test('ADE20K’s list; a palette in a different order from the table', async () => {
    const ade = await read({
      'images/training/a.jpg': image,
      'annotations/training/a.png': grey(0, 1, 2, 150),
      'objectInfo150.txt': 'Idx\tRatio\tTrain\tVal\tName\n1\t0.15\t1\t2\twall\n2\t0.11\t1\t2\tbuilding, edifice\n',
    })
    expect([ade.stripes, ade.records[0]!.split]).toEqual([
      [
        [
          ['wall', 1],
          ['building, edifice', 2],
          ['class 150', 3],
        ],
      ],
      'train',
    ])
    const turned = await read({
      'JPEGImages/a.jpg': image,
      'SegmentationClass/a.png': indexed([[0, 0, 0], road!, sky!], 0, 1, 2, 255),
      'labelmap.txt': 'background:0,0,0::\nSky:128,128,128::\nRoad:128,64,128::\n',
    })
    expect(turned.stripes).toEqual([
      [
        ['Road', 1],
        ['Sky', 2],
      ],
    ])
  })

  test('0 and 255 alone mean one object; with other values, 255 is ignored', async () => {
    expect((await read({ 'images/a.jpg': image, 'masks/a.png': grey(0, 255, 0, 0) })).stripes).toEqual([[['foreground', 1]]])
    expect((await read({ 'images/a.jpg': image, 'masks/a_mask.png': grey(0, 255, 0, 0), 'classes.txt': 'cell\n' })).stripes).toEqual([
      [['cell', 1]],
    ])
    expect((await read({ 'images/a.jpg': image, 'masks/a.png': grey(0, 255, 1, 0), 'classes.txt': 'cell\n' })).stripes).toEqual([
      [['cell', 2]],
    ])
  })

  test('photographs in a folder called masks are not masks', async () => {
    const noise = (seed: number) =>
      encode({
        width: 40,
        height: 40,
        channels: 1,
        depth: 8,
        data: Uint8Array.from({ length: 1600 }, () => (seed = (seed * 16807) % 2147483647) & 255),
      })
    const p = project()
    const report = await importInto(
      p,
      await folder({ 'masks/1.png': noise(1), 'masks/2.png': noise(3), 'faces/1.png': noise(5), 'faces/2.png': noise(7) }),
    )
    expect(report.format).toBe('folders')
  })
})

describe('separate objects', () => {
  test('VOC’s SegmentationObject', async () => {
    const { stripes } = await read({
      'JPEGImages/a.jpg': image,
      'SegmentationClass/a.png': indexed(
        [
          [0, 0, 0],
          [128, 0, 0],
        ],
        0,
        1,
        1,
        0,
      ),
      'SegmentationObject/a.png': indexed(
        [
          [0, 0, 0],
          [128, 0, 0],
          [0, 128, 0],
        ],
        0,
        1,
        2,
        0,
      ),
      'labelmap.txt': 'background:0,0,0::\ncat:128,0,0::\n',
    })
    expect(stripes).toEqual([
      [
        ['cat', 1],
        ['cat', 2],
      ],
    ])
  })

  const city = (kind: string) => `gtFine/train/aachen/aachen_000001_000019_gtFine_${kind}`
  const left = { 'leftImg8bit/train/aachen/aachen_000001_000019_leftImg8bit.png': image }
  test('Cityscapes: prefers instances to ids, and ids to colours', async () => {
    const ids = {
      [city('labelIds.png')]: grey(0, 7, 26, 26),
      [city('color.png')]: colours([0, 0, 0], [128, 64, 128], [0, 0, 142], [0, 0, 142]),
    }
    const all = await read({ ...left, ...ids, [city('instanceIds.png')]: deep(0, 7, 26000, 26001) })
    expect([all.stripes, all.records[0]!.split, all.reasons, all.report.unreadFiles]).toEqual([
      [
        [
          ['road', 1],
          ['car', 2],
          ['car', 3],
        ],
      ],
      'train',
      [],
      0,
    ])
    expect((await read({ ...left, ...ids })).stripes).toEqual([
      [
        ['road', 1],
        ['car', 2],
      ],
    ])
    expect((await read({ ...left, [city('color.png')]: ids[city('color.png')]! })).stripes.map((s) => s.map(([n]) => n).sort())).toEqual([
      ['car', 'road'],
    ])
  })

  test('Cityscapes’ polygons in order; groups are crowds, and deleted ones are skipped', async () => {
    const objects = [
      {
        label: 'road',
        polygon: [
          [0, 0],
          [8, 0],
          [8, 4],
          [0, 4],
        ],
      },
      {
        label: 'cargroup',
        polygon: [
          [1, 1],
          [4, 1],
          [4, 3],
        ],
      },
      {
        label: 'person',
        deleted: 1,
        polygon: [
          [1, 1],
          [4, 1],
          [4, 3],
        ],
      },
      { label: 'rider', polygon: [[1, 1]] },
    ]
    const { records, reasons } = await read(
      { ...left, [city('polygons.json')]: JSON.stringify({ imgHeight: H, imgWidth: W, objects }) },
      'cityscapes',
    )
    expect(records).toMatchObject([
      {
        fileName: 'leftImg8bit/train/aachen/aachen_000001_000019_leftImg8bit.png',
        split: 'train',
        regions: [
          { label: 'road' },
          { label: 'car', attributes: { iscrowd: true }, shape: { kind: 'polygon', parts: [[[1, 1, 4, 1, 4, 3]]] } },
        ],
      },
    ])
    expect(records[0]!.regions).toHaveLength(2)
    expect(reasons).toEqual(['objects.3: rider: a polygon of fewer than three points'])
  })

  test('Mapillary’s instances; ADE20K’s part images with their texts', async () => {
    const mapillary = await read({
      'training/images/a.jpg': image,
      'training/labels/a.png': grey(0, 1, 1, 2),
      'training/instances/a.png': deep(0, 256, 257, 512),
      'config.json': JSON.stringify({
        labels: [
          { name: 'void', color: [0, 0, 0] },
          { name: 'car', color: car },
          { name: 'sky', color: sky },
        ],
      }),
    })
    expect(mapillary.stripes).toEqual([
      [
        ['car', 1],
        ['car', 2],
        ['sky', 3],
      ],
    ])
    const ade = await read({
      'training/street/ADE_train_1.jpg': image,
      'training/street/ADE_train_1_seg.png': colours([0, 0, 0], [10, 5, 20], [10, 5, 40], [20, 1, 60]),
      'training/street/ADE_train_1_parts_1.png': colours([0, 0, 0], [10, 5, 20], [0, 0, 0], [0, 0, 0]),
      'training/street/ADE_train_1_atr.txt':
        '001 # 0 # 0 # door # door # ""\n002 # 0 # 0 # door # door # ""\n003 # 0 # 1 # sky # sky # ""\n001 # 1 # 0 # knob # knob # ""\n',
    })
    expect(ade.stripes).toEqual([
      [
        ['door', 1],
        ['door', 2],
        ['sky', 3],
      ],
    ])
  })
})
