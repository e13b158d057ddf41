/** Hugging Face: metadata files and parquet, with names of classes from wherever the hub keeps them. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ImageRecord } from '#shared/model/record.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { listLabels } from '../../../src-main/app/projects/media.ts'
import { readRecords } from '../../../src-main/app/projects/index.ts'
import { folder, project, projectOf, recordsOf, roundTrip } from './helpers.ts'

const image: [number, number] = [40, 30]
async function imported(files: Parameters<typeof folder>[0]) {
  const p = project()
  const report = await importInto(p, await folder(files))
  return { report, records: recordsOf(p), labels: listLabels(p).map((l) => l.name), reasons: report.findings.map((f) => f.reason) }
}
const boxes = (records: readonly ImageRecord[]) =>
  records.map((r) =>
    r.regions!.map(({ label, shape }) => (shape.kind === 'box' ? [label, shape.x, shape.y, shape.w, shape.h] : [label, shape.kind])),
  )
const rows = (...all: object[]) => all.map((r) => `${JSON.stringify(r)}\n`).join('')

describe('metadata.jsonl', () => {
  test('finds the image under any column name in use; class numbers without names stay, with one note', async () => {
    const { records, report } = await imported({
      'train/metadata.jsonl': rows(
        { file_name: 'a.png', text: 'one cat', objects: { bbox: [[1.0, 2.0, 3.0, 4.0]], categories: [0] } },
        { image_file_name: 'b.png', text: 'b cap' },
        { file_names: ['c.png'], text: 'c' },
        { left_file_name: 'd.png', captions: ['d', 'e'] },
      ),
      'train/a.png': image,
      'train/b.png': image,
      'train/c.png': image,
      'train/d.png': image,
    })
    expect(records.map((r) => [r.fileName, r.split, r.captions!.map((c) => c.text)])).toEqual([
      ['train/a.png', 'train', ['one cat']],
      ['train/b.png', 'train', ['b cap']],
      ['train/c.png', 'train', ['c']],
      ['train/d.png', 'train', ['d', 'e']],
    ])
    expect(boxes(records)[0]).toEqual([['0', 1, 2, 3, 4]])
    expect(report.findings).toEqual([])
    expect(report.notes).toEqual([expect.stringContaining('its classes are numbers')])
  })

  const objects = rows({ file_name: 'a.png', label: 1, objects: { bbox: [[1, 2, 3, 4]], category: [1], score: [0.5] } })
  const infos = {
    'dataset_info.json': JSON.stringify({
      features: {
        label: { names: ['in', 'out'], _type: 'ClassLabel' },
        objects: { feature: { category: { names: ['cat', 'dog'], _type: 'ClassLabel' } }, _type: 'Sequence' },
      },
    }),
    'dataset_infos.json': JSON.stringify({
      default: {
        features: {
          label: { num_classes: 2, names: ['in', 'out'], _type: 'ClassLabel' },
          objects: [{ category: { names: ['cat', 'dog'], _type: 'ClassLabel' } }],
        },
      },
    }),
    'README.md':
      "---\nlicense: mit\ndataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': in\n          '1': out\n  - name: objects\n    sequence:\n    - name: bbox\n      sequence: float32\n    - name: category\n      dtype:\n        class_label:\n          names:\n            '0': cat\n            '1': dog\n---\n# A set\n",
  }
  test.each(Object.entries(infos))('names of classes from %s', async (name, text) => {
    const { records, labels, report } = await imported({ 'metadata.jsonl': objects, 'a.png': image, [name]: text })
    expect(records[0]!.labels!.map((l) => l.label)).toEqual(['out'])
    expect(records[0]!.regions).toMatchObject([{ label: 'dog', attributes: { score: 0.5 } }])
    expect(labels).toEqual(['in', 'out', 'cat', 'dog'])
    expect([report.findings, report.notes]).toEqual([[], []])
  })
  test('names from a list beside it', async () =>
    expect(boxes((await imported({ 'metadata.jsonl': objects, 'a.png': image, 'classes.txt': 'cat\ndog\n' })).records)).toEqual([
      [['dog', 1, 2, 3, 4]],
    ]))

  test('recognises corners where sizes would exceed the image, relative coordinates, outlines and lists of objects', async () => {
    const { records, report } = await imported({
      'metadata.jsonl': rows(
        { file_name: 'a.png', objects: { bbox: [[1, 2, 11, 10]], category: ['cat'] } },
        { file_name: 'b.png', objects: { bbox: [[20, 10, 39, 29]], category: ['dog'] } },
      ),
      'a.png': image,
      'b.png': image,
    })
    expect(boxes(records)).toEqual([[['cat', 1, 2, 10, 8]], [['dog', 20, 10, 19, 19]]])
    expect(report.notes).toEqual([expect.stringContaining('read as two corners')])
    expect(
      boxes(
        (
          await imported({
            'metadata.jsonl': rows({ file_name: 'a.png', objects: [{ bbox: [0.1, 0.1, 0.5, 0.5], label: 'cat' }] }),
            'a.png': image,
          })
        ).records,
      ),
    ).toEqual([[['cat', 4, 3, 20, 15]]])
    const outline = await imported({
      'metadata.jsonl': rows({
        file_name: 'a.png',
        objects: [{ segmentation: [[1, 1, 10, 1, 10, 10]], bbox: [1, 1, 9, 9], category: 'cat', caption: 'the cat' }],
      }),
      'a.png': image,
    })
    expect(outline.records[0]).toMatchObject({
      regions: [{ label: 'cat', shape: { kind: 'polygon', parts: [[[1, 1, 10, 1, 10, 10]]] } }],
      captions: [{ text: 'the cat', region: 0 }],
    })
  })

  test('bad rows are reported with their line, unused columns once', async () => {
    const { records, report } = await imported({
      'metadata.jsonl': `{"file_name": "a.png", "text": "a", "mood": "x"}\n{"file_name": \n{"text": "b"}\n[1]\n{"file_name": "c.png", "objects": {"bbox": [[1, 2, 3]], "category": ["cat"]}, "mood": "y"}\n`,
      'a.png': image,
      'c.png': image,
    })
    expect(records.map((r) => r.fileName)).toEqual(['a.png', 'c.png'])
    expect(report.findings.map((f) => [f.line, f.reason])).toEqual([
      [2, expect.stringMatching(/^not valid JSON/)],
      [3, expect.stringMatching(/^no column names the image/)],
      [4, 'not an object'],
      [5, 'objects.bbox: object 0: 3 numbers, expected 4'],
      [undefined, 'columns left out: mood'],
    ])
  })
})

describe('parquet', () => {
  const golden = path.resolve('test/parity/exchange/parquet')
  test('embedded pictures are unpacked once, with labels, captions and objects, from snappy, zstd and gzip', async () => {
    const p = project()
    const report = await importInto(p, path.join(golden, 'data'))
    expect(report.format).toBe('parquet')
    const records = recordsOf(p)
    expect(
      records.map((r) => [r.fileName, r.split, r.width, r.height, r.labels!.map((l) => l.label), r.captions!.map((c) => c.text)]),
    ).toEqual([
      ['train-00000-of-00002/a.png', 'train', 40, 30, ['outdoor'], ['one cat', 'a red one']],
      ['train-00000-of-00002/2.jpg', 'train', 40, 30, ['indoor'], []],
      ['train-00001-of-00002/a.png', 'train', 40, 30, [], ['blue']],
      ['validation-00000-of-00001/w.png', 'val', 40, 30, [], []],
    ])
    expect(boxes(records)).toEqual([
      [
        ['cat', 1, 2, 3, 4],
        ['dog', 5, 6, 7, 8],
      ],
      [],
      [['dog', 20, 10, 10, 10]],
      [],
    ])
    expect(records[0]!.regions!.map((r) => r.attributes)).toEqual([{ difficult: false }, { difficult: true }])
    expect(listLabels(p).map((l) => l.name)).toEqual(['indoor', 'outdoor', 'cat', 'dog'])
    expect(report.findings.map((f) => f.reason)).toEqual(Array(3).fill('columns left out: note'))
    for (const { file } of readRecords(p)) expect(path.relative(p.folder, file!)).toMatch(/^media\//)
    expect((await importInto(p, path.join(golden, 'data'))).counts).toMatchObject({ added: 0, merged: 0, unchanged: 4 })
  })
  test('metadata.parquet names its images; a file that is not parquet is reported', async () => {
    const { records, report } = await imported({
      'metadata.parquet': readFileSync(path.join(golden, 'metadata.parquet')),
      'a.png': image,
      'b.png': image,
    })
    expect(report.format).toBe('imagefolder')
    expect(records.map((r) => r.captions![0]!.text)).toEqual(['a caption', 'b caption'])
    expect(boxes(records)).toEqual([[[null, 1, 2, 10, 8]], [[null, 20, 10, 19, 19]]])
    const broken = await imported({ 'a.parquet': 'PAR1 and no more', 'a.png': image })
    expect(broken.reasons[0]).toMatch(/^not a parquet file that can be read/)
  })
})

test('our own export round-trips with shapes, attributes, authors and region captions', async () => {
  const record: ImageRecord = {
    fileName: 'a.png',
    width: 40,
    height: 30,
    split: 'train',
    captions: [{ text: 'two' }, { text: 'a cat', region: 1 }],
    regions: [
      {
        label: 'dog',
        shape: { kind: 'box', x: 1, y: 2, w: 3, h: 4 },
        attributes: { occluded: true, n: 3 },
        author: { kind: 'person', name: 'Zoë' },
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
        author: { kind: 'checkpoint', checkpoint: 'nano', score: 0.5 },
        state: 'accepted',
      },
      {
        label: 'person',
        shape: {
          kind: 'keypoints',
          points: [
            { name: 'nose', x: 3, y: 4, v: 1 },
            { x: 5, y: 4, v: 2 },
          ],
          edges: [[0, 1]],
        },
      },
    ],
  }
  const p = await projectOf([record])
  const { records, imported: report } = await roundTrip(p, { format: 'imagefolder' })
  expect(report.findings).toEqual([])
  expect(records[0]!.regions).toEqual(recordsOf(p)[0]!.regions)
  expect(records[0]!.captions).toMatchObject([{ text: 'two' }, { text: 'a cat', region: 1 }])
})
