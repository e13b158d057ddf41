/** Datasets as they are found: in a folder of their own, in archives, a folder a split, in the dialects of their writers. */
import { createWriteStream, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import yazl from 'yazl'
import type { ImportOptions } from '#shared/model/exchange.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { detectFormat } from '../../../src-main/app/exchange/detect.ts'
import { readRecords } from '../../../src-main/app/projects/index.ts'
import { folder, fresh, picture, project, recordsOf } from './helpers.ts'

const coco = (...names: string[]) =>
  JSON.stringify({
    images: names.map((file_name, id) => ({ id, file_name, width: 40, height: 30 })),
    annotations: names.map((_, id) => ({ id, image_id: id, category_id: 1, bbox: [1, 2, 10, 8] })),
    categories: [{ id: 1, name: 'cat' }],
  })
const voc = (name: string, object = '<bndbox><xmin>2</xmin><ymin>3</ymin><xmax>11</xmax><ymax>10</ymax></bndbox>') =>
  `<annotation><filename>${name}</filename><object><name>cat</name>${object}</object></annotation>`
const image: [number, number] = [40, 30]

async function imported(files: Parameters<typeof folder>[0], options: ImportOptions = {}) {
  const p = project()
  const report = await importInto(p, await folder(files), options)
  return { report, records: recordsOf(p) }
}

async function zipOf(files: Record<string, string | Buffer>, file = `${fresh('archive')}.zip`): Promise<string> {
  const zip = new yazl.ZipFile()
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), name)
  zip.end()
  mkdirSync(path.dirname(file), { recursive: true })
  await pipeline(zip.outputStream, createWriteStream(file))
  return file
}

const splits = (records: { fileName: string; split?: string | null | undefined }[]) =>
  Object.fromEntries(records.map((r) => [r.fileName, r.split ?? null]))
const boxes = (records: ReturnType<typeof recordsOf>) =>
  records.map((r) => (r.regions ?? []).map(({ label, shape: s }) => (s.kind === 'box' ? [label, s.x, s.y, s.w, s.h] : [label, s.kind])))

describe('where the dataset begins', () => {
  const files = { 'images/a.png': image, 'images/b.png': image, 'annotations/instances.json': coco('a.png', 'b.png') }
  const within = (inside: string) => Object.fromEntries(Object.entries(files).map(([name, content]) => [`${inside}/${name}`, content]))

  test('surrounding folders and a readme are not part of image names; importing inner, outer and again adds the images once', async () => {
    const outer = await folder({ ...within('v1/set'), 'README.md': '# cats' })
    const p = project()
    expect((await importInto(p, path.join(outer, 'v1/set'))).counts.added).toBe(2)
    for (const at of ['v1/set', 'v1', ''])
      expect((await importInto(p, path.join(outer, at))).counts).toMatchObject({ added: 0, merged: 0, unchanged: 2 })
    expect(recordsOf(p).map((r) => r.fileName)).toEqual(['images/a.png', 'images/b.png'])
  })

  test('captions and LabelMe files next to their images', async () => {
    const outer = await folder({ 'set/a.png': image, 'set/a.txt': 'a cat', 'set/b.png': image, 'set/b.txt': 'a dog' })
    const p = project()
    await importInto(p, path.join(outer, 'set'))
    expect((await importInto(p, outer)).counts).toMatchObject({ added: 0, merged: 0, unchanged: 2 })
  })

  test('an archive imported twice adds nothing; another of the same name keeps both images', async () => {
    const of = async (colour: string) => ({
      'set/images/a.png': await picture(40, 30, colour),
      'set/annotations/instances.json': coco('a.png'),
    })
    const first = await zipOf(await of('x'), path.join(fresh('zips'), 'export.zip'))
    const second = await zipOf(await of('y'), path.join(fresh('zips'), 'export.zip'))
    const p = project()
    expect((await importInto(p, first)).counts).toMatchObject({ added: 1, regions: 1 })
    expect((await importInto(p, first)).counts).toMatchObject({ added: 0, unchanged: 1, regions: 0 })
    renameSync(first, first.replace('export', 'renamed'))
    expect((await importInto(p, first.replace('export', 'renamed'))).counts).toMatchObject({ added: 0, unchanged: 1 })
    expect((await importInto(p, second)).counts).toMatchObject({ added: 1, regions: 1 })
    const hashes = recordsOf(p).map((r) => r.contentHash)
    expect(new Set(hashes).size).toBe(2)
  })

  test('labels that only follow after thousands of images', async () => {
    const dir = await folder({ 'labels/train/1.txt': '0 0.5 0.5 0.2 0.2\n', 'images/train/1.jpg': image })
    for (let i = 2; i < 3100; i++) writeFileSync(path.join(dir, `images/train/${i}.jpg`), '')
    expect(await detectFormat(dir)).toBe('yolo')
  })

  test('class folders and split folders are not treated as wrapping', async () => {
    expect((await imported({ 'cats/a.png': image })).records).toMatchObject([{ fileName: 'cats/a.png', labels: [] }])
    expect((await imported({ 'cats/a.png': image }, { format: 'folders' })).records).toMatchObject([
      { fileName: 'cats/a.png', labels: [{ label: 'cats' }] },
    ])
    const { records } = await imported({ 'set/train/cats/a.png': image, 'set/train/dogs/b.png': image })
    expect(records).toMatchObject([
      { fileName: 'train/cats/a.png', split: 'train', labels: [{ label: 'cats' }] },
      { fileName: 'train/dogs/b.png', split: 'train', labels: [{ label: 'dogs' }] },
    ])
  })
})

