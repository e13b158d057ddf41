/** What an import by itself takes for annotations, for labels and for splits, and what it says of the rest. */
import { describe, expect, test } from 'vitest'
import type { ImportOptions } from '#shared/model/exchange.ts'
import { importLines } from '../../../src-main/app/cli/exchange-report.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { splitOfFile } from '../../../src-main/app/exchange/splits.ts'
import { folder, project, recordsOf } from './helpers.ts'

const image: [number, number] = [40, 30]
const coco = JSON.stringify({
  images: [{ id: 1, file_name: 'a.png', width: 40, height: 30 }],
  annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 2, 10, 8] }],
  categories: [{ id: 1, name: 'cat' }],
})

async function imported(files: Parameters<typeof folder>[0], options: ImportOptions = {}) {
  const p = project()
  const dir = await folder(files)
  const report = await importInto(p, dir, options)
  return { report, records: recordsOf(p), lines: importLines(dir, report) }
}
const labelsOf = (records: ReturnType<typeof recordsOf>) =>
  Object.fromEntries(records.map((r) => [r.fileName, r.labels!.map((l) => l.label).join()]))

describe('unread files', () => {
  test.each<[string, Parameters<typeof folder>[0], string, RegExp]>([
    ['JSON lists', { 'x.json': '[{"id": 1, "label": "cat", "box": [1, 2]}]' }, 'x.json', /list of objects with the keys id, label, box/],
    ['JSON by name of image', { 'x.json': '{"a": {"cls": 3}}' }, 'x.json', /object with the keys a; a holds cls/],
    ['COCO results', { 'x.json': '[{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]' }, 'x.json', /COCO results/],
    ['TFRecord', { 'x.tfrecord': '....' }, 'x.tfrecord', /TFRecord/],
    ['HDF5', { 'x.h5': Buffer.from('\x89HDF\r\n', 'latin1') }, 'x.h5', /HDF5/],
    ['pickle', { 'gt.pkl': '....' }, 'gt.pkl', /pickle/],
    ['a table', { 'labels.csv': 'who,what\n1,2\n' }, 'labels.csv', /table with the columns who, what/],
    ['XML of another kind', { 'x.xml': '<?xml version="1.0"?><objects><box/></objects>' }, 'x.xml', /root element <objects>/],
    ['YAML', { 'annotations.yaml': 'a.png:\n  - cat\n' }, 'annotations.yaml', /YAML/],
    ['an archive', { 'labels.zip': 'PK' }, 'labels.zip', /zip archive/],
    ['a name like that of a readme', { 'notes.json': '{"a.png": [{"x": 1}]}' }, 'notes.json', /JSON object/],
    ['broken JSON', { 'labels.json': 'oops' }, 'labels.json', /not JSON/],
  ])('%s: the images come in, and the last line says that no annotation was taken', async (_, files, name, looks) => {
    const { report, records, lines } = await imported({ 'a.png': image, ...files })
    expect(report).toMatchObject({
      format: 'folders',
      images: 1,
      nothingTaken: true,
      unread: [{ file: name, looks: expect.stringMatching(looks) as string, likely: true }],
    })
    expect(labelsOf(records)).toEqual({ 'a.png': '' })
    expect(lines.at(-1)).toMatch(new RegExp(`^no annotations were imported: ${name} was not read`))
  })

  test.each<[string, Parameters<typeof folder>[0]]>([
    ['configurations', { 'config.json': '{"model": "x", "lr": 0.1, "steps": [1, 2]}', 'package.json': '{"name": "x", "files": ["a"]}' }],
    [
      'notes',
      { 'README.txt': 'a cat', 'requirements.txt': 'numpy==1\n', 'LICENSE.txt': 'MIT', 'notes.txt': 'x', 'run.ipynb': '{"cells": []}' },
    ],
    ['a list of names', { 'classes.txt': 'cat\ndog\n' }],
    [
      'a picture and a feed',
      { 'logo.xml': '<svg xmlns="http://www.w3.org/2000/svg"><annotation/></svg>', 'feed.xml': '<rss version="2.0"><channel/></rss>' },
    ],
    ['empty files', { 'a.txt': '', 'b.txt': '\n' }],
  ])('%s are no annotations', async (_, files) => {
    const { report, records } = await imported({ 'a.png': image, 'b.png': image, ...files })
    expect(report).toMatchObject({ format: 'folders', images: 2, nothingTaken: false })
    expect(records.every((r) => !r.labels!.length && !r.captions!.length)).toBe(true)
  })

  test('several formats in one folder: one is imported, the others are reported with the format that reads them', async () => {
    const { report } = await imported({
      'images/a.png': image,
      'annotations/instances.json': coco,
      'labels/a.txt': '0 0.5 0.5 0.2 0.2\n',
      'labels/b.txt': '0 0.5 0.5 0.2 0.2\n',
      'masks/a.png': image,
    })
    expect(report).toMatchObject({ format: 'coco', nothingTaken: false, unreadFiles: 3 })
    expect(report.unread.map((u) => [u.file, u.files, u.reader])).toEqual(
      expect.arrayContaining([
        ['labels/*.txt', 2, 'yolo'],
        ['masks/a.png', 1, 'masks'],
      ]),
    )
  })

  test('also for a chosen format; images that no annotation mentions are counted', async () => {
    const { report } = await imported(
      {
        'a.png': image,
        'b.png': image,
        'c.png': image,
        'annotations.json': coco,
        'x.xml': '<annotation><filename>a.png</filename></annotation>',
      },
      { format: 'coco' },
    )
    expect(report).toMatchObject({ unmentioned: 2, unread: [{ file: 'x.xml', reader: 'voc' }] })
  })

  test('class names in place of ids are not captions', async () => {
    const { report, records } = await imported({ 'a.png': image, 'a.txt': 'cat 0.5 0.5 0.2 0.2\n' })
    expect(report.format).toBe('yolo')
    expect(records.every((r) => !r.captions!.length)).toBe(true)
  })
})

