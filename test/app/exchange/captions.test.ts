/** Captions and answers: what vision-language models are trained on, and Karpathy's splits. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { rleBox } from '#shared/geometry/rle.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { folder, project, recordsOf } from './helpers.ts'

const image: [number, number] = [40, 30]
async function imported(files: Parameters<typeof folder>[0]) {
  const p = project()
  const report = await importInto(p, await folder(files))
  return { report, records: recordsOf(p), reasons: report.findings.map((f) => f.reason) }
}
const boxes = (records: readonly ImageRecord[]) =>
  records.map((r) =>
    r.regions!.map(({ label, shape }) => (shape.kind === 'box' ? [label, shape.x, shape.y, shape.w, shape.h] : [label, shape.kind])),
  )
const captions = (r: ImageRecord) => r.captions!.map((c) => [c.text, c.language])
const rows = (...all: object[]) => all.map((r) => `${JSON.stringify(r)}\n`).join('')

describe('prefix and suffix', () => {
  test('captions in the requested language; the split from the file name', async () => {
    const { records, report } = await imported({
      '_annotations.train.jsonl': rows(
        { image: 'a.png', prefix: 'caption en', suffix: 'a cat on a mat' },
        { image: 'a.png', prefix: 'cap de', suffix: 'Katze' },
        { image: 'b.png', prefix: '<DETAILED_CAPTION>', suffix: 'a dog' },
        { image: 'b.png', prefix: '', suffix: 'a dog, too' },
      ),
      'a.png': image,
      'b.png': image,
    })
    expect(report.format).toBe('vlm')
    expect(records.map((r) => [r.fileName, r.split, captions(r)])).toEqual([
      [
        'a.png',
        'train',
        [
          ['a cat on a mat', 'en'],
          ['Katze', 'de'],
        ],
      ],
      [
        'b.png',
        'train',
        [
          ['a dog', null],
          ['a dog, too', null],
        ],
      ],
    ])
    expect(report.findings).toEqual([])
  })
  test('PaliGemma’s boxes: top, left, bottom, right of 1024; its masks are boxes', async () => {
    const { records, reasons } = await imported({
      'x.jsonl': rows(
        {
          image: 'a.png',
          prefix: 'detect cat ; big dog',
          suffix: '<loc0256><loc0512><loc0512><loc0768> cat ; <loc0000><loc0000><loc0512><loc0256> big dog',
        },
        { image: 'b.png', prefix: 'segment cat', suffix: '<loc0256><loc0512><loc0512><loc0768><seg001><seg002> cat' },
      ),
      'a.png': image,
      'b.png': image,
    })
    expect(boxes(records)).toEqual([
      [
        ['cat', 20, 7.5, 10, 7.5],
        ['big dog', 0, 0, 10, 15],
      ],
      [['cat', 20, 7.5, 10, 7.5]],
    ])
    expect(reasons).toEqual([expect.stringContaining('1 masks are written in PaliGemma')])
  })
  test('Florence-2’s: left, top, right, bottom of 1000, the label before them', async () => {
    const { records } = await imported({
      'x.jsonl': rows({
        image: 'a.png',
        prefix: '<OD>',
        suffix: 'cat<loc_100><loc_200><loc_300><loc_400>dog<loc_500><loc_500><loc_600><loc_600><loc_700><loc_700><loc_800><loc_800>',
      }),
      'a.png': image,
    })
    const [first, ...more] = records[0]!.regions!
    expect(first).toMatchObject({
      label: 'cat',
      shape: {
        kind: 'box',
        x: expect.closeTo(100.5 * 0.04, 9) as number,
        y: expect.closeTo(200.5 * 0.03, 9) as number,
        w: expect.closeTo(8, 9) as number,
        h: expect.closeTo(6, 9) as number,
      },
    })
    expect(more.map((r) => r.label)).toEqual(['dog', 'dog'])
  })
  test('answers to questions are not captions and are reported', async () => {
    const { records, report } = await imported({
      'x.jsonl': rows(
        { image: 'a.png', prefix: 'answer en what colour is it?', suffix: 'red' },
        { image: 'a.png', prefix: 'caption', suffix: 'a cat' },
      ),
      'a.png': image,
    })
    expect(records[0]!.captions!.map((c) => c.text)).toEqual(['a cat'])
    expect(report.findings).toMatchObject([
      { line: 1, level: 'left out', reason: 'an answer that is not a description: answer en what colour is it? → red' },
    ])
  })
})

test('conversations: LLaVA as a list, chat messages as lines', async () => {
  const llava = [
    {
      id: '1',
      image: 'coco/a.png',
      conversations: [
        { from: 'human', value: '<image>\nProvide a brief description of the given image.' },
        { from: 'gpt', value: 'a cat on a mat' },
        { from: 'human', value: 'How many cats are there?' },
        { from: 'gpt', value: 'One.' },
      ],
    },
    {
      id: '2',
      image: 'b.png',
      conversations: [
        { from: 'human', value: 'What is this?\n<image>' },
        { from: 'gpt', value: 'a dog' },
      ],
    },
    {
      id: '3',
      conversations: [
        { from: 'human', value: 'Hello' },
        { from: 'gpt', value: 'Hi' },
      ],
    },
  ]
  const { records, report } = await imported({ 'blip_558k.json': JSON.stringify(llava), 'a.png': image, 'b.png': image })
  expect(records.map((r) => [r.fileName, r.captions!.map((c) => c.text)])).toEqual([
    ['a.png', ['a cat on a mat']],
    ['b.png', ['a dog']],
  ])
  expect(report.findings.filter((f) => f.level === 'left out').map((f) => f.reason)).toEqual([
    'an answer that is not a description: How many cats are there? → One.',
    'no image is named',
  ])
  const chat = await imported({
    'x.jsonl': rows({
      messages: [
        { role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'Describe this picture.' }] },
        { role: 'assistant', content: [{ type: 'text', text: 'a cat' }] },
      ],
      images: ['a.png'],
    }),
    'a.png': image,
  })
  expect(chat.records[0]!.captions!.map((c) => c.text)).toEqual(['a cat'])
})

test('Karpathy’s splits: one caption per sentence, restval is training data', async () => {
  const entry = (filename: string, split: string, ...raw: string[]) => ({
    filepath: 'val2014',
    filename,
    split,
    imgid: 0,
    sentids: [],
    sentences: raw.map((r) => ({ raw: r, tokens: r.split(' ') })),
  })
  const { records, report } = await imported({
    'dataset_coco.json': JSON.stringify({
      dataset: 'coco',
      images: [
        entry('a.png', 'restval', 'A cat.', 'One cat.'),
        entry('b.png', 'test', 'A dog.'),
        { filename: 3 },
        { ...entry('c.png', 'val'), sentences: [{}, { tokens: ['a', 'bird'] }] },
      ],
    }),
    'val2014/a.png': image,
    'images/b.png': image,
    'c.png': image,
  })
  expect(report.format).toBe('karpathy')
  expect(records.map((r) => [r.fileName, r.split, r.captions!.map((c) => c.text)])).toEqual([
    ['val2014/a.png', 'train', ['A cat.', 'One cat.']],
    ['images/b.png', 'test', ['A dog.']],
    ['c.png', 'val', ['a bird']],
  ])
  expect(report.findings.filter((f) => f.level === 'left out').map((f) => f.reason)).toEqual([
    'filename: expected the name of an image',
    'sentences.0: no text (raw)',
  ])
})

describe('Open Images', () => {
  const head = 'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n'
  test('joins boxes with flags, named labels and masks by image', async () => {
    const mask = await sharp({ create: { width: 20, height: 15, channels: 3, background: 'black' } })
      .composite([{ input: { create: { width: 4, height: 3, channels: 3, background: 'white' } }, left: 2, top: 3 }])
      .png()
      .toBuffer()
    const { records, report } = await imported({
      'validation-annotations-bbox.csv': `${head}0001,xclick,/m/0cmf2,1,0.1,0.5,0.1,0.5,0,1,-1,0,0\n0001,xclick,/m/01yrx,1,x,0.5,0.1,0.5,0,0,0,0,0\n`,
      'validation-annotations-human-imagelabels.csv':
        'ImageID,Source,LabelName,Confidence\n0001,verification,/m/01yrx,1\n0001,verification,/m/0cmf2,0\n0001,machine,/m/0bt9lr,0.7\n',
      'validation-annotations-object-segmentation.csv':
        'MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks\n0001_m.png,0001,/m/01yrx,b1,0.1,0.3,0.2,0.4,0.8,\nnone.png,0001,/m/01yrx,b2,0,0,0,0,,\n',
      'validation-annotations-vrd.csv':
        'ImageID,LabelName1,LabelName2,XMin1,XMax1,YMin1,YMax1,XMin2,XMax2,YMin2,YMax2,RelationshipLabel\n0001,/m/01yrx,/m/0cmf2,0,1,0,1,0,1,0,1,on\n',
      'class-descriptions.csv': '/m/0cmf2,Aeroplane\n/m/01yrx,Cat\n/m/0bt9lr,Dog\n',
      'images/0001.jpg': image,
      'masks/0001_m.png': mask,
    })
    expect(report.format).toBe('openimages')
    expect(records).toHaveLength(1)
    expect(records[0]).toMatchObject({
      fileName: 'images/0001.jpg',
      split: 'val',
      labels: [
        { label: 'Cat', state: 'accepted' },
        { label: 'Dog', state: 'proposed', author: { score: 0.7 } },
      ],
    })
    expect(records[0]!.regions).toMatchObject([
      {
        label: 'Aeroplane',
        shape: { kind: 'box', x: 4, y: 3, w: 16, h: 12 },
        attributes: {
          Source: 'xclick',
          Confidence: 1,
          IsOccluded: false,
          IsTruncated: true,
          IsGroupOf: -1,
          IsDepiction: false,
          IsInside: false,
        },
      },
      { label: 'Cat', shape: { kind: 'mask' }, attributes: { BoxID: 'b1', PredictedIoU: 0.8 } },
    ])
    const shape = records[0]!.regions![1]!.shape
    expect(shape.kind === 'mask' && rleBox(shape.rle)).toEqual({ x: 4, y: 6, w: 8, h: 6 })
    expect(report.notes).toEqual([expect.stringContaining('classes were named by class-descriptions.csv')])
    expect(report.findings.map((f) => f.reason)).toEqual([
      'relationships between objects were left out',
      expect.stringMatching(/^1 labels with confidence 0/),
      'MaskPath "none.png": missing',
      'box: a coordinate is not a finite number',
    ])
  })
})