describe('nothing found', () => {
  test('is an error, unlike images without annotations or a repeated import', async () => {
    const p = project()
    await expect(
      importInto(p, await folder({ 'annotations.json': JSON.stringify({ images: [], annotations: [], categories: [] }), 'a.png': image })),
    ).rejects.toThrow(/contains nothing in the format coco/)
    await expect(importInto(p, await folder({ 'notes/x.md': '' }), { format: 'yolo' })).rejects.toThrow(
      /contains nothing in the format yolo/,
    )
    const bare = await folder({
      'annotations.json': JSON.stringify({ images: [{ id: 1, file_name: 'a.png' }], annotations: [], categories: [] }),
      'a.png': image,
    })
    expect((await importInto(p, bare)).counts.added).toBe(1)
    expect((await importInto(p, bare)).counts).toMatchObject({ added: 0, unchanged: 1 })
    expect((await importInto(p, bare, { batch: 1 })).counts).toMatchObject({ added: 0, unchanged: 1 })
  })
})

describe('splits have one name each', () => {
  test('COCO with a folder per split; a deeper file of another dataset is left out and reported', async () => {
    const { records, report } = await imported(
      {
        'info.json': '{"version": 1}',
        'train/_annotations.coco.json': coco('a.png'),
        'train/a.png': image,
        'valid/_annotations.coco.json': coco('a.png'),
        'valid/a.png': image,
        'backup/old/set/_annotations.coco.json': coco('c.png'),
        'backup/old/set/c.png': image,
      },
      { format: 'coco' },
    )
    expect(splits(records)).toEqual({ 'train/a.png': 'train', 'valid/a.png': 'val' })
    expect(report.findings).toMatchObject([{ file: 'backup/old/set/_annotations.coco.json', level: 'left out' }])
  })

  test('VOC: split lists per devkit, or a folder per split', async () => {
    const devkit = (year: string, split: string) => ({
      [`VOCdevkit/${year}/Annotations/a.xml`]: voc('a.png'),
      [`VOCdevkit/${year}/JPEGImages/a.png`]: image,
      [`VOCdevkit/${year}/ImageSets/Main/${split}.txt`]: 'a\n',
    })
    expect(splits((await imported({ ...devkit('VOC2007', 'train'), ...devkit('VOC2012', 'val') })).records)).toEqual({
      'VOC2007/JPEGImages/a.png': 'train',
      'VOC2012/JPEGImages/a.png': 'val',
    })
    expect(
      splits(
        (await imported({ 'train/a.xml': voc('a.png'), 'train/a.png': image, 'valid/b.xml': voc('b.png'), 'valid/b.png': image })).records,
      ),
    ).toEqual({ 'train/a.png': 'train', 'valid/b.png': 'val' })
  })

  test('CVAT’s subsets; other names are not splits', async () => {
    const xml = ['Train', 'Validation', 'constructor', '__proto__'].map(
      (s, i) => `<image id="${i}" name="${i}.png" width="40" height="30" subset="${s}"/>`,
    )
    const { records } = await imported({
      'annotations.xml': `<annotations>${xml.join('')}</annotations>`,
      ...Object.fromEntries(xml.map((_, i) => [`images/${i}.png`, image])),
    })
    expect(records.map((r) => r.split)).toEqual(['train', 'val', 'constructor', '__proto__'])
    expect(
      (await imported({ 'constructor/a.png': image, 'toString/b.png': image }, { format: 'folders' })).records.map((r) => [
        r.split ?? null,
        r.labels![0]!.label,
      ]),
    ).toEqual([
      [null, 'constructor'],
      [null, 'toString'],
    ])
  })

  test('YOLO: Windows paths, and paths that end in a slash', async () => {
    const { records, report } = await imported({
      'data.yaml': 'train: images\\train\\\nval: ./images/val/\nnames: [cat]\n',
      'images/train/a.png': image,
      'labels/train/a.txt': '0 0.5 0.5 0.5 0.5\n',
      'images/val/b.png': image,
      'labels/val/b.txt': '0 0.5 0.5 0.5 0.5\n',
    })
    expect(splits(records)).toEqual({ 'images/train/a.png': 'train', 'images/val/b.png': 'val' })
    expect(boxes(records)).toEqual([[['cat', 10, 7.5, 20, 15]], [['cat', 10, 7.5, 20, 15]]])
    expect(report.findings).toEqual([])
  })
})

