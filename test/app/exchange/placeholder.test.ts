/** Annotations of images that are not there wait for them, and find them by name: in a later import, a scan, or where a person says. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { FormatName } from '#shared/model/exchange.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { linkFolder, scanFolder } from '../../../src-main/app/media/scan.ts'
import { undoChange } from '../../../src-main/app/annotations/index.ts'
import { readRecords } from '../../../src-main/app/projects/index.ts'
import { folder, picture, project, recordsOf } from './helpers.ts'

const size = { width: 40, height: 30 }
const box = { x: 10, y: 10, width: 50, height: 20, rotation: 0, rectanglelabels: ['cat'] }
const studio = (image: string) =>
  JSON.stringify([
    {
      id: 1,
      data: { image },
      annotations: [
        { result: [{ id: 'r', type: 'rectanglelabels', from_name: 'label', value: box, original_width: 40, original_height: 30 }] },
      ],
    },
  ])
const control = { signal: new AbortController().signal, progress: () => undefined }

const files: [FormatName, Record<string, string>][] = [
  ['labelstudio', { 'tasks.json': studio('/data/upload/1/0a1b2c3d-a.jpg') }],
  ['labelstudio', { 'tasks.json': studio('s3://bucket/some/a.jpg') }],
  ['labelstudio', { 'tasks.json': studio('/data/local-files/?d=home%2Fx%2Fa.jpg') }],
  [
    'coco',
    {
      'annotations.json': JSON.stringify({
        images: [{ id: 1, file_name: '/home/me/a.jpg', ...size }],
        annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [4, 3, 20, 6] }],
        categories: [{ id: 1, name: 'cat' }],
      }),
    },
  ],
  [
    'labelme',
    {
      'a.json': JSON.stringify({
        shapes: [
          {
            label: 'cat',
            shape_type: 'rectangle',
            points: [
              [4, 3],
              [24, 9],
            ],
          },
        ],
        imagePath: '..\\pics\\a.jpg',
        imageData: null,
        imageWidth: 40,
        imageHeight: 30,
      }),
    },
  ],
  [
    'voc',
    {
      'a.xml':
        '<annotation><filename>../a.jpg</filename><size><width>40</width><height>30</height></size><object><name>cat</name><bndbox><xmin>5</xmin><ymin>4</ymin><xmax>24</xmax><ymax>9</ymax></bndbox></object></annotation>',
    },
  ],
  [
    'cvat',
    {
      'annotations.xml':
        '<annotations><image id="0" name="a.jpg" width="40" height="30"><box label="cat" xtl="4" ytl="3" xbr="24" ybr="9"/></image></annotations>',
    },
  ],
  [
    'datumaro',
    {
      'annotations/default.json': JSON.stringify({
        dm_format_version: '1.0',
        items: [{ id: 'a', annotations: [{ type: 'bbox', bbox: [4, 3, 20, 6], label_id: 0 }], image: { path: 'a.jpg', size: [30, 40] } }],
        categories: { label: { labels: [{ name: 'cat' }] } },
      }),
    },
  ],
  ['csv', { 'labels.csv': 'filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,40,30,cat,4,3,24,9\n' }],
]

describe.each(files)('%s', (format, given) => {
  const annotated = [{ label: 'cat', shape: { kind: 'box', x: 4, y: 3, w: 20, h: 6 } }]

  test('keeps the annotations and the size; the image is linked by name, and a repeated import adds nothing', async () => {
    const p = project()
    const dir = await folder(given)
    const report = await importInto(p, dir)
    expect(report).toMatchObject({ format, images: 1, missing: 1, nothingTaken: false })
    expect(recordsOf(p)).toMatchObject([{ ...size, regions: annotated }])
    const elsewhere = await folder({ 'deep/down/a.jpg': [40, 30], 'deep/b.jpg': [40, 30] })
    expect(await linkFolder(p, elsewhere)).toEqual({ linked: 1, missing: 0 })
    const [linked] = readRecords(p)
    expect(linked).toMatchObject({
      file: path.join(elsewhere, 'deep/down/a.jpg'),
      record: { fileName: 'deep/down/a.jpg', regions: annotated },
    })
    undoChange(p)
    expect([...readRecords(p)][0]!.file).not.toBe(linked!.file)
  })

  test('a scan or a repeated import with the image present gives one image with its annotations', async () => {
    const p = project()
    const dir = await folder(given)
    await importInto(p, dir)
    const q = project()
    await importInto(q, dir)
    const pictures = await folder({ 'a.jpg': [40, 30] })
    await scanFolder(p, pictures, control, () => undefined)
    expect(recordsOf(p)).toMatchObject([{ fileName: 'a.jpg', regions: annotated }])
    writeFileSync(path.join(dir, 'a.jpg'), await picture(40, 30, 'a.jpg'))
    expect((await importInto(q, dir)).counts).toMatchObject({ added: 0, regions: 0 })
    expect(recordsOf(q)).toHaveLength(1)
    expect(recordsOf(q)[0]).toMatchObject({ fileName: 'a.jpg', regions: annotated, contentHash: expect.any(String) as string })
  })
})

test('a file of another size or an ambiguous name is not linked; folders tell two apart', async () => {
  const p = project()
  const coco = JSON.stringify({
    images: [
      { id: 1, file_name: 'x/a.jpg', ...size },
      { id: 2, file_name: 'y/a.jpg', ...size },
    ],
    annotations: [1, 2].map((id) => ({ id, image_id: id, category_id: 1, bbox: [id, 3, 20, 6] })),
    categories: [{ id: 1, name: 'cat' }],
  })
  await importInto(p, await folder({ 'annotations.json': coco }))
  expect(await linkFolder(p, await folder({ 'a.jpg': [80, 60] }))).toEqual({ linked: 0, missing: 2 })
  expect(await linkFolder(p, await folder({ 'p/a.jpg': [40, 30], 'q/a.jpg': [40, 30] }))).toEqual({ linked: 0, missing: 2 })
  expect(await linkFolder(p, await folder({ 'set/y/a.jpg': [40, 30], 'set/x/a.jpg': [40, 30] }))).toEqual({ linked: 2, missing: 0 })
  expect(recordsOf(p).map((r) => [r.fileName, r.regions!.map((s) => (s.shape as { x: number }).x)])).toEqual([
    ['set/x/a.jpg', [1]],
    ['set/y/a.jpg', [2]],
  ])
})
