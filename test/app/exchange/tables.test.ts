/** Tables of annotations as others write them: boxes, classes in columns, captions, run lengths. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ImageRecord } from '#shared/model/record.ts'
import type { ImportOptions } from '#shared/model/exchange.ts'
import { rleToBitmap } from '#shared/geometry/rle.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { listLabels } from '../../../src-main/app/projects/media.ts'
import { folder, project, projectOf, recordsOf, roundTrip } from './helpers.ts'

const image: [number, number] = [40, 30]
async function imported(files: Parameters<typeof folder>[0], options: ImportOptions = {}) {
  const p = project()
  const report = await importInto(p, await folder(files), { format: 'csv', ...options })
  return { report, records: recordsOf(p), labels: listLabels(p).map((l) => l.name), reasons: report.findings.map((f) => f.reason) }
}
const boxes = (records: readonly ImageRecord[]) =>
  records.map((r) =>
    r.regions!.map(({ label, shape }) => (shape.kind === 'box' ? [label, shape.x, shape.y, shape.w, shape.h] : [label, shape.kind])),
  )
const labelsOf = (records: readonly ImageRecord[]) => Object.fromEntries(records.map((r) => [r.fileName, r.labels!.map((l) => l.label)]))
const captionsOf = (records: readonly ImageRecord[]) => Object.fromEntries(records.map((r) => [r.fileName, r.captions!.map((c) => c.text)]))

describe('makesense', () => {
  test('boxes: label, x, y, width, height, file, image size; the project’s name is not a split', async () => {
    const { records, report } = await imported(
      { 'labels_my-train-set_2024-05-01-10-00-00.csv': 'cat,1,2,10,12,a.png,40,30\n"a, b",3,4,5,6,a.png,40,30\n', 'a.png': image },
      { format: 'auto' },
    )
    expect(boxes(records)).toEqual([
      [
        ['cat', 1, 2, 10, 12],
        ['a, b', 3, 4, 5, 6],
      ],
    ])
    expect(records[0]!.split ?? null).toBeNull()
    expect(report.findings).toEqual([])
  })
  test('points; lines are recognised by boxes that would exceed the image', async () => {
    expect((await imported({ 'points.csv': 'nose,3,4,a.png,40,30\n', 'a.png': image })).records[0]!.regions).toMatchObject([
      { label: 'nose', shape: { kind: 'keypoints', points: [{ x: 3, y: 4, v: 2 }] } },
    ])
    const { records, report } = await imported({ 'lines.csv': 'edge,1,2,35,25,a.png,40,30\nedge,30,2,35,25,a.png,40,30\n', 'a.png': image })
    expect(records[0]!.regions!.map((r) => r.shape)).toEqual([
      { kind: 'polyline', points: [1, 2, 35, 25] },
      { kind: 'polyline', points: [30, 2, 35, 25] },
    ])
    expect(report.notes).toEqual([expect.stringContaining('read as lines')])
  })
})

describe('classes', () => {
  test('one column per class with 0 or 1: several per picture, names with spaces or reserved words', async () => {
    const { records, labels, report } = await imported({
      'train/_classes.csv': 'filename, cat, big dog, text\na.png, 1, 1, 0\nb.png, 0, 0, 1\nc.png, 0, 0, 0\n',
      'train/a.png': image,
      'train/b.png': image,
      'train/c.png': image,
    })
    expect(labelsOf(records)).toEqual({ 'train/a.png': ['cat', 'big dog'], 'train/b.png': ['text'], 'train/c.png': [] })
    expect(labels).toEqual(['cat', 'big dog', 'text'])
    expect(records.map((r) => r.split)).toEqual(['train', 'train', 'train'])
    expect(report.findings).toEqual([])
  })
  test('-1 means “no” beside 1 alone, and “uncertain” beside 0', async () => {
    expect(
      labelsOf((await imported({ 'list.csv': 'image_id,Bald,Smiling\na.png,-1,1\nb.png,1,-1\n', 'a.png': image, 'b.png': image })).records),
    ).toEqual({ 'a.png': ['Smiling'], 'b.png': ['Bald'] })
    const { records, report } = await imported({
      'list.csv': 'Path,Edema,Fracture\na.png,-1.0,1.0\nb.png,0.0,\n',
      'a.png': image,
      'b.png': image,
    })
    expect(records.map((r) => [r.labels!.map((l) => l.label), r.tags])).toEqual([
      [['Fracture'], ['Edema: uncertain']],
      [[], []],
    ])
    expect(report.notes).toHaveLength(1)
  })
  test('columns of 0 and 1 next to a label are tags; other columns are reported once', async () => {
    const { records, reasons } = await imported({
      'labels.csv': 'filename,label,blurry,age\na.png,cat,1,3.5\nb.png,dog,0,2\n',
      'a.png': image,
      'b.png': image,
    })
    expect(records.map((r) => [r.labels!.map((l) => l.label), r.tags])).toEqual([
      [['cat'], ['blurry']],
      [['dog'], []],
    ])
    expect(reasons).toEqual(['unknown columns: age'])
  })
  test.each([
    ['labels.txt', 'cat\ndog\n'],
    ['classes.csv', 'id,name\n0,cat\n1,dog\n'],
    ['classes.csv', 'cat,0\ndog,1\n'],
    ['class_dict.csv', 'name,class_id\ncat,0\ndog,1\n'],
    ['label_map.json', '{"0": "cat", "1": "dog"}'],
    ['label_num_to_disease_map.json', '{"0":"cat","1":"dog"}'],
    ['class_indices.json', '{"cat": 0, "dog": 1}'],
    ['label_map.pbtxt', 'item {\n  id: 0\n  name: \'cat\'\n}\nitem { name: "dog" id: 1 }\n'],
    ['id2label.json', '[{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}]'],
    ['data.yaml', 'names: [cat, dog]\n'],
    ['classes.txt', '0 cat\n1 dog\n'],
  ])('numbers are named by %s beside them', async (name, map) => {
    for (const csv of ['filename,label\na.png,1\nb.png,0\n', 'image,class_id\na.png,1\nb.png,0.0\n']) {
      const { records, report } = await imported({ 'annotations.csv': csv, [name]: map, 'a.png': image, 'b.png': image })
      expect(labelsOf(records)).toEqual({ 'a.png': ['dog'], 'b.png': ['cat'] })
      expect(report.notes).toEqual([`annotations.csv: classes were named by ${name}`])
    }
  })
  test('a class list counted from 1; no list at all', async () => {
    const box = 'filename,xmin,ymin,xmax,ymax,class_id\na.png,1,2,11,10,1\na.png,1,2,11,10,2\n'
    expect(boxes((await imported({ 'a.csv': box, 'classes.txt': 'cat\ndog\n', 'a.png': image })).records)).toEqual([
      [
        ['cat', 1, 2, 10, 8],
        ['dog', 1, 2, 10, 8],
      ],
    ])
    const { records, report } = await imported({ 'a.csv': box, 'a.png': image })
    expect(boxes(records)).toEqual([
      [
        ['1', 1, 2, 10, 8],
        ['2', 1, 2, 10, 8],
      ],
    ])
    expect(report.notes).toEqual([expect.stringContaining('its classes are numbers, and there is no list of their names')])
  })
  test('a class name is preferred to its number; pandas’ NaN is empty', async () => {
    const { records, report } = await imported({
      'x.csv':
        'image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\na.png,Nodule,8,R1,1,2,11,10\nb.png,No finding,14,R2,NaN,nan,,None\n',
      'a.png': image,
      'b.png': image,
    })
    expect(records[0]!.regions).toMatchObject([
      { label: 'Nodule', shape: { kind: 'box', x: 1, y: 2, w: 10, h: 8 }, attributes: { rad_id: 'R1' } },
    ])
    expect(records[1]).toMatchObject({ regions: [], labels: [{ label: 'No finding' }] })
    expect([report.findings, report.notes]).toEqual([[], []])
  })
  test('several classes in a cell; ids that name pictures; a single text column', async () => {
    expect(
      labelsOf((await imported({ 'x.csv': 'image,label\na.png,cat|dog\nb.png,bird; cat\n', 'a.png': image, 'b.png': image })).records),
    ).toEqual({ 'a.png': ['cat', 'dog'], 'b.png': ['bird', 'cat'] })
    expect(
      labelsOf(
        (await imported({ 'x.csv': `image,labels\na.png,"['cat', 'dog']"\nb.png,"cat, bird"\n`, 'a.png': image, 'b.png': image })).records,
      ),
    ).toEqual({ 'a.png': ['cat', 'dog'], 'b.png': ['cat', 'bird'] })
    expect(labelsOf((await imported({ 'x.csv': 'id,breed\n000bec180eb1,boxer\n', 'train/000bec180eb1.jpg': image })).records)).toEqual({
      'train/000bec180eb1.jpg': ['boxer'],
    })
    expect(labelsOf((await imported({ 'x.csv': 'file,animal\na.png,cat\n', 'a.png': image })).records)).toEqual({ 'a.png': ['cat'] })
    expect(labelsOf((await imported({ 'x.csv': 'a.png,cat\nb.png,dog\n', 'a.png': image, 'b.png': image })).records)).toEqual({
      'a.png': ['cat'],
      'b.png': ['dog'],
    })
  })
})

describe('captions', () => {
  test.each([
    ['Flickr8k', 'captions.txt', 'image,caption\na.jpg,A cat on a mat .\na.jpg,"A cat, that sits ."\n'],
    ['Flickr30k', 'results.csv', 'image_name| comment_number| comment\na.jpg| 0| A cat on a mat .\na.jpg| 1   A cat, that sits .\n'],
    ['Flickr’s tokens', 'Flickr8k.token.txt', 'a.jpg#0\tA cat on a mat .\na.jpg#1\tA cat, that sits .\n'],
    ['open_clip', 'data.tsv', 'filepath\ttitle\nImages/a.jpg\tA cat on a mat .\nImages/a.jpg\tA cat, that sits .\n'],
    ['without a header', 'captions.csv', 'a.jpg,A cat on a mat .\na.jpg,"A cat, that sits ."\n'],
  ])('%s', async (_, name, text) => {
    const { records, reasons, labels } = await imported({ [name]: text, 'Images/a.jpg': image })
    expect(captionsOf(records)).toEqual({ 'Images/a.jpg': ['A cat on a mat .', 'A cat, that sits .'] })
    expect([reasons, labels]).toEqual([[], []])
  })
  test('URLs without a picture are left out, each with its line', async () => {
    const { records, report } = await imported({
      'cc3m.tsv': 'a cat on a mat\thttps://x.org/p/a.jpg?w=3\na dog in a bog\thttps://x.org/b.jpg\n',
      'a.jpg': image,
    })
    expect(captionsOf(records)).toEqual({ 'a.jpg': ['a cat on a mat'] })
    const flagged = await imported({ 'x.csv': 'file_name,caption,is_clean\na.jpg,a cat,1\n', 'a.jpg': image })
    expect([flagged.records[0]!.labels, flagged.records[0]!.tags]).toEqual([[], ['is_clean']])
    expect(report.findings.filter((f) => f.level === 'left out')).toMatchObject([
      { line: 2, reason: expect.stringContaining('download the images first') as string },
    ])
  })
  test('belong to boxes, unless all rows of a picture have the same', async () => {
    const rows =
      'file,xmin,ymin,xmax,ymax,caption\na.png,1,2,11,10,the left cat\na.png,20,2,30,10,the right cat\nb.png,1,2,11,10,two cats\nb.png,20,2,30,10,two cats\n'
    const { records } = await imported({ 'x.csv': rows, 'a.png': image, 'b.png': image })
    expect(records.map((r) => r.captions!.map((c) => [c.text, c.region ?? null]))).toEqual([
      [
        ['the left cat', 0],
        ['the right cat', 1],
      ],
      [['two cats', null]],
    ])
  })
})

describe('geometry', () => {
  test('every other column of a box becomes its attribute; NaN, texts and Windows paths', async () => {
    const rows =
      'filename;xmin;ymin;xmax;ymax;class;score;difficult;track id\nC:\\data\\a.png;1,5;2;11,5;10;cat;0,5;true;7\na.png;x;2;11;10;dog;1;;\na.png;3;3;9;9;"two\nlines";;;\n'
    const { records, report } = await imported({ 'x.csv': rows, 'a.png': image })
    expect(records[0]!.regions).toMatchObject([
      { label: 'cat', shape: { kind: 'box', x: 1.5, y: 2, w: 10, h: 8 }, attributes: { score: '0,5', difficult: true, 'track id': 7 } },
      { label: 'two\nlines' },
    ])
    expect(report.findings.filter((f) => f.level === 'left out')).toMatchObject([
      { line: 3, reason: 'box: a coordinate is not a finite number' },
    ])
  })
  test('centres; lists of boxes as Python and Kaggle write them', async () => {
    expect(
      boxes((await imported({ 'x.csv': 'image,x_center,y_center,width,height,label\na.png,10,10,4,6,cat\n', 'a.png': image })).records),
    ).toEqual([[['cat', 8, 7, 4, 6]]])
    expect(
      boxes(
        (
          await imported({
            'x.csv':
              "image_id,annotations\na,\"[{'x': 1, 'y': 2, 'width': 10, 'height': 8}, {'x': 3, 'y': 3, 'width': 2, 'height': 2}]\"\nb,[]\n",
            'a.png': image,
            'b.png': image,
          })
        ).records,
      ),
    ).toEqual([
      [
        [null, 1, 2, 10, 8],
        [null, 3, 3, 2, 2],
      ],
      [],
    ])
    expect(
      boxes(
        (
          await imported({
            'x.csv': 'image_name,BoxesString,domain\na.png,1 2 11 10;3 3 5 5,x\nb.png,no_box,x\n',
            'a.png': image,
            'b.png': image,
          })
        ).records,
      ),
    ).toEqual([
      [
        [null, 1, 2, 10, 8],
        [null, 3, 3, 2, 2],
      ],
      [],
    ])
    expect(
      boxes((await imported({ 'x.csv': 'ImageId,PredictionString\na,cat 0.9 1 2 11 10 dog 0.5 3 3 5 5\n', 'a.png': image })).records),
    ).toEqual([
      [
        ['cat', 1, 2, 10, 8],
        ['dog', 3, 3, 2, 2],
      ],
    ])
    expect(
      boxes(
        (
          await imported({
            'LOC.csv': 'ImageId,PredictionString\na,n01440764 1 2 11 10\n',
            'LOC_synset_mapping.txt': 'n01440764 tench, Tinca tinca\nn01443537 goldfish\n',
            'a.png': image,
          })
        ).records,
      ),
    ).toEqual([[['tench, Tinca tinca', 1, 2, 10, 8]]])
    // Wheat: the size is there, so that corners are told from sizes.
    expect(
      boxes(
        (await imported({ 'x.csv': 'image_id,width,height,bbox,source\na,40,30,"[20.0, 10.0, 10.0, 8.0]",u\n', 'a.png': image })).records,
      ),
    ).toEqual([[[null, 20, 10, 10, 8]]])
    expect(
      boxes((await imported({ 'x.csv': 'image_id,width,height,bbox\na,40,30,"[20, 10, 35, 28]"\n', 'a.png': image })).records),
    ).toEqual([[[null, 20, 10, 15, 18]]])
  })
  test('outlines as lists, Python’s tuples and well-known text', async () => {
    const rows = [
      '"[[1, 1], [10, 1], [10, 10]]"',
      '"[(1, 1), (10, 1), (10, 10), (1, 1)]"',
      '"POLYGON ((1 1, 10 1, 10 10, 1 1))"',
      '"[[1,1,10,1,10,10],[20,20,30,20,30,28]]"',
      '"POLYGON ((0 0, 20 0, 20 20, 0 20, 0 0), (5 5, 10 5, 10 10, 5 5))"',
      '"[1, 1]"',
    ]
    const { records, reasons } = await imported({
      'x.csv': `image_id,geometry,class\n${rows.map((r) => `a.png,${r},cat\n`).join('')}`,
      'a.png': image,
    })
    const triangle = [[1, 1, 10, 1, 10, 10]]
    expect(records[0]!.regions!.map((r) => r.shape.kind === 'polygon' && r.shape.parts)).toEqual([
      [triangle],
      [triangle],
      [triangle],
      [triangle, [[20, 20, 30, 20, 30, 28]]],
      [
        [
          [0, 0, 20, 0, 20, 20, 0, 20],
          [5, 5, 10, 5, 10, 10],
        ],
      ],
    ])
    expect(reasons).toEqual(['outline of 1 points, expected at least 3'])
  })
  test('run lengths are column-major, from 1; classes within the file name', async () => {
    const { records, report } = await imported({
      'train.csv': 'ImageId_ClassId,EncodedPixels\na.jpg_1,1 2 31 1\na.jpg_2,\na.jpg_3,1200 1\na.jpg_4,1200 2\n',
      'train_images/a.jpg': image,
    })
    expect(records[0]!.regions!.map((r) => r.label)).toEqual(['1', '3'])
    const pixels = records[0]!.regions!.map((r) =>
      r.shape.kind === 'mask' ? [...rleToBitmap(r.shape.rle)].flatMap((b, i) => (b ? [[i % 40, Math.floor(i / 40)]] : [])) : null,
    )
    expect(pixels).toEqual([
      [
        [0, 0],
        [1, 0],
        [0, 1],
      ],
      [[39, 29]],
    ])
    expect(report.findings).toMatchObject([{ line: 5, reason: 'run lengths: reach beyond the 40 × 30 pixels of the image' }])
    expect(report.notes).toContain('train.csv: run lengths were read as column-major, counted from 1')
  })
})

test('UTF-16 in either byte order, and Windows code pages', async () => {
  const text = 'filename,label\na.png,Löwe\n'
  const big = Buffer.from(`\ufeff${text}`, 'utf16le').swap16()
  for (const file of [Buffer.from(`\ufeff${text}`, 'utf16le'), big, Buffer.from(text, 'latin1'), Buffer.from(`\ufeff${text}`)])
    expect(labelsOf((await imported({ 'x.csv': file, 'a.png': image })).records)).toEqual({ 'a.png': ['Löwe'] })
})

test('ours comes back with everything but the drawing order: attributes, authors, captions of regions and their language, tags, states', async () => {
  const record: ImageRecord = {
    fileName: 'a.png',
    width: 40,
    height: 30,
    split: 'train',
    tags: ['=1+1', 'night'],
    review: 'approved',
    labels: [
      { label: 'a|b; c', author: { kind: 'person', name: 'Zoë' } },
      { label: '=SUM(A1)', author: { kind: 'person', name: '@home' } },
    ],
    regions: [
      {
        label: 'person',
        shape: {
          kind: 'keypoints',
          points: [
            { name: 'nose', x: 3, y: 4, v: 2 },
            { name: 'eye', x: 5, y: 4, v: 1 },
            { name: 'ear', x: 0, y: 0, v: 0 },
          ],
          edges: [[0, 1]],
        },
        attributes: { occluded: true, score: 0.5, note: '-x' },
      },
      {
        label: "'=dog",
        shape: { kind: 'box', x: -0, y: 2, w: 3, h: 4 },
        author: { kind: 'checkpoint', checkpoint: 'nano', score: 0.25 },
        state: 'accepted',
      },
      {
        label: 'cat',
        shape: {
          kind: 'polygon',
          parts: [
            [
              [1, 1, 20, 1, 20, 20],
              [12, 3, 18, 3, 18, 9],
            ],
            [[25, 25, 30, 25, 30, 29]],
          ],
        },
      },
    ],
    captions: [
      { text: '- a cat\nand more', language: 'en' },
      { text: 'Katze', language: 'de', region: 2 },
      { text: 'the nose', region: 0, spans: [{ start: 4, end: 8, regions: [0] }] },
      { text: "'quoted" },
    ],
  }
  const p = await projectOf([record])
  const { records, imported: report, out } = await roundTrip(p, { format: 'csv' })
  expect(report.findings).toEqual([])
  expect(report.notes).toEqual([])
  expect({ ...records[0], fileName: 'a.png' }).toEqual({
    ...recordsOf(p)[0]!,
    fileName: 'a.png',
    contentHash: expect.any(String) as string,
  })
  for (const cell of readFileSync(`${out}/annotations.csv`, 'utf8').split(/[,\r\n]/))
    expect(cell.replace(/^"/, '')).not.toMatch(/^[=+@]|^-[^\d]/)
})