describe('CSV', () => {
  const box = [[['cat', 1, 2, 10, 8]]]
  test.each([
    ['semicolons and decimal commas', 'filename;xmin;ymin;xmax;ymax;class\na.png;1,0;2,0;11,0;10,0;cat\n'],
    ['tabs', 'image\tlabel\tx\ty\tw\th\na.png\tcat\t1\t2\t10\t8\n'],
    ['quotes and a list', '"file_name","bbox","class"\r\n"a.png","[1, 2, 10, 8]","cat"\r\n'],
    ['no header', 'a.png,1,2,11,10,cat\n'],
    ['UTF-16', Buffer.from('\ufefffilename,xmin,ymin,xmax,ymax,class\r\na.png,1,2,11,10,cat\r\n', 'utf16le')],
  ])('%s', async (_, text) => {
    const { records, report } = await imported({ 'labels.csv': text, 'a.png': image })
    expect(boxes(records)).toEqual(box)
    expect(report.findings).toEqual([])
  })

  test('parts of the image and names without an extension, as Open Images has them: by file, not by image', async () => {
    const head = 'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax\n'
    const parts = await imported({
      'boxes.csv': `${head}a,x,/m/cat,1,0.25,0.75,0.1,0.5\nb,x,/m/cat,1,0,1,0,1\n`,
      'a.jpg': image,
      'b.jpg': image,
    })
    expect(boxes(parts.records)).toEqual([[['/m/cat', 10, 3, 20, 12]], [['/m/cat', 0, 0, 40, 30]]])
    expect(parts.report.findings).toEqual([])
    // One small box among large ones is small.
    const pixels = await imported({
      'boxes.csv': `${head}a,x,/m/cat,1,0.25,0.75,0.1,0.5\nb,x,/m/cat,1,0,30,0,20\n`,
      'a.jpg': image,
      'b.jpg': image,
    })
    expect(boxes(pixels.records)).toEqual([[['/m/cat', 0.25, 0.1, 0.5, 0.4]], [['/m/cat', 0, 0, 30, 20]]])
  })

  test('metadata.csv of ImageFolder: numbers and objects are written as text', async () => {
    const { records, report } = await imported({
      'metadata.csv':
        'file_name,width,height,text,objects\na.png,40,30,a cat,"{""bbox"": [[1, 2, 10, 8]], ""categories"": [""cat""]}"\nb.png,,,,"[{""bbox"": [1, 2, 10, 8], ""category"": ""cat""}]"\n',
      'a.png': image,
      'b.png': image,
    })
    expect(boxes(records)).toEqual([...box, ...box])
    expect(records[0]!.captions).toMatchObject([{ text: 'a cat' }])
    expect(report.findings).toEqual([])
  })
})

