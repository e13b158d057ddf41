/** Rows in JSON without a format of its own, and how images are found by the names that rows have for them. */
import { describe, expect, test } from 'vitest'
import type { FormatName } from '#shared/model/exchange.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { folder, project, recordsOf } from './helpers.ts'

const image: [number, number] = [40, 30]
async function imported(files: Parameters<typeof folder>[0]) {
  const p = project()
  const report = await importInto(p, await folder(files))
  return { report, format: report.format as FormatName, records: recordsOf(p), reasons: report.findings.map((f) => f.reason) }
}
const summary = (records: ReturnType<typeof recordsOf>) =>
  Object.fromEntries(
    records.map((r) => [r.fileName, { labels: r.labels!.map((l) => l.label), captions: r.captions!.map((c) => c.text), tags: r.tags }]),
  )

describe('JSON', () => {
  test('a list of captions, several per image', async () => {
    const { format, records } = await imported({
      'coco_karpathy_train.json': JSON.stringify([
        { caption: 'a cat', image: 'val2014/a.png', image_id: 'coco_1' },
        { caption: 'one cat', image: 'val2014/a.png', image_id: 'coco_1' },
        { caption: ['b', 'c'], image: 'val2014/b.png' },
      ]),
      'val2014/a.png': image,
      'val2014/b.png': image,
    })
    expect(format).toBe('json-rows')
    expect(summary(records)).toEqual({
      'val2014/a.png': { labels: [], captions: ['a cat', 'one cat'], tags: [] },
      'val2014/b.png': { labels: [], captions: ['b', 'c'], tags: [] },
    })
  })
  test('keyed by image name: one caption, several, a class, or an object with them', async () => {
    expect(
      summary(
        (
          await imported({
            'x.json': JSON.stringify({ 'a.png': 'a cat on a mat', 'b.png': ['a dog in a bog', 'one wet dog'] }),
            'a.png': image,
            'b.png': image,
          })
        ).records,
      ),
    ).toEqual({
      'a.png': { labels: [], captions: ['a cat on a mat'], tags: [] },
      'b.png': { labels: [], captions: ['a dog in a bog', 'one wet dog'], tags: [] },
    })
    expect(
      summary(
        (await imported({ 'labels.json': JSON.stringify({ 'a.png': 'cat', 'b.png': 'dog' }), 'a.png': image, 'b.png': image })).records,
      ),
    ).toMatchObject({ 'a.png': { labels: ['cat'] }, 'b.png': { labels: ['dog'] } })
    expect(
      summary(
        (
          await imported({
            'meta_lat.json': JSON.stringify({ 'a.png': { caption: 'a cat', tags: 'cat, mat', train_resolution: [40, 30] } }),
            'a.png': image,
          })
        ).records,
      ),
    ).toEqual({ 'a.png': { labels: [], captions: ['a cat'], tags: ['cat', 'mat'] } })
  })
  test('one row per box', async () => {
    const { records } = await imported({
      'x.json': JSON.stringify([
        { image: 'a.png', label: 'cat', bbox: [1, 2, 10, 8], score: 0.5 },
        { image: 'a.png', label: 'dog', bbox: [20, 2, 10, 8] },
      ]),
      'a.png': image,
    })
    expect(records[0]!.regions).toMatchObject([
      { label: 'cat', shape: { kind: 'box', x: 1, y: 2, w: 10, h: 8 }, attributes: { score: 0.5 } },
      { label: 'dog', shape: { x: 20 } },
    ])
    expect(records[0]!.labels).toEqual([])
  })
  test('similar-looking files are not read', async () => {
    expect((await imported({ 'labels.json': '{"a.png": [{"x": 1}]}', 'a.png': image })).format).toBe('folders')
    expect((await imported({ 'x.json': '[{"image": 3, "caption": "x"}]', 'a.png': image })).format).toBe('folders')
  })
})

describe('lists and tables of other tools', () => {
  test('an image and its class number', async () => {
    const { format, records } = await imported({
      'meta/train.txt': 'n01/a.png 1\nn02/b.png 0\n',
      'meta/classes.txt': 'cat\ndog\n',
      'train/n01/a.png': image,
      'train/n02/b.png': image,
    })
    expect(format).toBe('csv')
    expect(records.map((r) => [r.fileName, r.split, r.labels!.map((l) => l.label)])).toEqual([
      ['train/n01/a.png', 'train', ['dog']],
      ['train/n02/b.png', 'train', ['cat']],
    ])
  })
  test('Google’s AutoML: relative coordinates and bucket addresses', async () => {
    const { records } = await imported({
      'x.csv': 'TRAIN,gs://bucket/set/a.png,cat,0.1,0.2,,,0.5,0.6,,\nUNASSIGNED,gs://bucket/set/b.png,dog,0,0,,,1,1,,\n',
      'a.png': image,
      'b.png': image,
    })
    expect(records.map((r) => [r.split ?? null, r.regions![0]!.label, r.regions![0]!.shape])).toEqual([
      ['train', 'cat', { kind: 'box', x: 4, y: 6, w: 16, h: 12 }],
      [null, 'dog', { kind: 'box', x: 0, y: 0, w: 40, h: 30 }],
    ])
  })
})

describe('images', () => {
  test('with equal names are told apart by their folders; one of another split is not used instead', async () => {
    const { records } = await imported({
      'x.csv': 'filename,label\nC:\\set\\train\\a.png,cat\nval/a.png,dog\n',
      'data/train/a.png': image,
      'data/val/a.png': image,
    })
    expect(records.map((r) => [r.fileName, r.labels!.map((l) => l.label)])).toEqual([
      ['data/train/a.png', ['cat']],
      ['data/val/a.png', ['dog']],
    ])
    const other = await imported({ 'val.csv': 'filename,label\na.png,cat\n', 'train/a.png': image })
    expect(other.records.map((r) => r.fileName)).toEqual(['a.png'])
  })
  test('found under another extension or case are reported', async () => {
    const { records, reasons } = await imported({ 'x.csv': 'filename,label\na.jpg,cat\nB.PNG,dog\n', 'a.png': image, 'sub/b.png': image })
    expect(records.map((r) => r.fileName)).toEqual(['a.png', 'sub/b.png'])
    expect(reasons).toEqual([
      'a.jpg was not found under that name; a.png was used',
      'B.PNG was not found under that name; sub/b.png was used',
    ])
  })
  test('are not confused with masks of the same name', async () => {
    expect(
      (
        await imported({ 'x.csv': 'id,label\nimage_0001,cat\n', 'photos/image_0001.png': image, 'masks/image_0001.png': image })
      ).records.map((r) => r.fileName),
    ).toEqual(['photos/image_0001.png'])
  })
})