describe('labels come from class folders only', () => {
  const two = (a: string, b: string) => ({ [`${a}/1.png`]: image, [`${b}/2.png`]: image })
  test.each([
    'images',
    'img',
    'photos',
    'DCIM',
    '100CANON',
    'batch_1',
    'part-0',
    'frames',
    'rgb',
    'depth',
    'masks',
    'raw',
    'jpg',
    'originals',
    'dataset',
    '2024-05-01',
    '20240501',
    '2024',
    '01.05.2024',
    'May 2024',
    'train2017',
  ])('%s is no label', async (name) => {
    expect(Object.values(labelsOf((await imported({ [`${name}/1.png`]: image })).records))).toEqual([''])
    const { records } = await imported({ ...two(name, 'images_2') })
    expect(records.every((r) => !r.labels!.length)).toBe(true)
  })

  test('two folders side by side, also below a split, and numbers as for digits', async () => {
    expect(labelsOf((await imported(two('cats', 'dogs'))).records)).toEqual({ 'cats/1.png': 'cats', 'dogs/2.png': 'dogs' })
    const { records } = await imported({ ...two('train/cats', 'train/dogs'), 'val/cats/3.png': image })
    expect(records.map((r) => [r.split, r.labels![0]!.label])).toEqual([
      ['train', 'cats'],
      ['train', 'dogs'],
      ['val', 'cats'],
    ])
    expect(labelsOf((await imported(two('0', '1'))).records)).toEqual({ '0/1.png': '0', '1/2.png': '1' })
    expect(labelsOf((await imported(two('images/cats', 'images/dogs'))).records)).toEqual({
      'images/cats/1.png': 'cats',
      'images/dogs/2.png': 'dogs',
    })
  })

  test('not a single folder, nor folders next to images, which is reported; on request they are used', async () => {
    const alone = await imported({ 'trip/1.png': image })
    expect(labelsOf(alone.records)).toEqual({ 'trip/1.png': '' })
    expect(alone.report.notes).toEqual(['trip: not used as a label (there is no other class next to it)'])
    const beside = { ...two('cats', 'dogs'), '3.png': image }
    expect((await imported(beside)).report.notes[0]).toBe('cats: not used as a label (there are images next to it)')
    expect(labelsOf((await imported({ 'trip/1.png': image, 'images/2.png': image }, { format: 'folders' })).records)).toEqual({
      'images/2.png': '',
      'trip/1.png': 'trip',
    })
  })
})

test.each([
  ['coco_tiny.json', null],
  ['detection.json', null],
  ['labels_my-project-name_2024-05-01-10-00-00.json', null],
  ['contest.json', null],
  ['constrained.json', null],
  ['instances_default.json', null],
  ['instances_train2017.json', 'train'],
  ['annotations/instances_val2017.json', 'val'],
  ['train/_annotations.coco.json', 'train'],
  ['valid/_annotations.coco.json', 'val'],
  ['lvis_v1_val.json', 'val'],
  ['image_info_test-dev2017.json', 'test'],
  ['_annotations.train.jsonl', 'train'],
  ['my-test-set/ann.json', null],
  ['instances_minival2014.json', 'val'],
])('%s is of split %s', (file, split) => expect(splitOfFile(file)).toBe(split))