describe('WebDataset', () => {
  async function tarOf(files: Record<string, string | Buffer>): Promise<Buffer> {
    const tar = pack()
    for (const [name, content] of Object.entries(files)) tar.entry({ name }, content)
    tar.finalize()
    return buffer(tar)
  }

  test('tars with equal keys keep their own pictures, and importing them twice adds nothing', async () => {
    const of = async (width: number) => tarOf({ '000.png': await picture(width, 8, 'a'), '000.txt': `${width} wide` })
    const p = project()
    const dir = await folder({ 'train/000.tar': await of(10), 'val/000.tar': await of(20) })
    for (const added of [2, 0]) expect((await importInto(p, dir)).counts).toMatchObject({ added, merged: 0 })
    const one = await folder({ 'x/000.tar': await of(30), 'y/000.tar': await of(40) })
    for (const at of ['x/000.tar', 'y/000.tar'])
      for (const added of [1, 0]) expect((await importInto(p, path.join(one, at))).counts).toMatchObject({ added, merged: 0 })
    expect(recordsOf(p).map((r) => [r.fileName, r.split ?? null, r.width, r.captions![0]!.text])).toEqual([
      ['train/000/000.png', 'train', 10, '10 wide'],
      ['val/000/000.png', 'val', 20, '20 wide'],
      ['000/000.png', null, 30, '30 wide'],
      ['000/000-2.png', null, 40, '40 wide'],
    ])
  })

  test('a.depth.png before a.jpg is not the image; labels come from the JSON, also as numbers', async () => {
    const { records, report } = await imported({
      'a.tar': await tarOf({
        'a.depth.png': await picture(9, 9, 'x'),
        'a.jpg': await picture(40, 30, 'a.jpg'),
        'a.mask.png': await picture(9, 9, 'y'),
        'a.json': '{"label": 1, "captions": ["one", "two"]}',
        'b.json': '{"class": "bird"}',
        'b.rgb.png': await picture(7, 7, 'b'),
      }),
      'classes.txt': 'cat\ndog\n',
    })
    expect(records.map((r) => [r.fileName, r.width, r.labels!.map((l) => l.label), r.captions!.map((c) => c.text)])).toEqual([
      ['a/a.jpg', 40, ['dog'], ['one', 'two']],
      ['a/b.rgb.png', 7, ['bird'], []],
    ])
    expect(report.findings.map((f) => [f.file, f.reason])).toEqual(
      ['depth', 'mask'].map((m) => [`a.tar:a.${m}.png`, 'a second image of its sample']),
    )
  })
})

test('Label Studio’s JSON-MIN: reads shapes and choices, and reports once what cannot be told apart', async () => {
  const box = (x: number, label: string) => ({
    x,
    y: 10,
    width: 50,
    height: 20,
    rotation: 0,
    rectanglelabels: [label],
    original_width: 40,
    original_height: 30,
  })
  const min = ['a.png', 'b.png'].map((name, i) => ({
    image: `/data/upload/1/0a1b2c3d-${name}`,
    id: i,
    label: [
      box(10, 'cat'),
      {
        points: [
          [0, 0],
          [50, 0],
          [50, 50],
        ],
        polygonlabels: ['dog'],
        original_width: 40,
        original_height: 30,
      },
    ],
    kind: { choices: ['indoor', 'day'] },
    caption: 'a cat',
    annotator: 1,
    annotation_id: i,
    created_at: '2024-01-01T00:00:00Z',
    updated_at: '2024-01-01T00:00:00Z',
    lead_time: 2.5,
  }))
  const { records, report } = await imported({ 'project-1.json': JSON.stringify(min), 'a.png': image, 'b.png': image })
  expect(report.format).toBe('labelstudio')
  expect(records.map((r) => r.fileName)).toEqual(['a.png', 'b.png'])
  for (const r of records) {
    expect(r.labels!.map((l) => l.label)).toEqual(['indoor', 'day'])
    expect(r.regions).toMatchObject([
      { label: 'cat', shape: { kind: 'box', x: 4, y: 3, w: 20, h: 6 } },
      { label: 'dog', shape: { kind: 'polygon', parts: [[[0, 0, 20, 0, 20, 15]]] } },
    ])
  }
  expect(report.findings.map((f) => f.reason)).toEqual([expect.stringMatching(/^“caption” .*export as JSON/)])
})

test('LabelMe: the embedded image is used where there is no other, and stored in the project', async () => {
  const json = (name: string, picture: Buffer | null) =>
    JSON.stringify({
      shapes: [
        {
          label: 'cat',
          shape_type: 'rectangle',
          points: [
            [1, 2],
            [11, 10],
          ],
        },
      ],
      imagePath: name,
      imageData: picture?.toString('base64') ?? null,
      imageWidth: 40,
      imageHeight: 30,
    })
  const dir = await folder({
    'a.png': image,
    'a.json': json('a.png', await picture(9, 9, 'other')),
    'sub/b.json': json('../photos/b.JPG', await picture(40, 30, 'b.jpg')),
    'c.json': json('c.png', null),
    'd.json': json('d.png', Buffer.from('no picture')),
  })
  const p = project()
  const report = await importInto(p, dir)
  expect(report.counts.added).toBe(4)
  expect(report.findings.map((f) => [f.file, f.reason])).toEqual([
    ['c.json', expect.stringMatching(/not found/)],
    ['d.json', expect.stringMatching(/not found/)],
    ['sub/b.json', expect.stringMatching(/imageData was used, as sub\/b.jpg/)],
  ])
  const stored = [...readRecords(p)].find((r) => r.record.fileName === 'sub/b.jpg')!
  expect(path.relative(p.folder, stored.file!)).toMatch(/^media\//)
  expect(stored.record).toMatchObject({ width: 40, height: 30, regions: [{ shape: { kind: 'box', x: 1, y: 2, w: 10, h: 8 } }] })
  expect((await importInto(p, dir)).counts).toMatchObject({ added: 0, merged: 0, unchanged: 4 })
})

test('outlines as x, y pairs in COCO; rotated boxes and object parts in VOC', async () => {
  const outline = JSON.stringify({
    images: [{ id: 1, file_name: 'a.png' }],
    annotations: [
      {
        id: 1,
        image_id: 1,
        category_id: 1,
        segmentation: [
          [
            [1, 1],
            [20, 1],
            [20, 20],
          ],
        ],
      },
    ],
    categories: [{ id: 1, name: 'cat' }],
  })
  expect((await imported({ 'annotations.json': outline, 'a.png': image })).records[0]!.regions).toMatchObject([
    { shape: { kind: 'polygon', parts: [[[1, 1, 20, 1, 20, 20]]] } },
  ])
  const turned = await imported({
    'a.xml': voc('a.png', '<robndbox><cx>20</cx><cy>15</cy><w>10</w><h>6</h><angle>0.5</angle></robndbox>'),
    'a.png': image,
  })
  expect(turned.records[0]!.regions).toMatchObject([{ shape: { kind: 'rotated-box', cx: 20, cy: 15, angle: (0.5 * 180) / Math.PI } }])
  const parts = await imported({
    'a.xml': voc('a.png', '<bndbox><xmin>2</xmin><ymin>3</ymin><xmax>11</xmax><ymax>10</ymax></bndbox><part><name>head</name></part>'),
    'a.png': image,
  })
  expect(parts.report.findings.map((f) => f.reason)).toEqual(['object cat: parts without a box were left out (1)'])
  const placed = await imported({
    'a.xml': voc(
      'a.png',
      '<bndbox><xmin>2</xmin><ymin>3</ymin><xmax>11</xmax><ymax>10</ymax></bndbox><part><name>head</name><bndbox><xmin>3</xmin><ymin>4</ymin><xmax>5</xmax><ymax>6</ymax></bndbox></part>',
    ),
    'a.png': image,
  })
  expect(placed.records[0]!.regions).toMatchObject([
    { label: 'cat', attributes: { group: 1 } },
    { label: 'head', shape: { kind: 'box', x: 2, y: 3, w: 3, h: 3 }, attributes: { group: 1, 'part of': 'cat' } },
  ])
})
