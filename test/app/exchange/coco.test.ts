/** COCO as people write it: what can only be meant one way is read that way, and every repair is listed. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { encode } from 'fast-png'
import { describe, expect, test } from 'vitest'
import { encodeCounts, rleFromBitmap } from '#shared/geometry/rle.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { listLabels } from '../../../src-main/app/projects/media.ts'
import { folder, project, projectOf, recordsOf, roundTrip } from './helpers.ts'

const image = { id: 1, file_name: 'a.png', width: 40, height: 30 }
const cat = { id: 1, name: 'cat' }
const box = (more: object = {}) => ({ id: 1, image_id: 1, category_id: 1, bbox: [1, 2, 10, 8], ...more })
const plain = { kind: 'box', x: 1, y: 2, w: 10, h: 8 }

async function read(
  annotations: object[],
  { images = [image] as object[], categories = [cat] as object[], files = {} as Parameters<typeof folder>[0], ...rest } = {},
) {
  const p = project()
  const report = await importInto(
    p,
    await folder({ 'annotations.json': JSON.stringify({ images, annotations, categories, ...rest }), 'a.png': [40, 30], ...files }),
    { format: 'coco' },
  )
  const records = recordsOf(p)
  return { p, report, records, regions: records[0]?.regions ?? [], reasons: report.findings.map((f) => `${f.level}: ${f.reason}`) }
}

describe('fields of another type', () => {
  test.each<[string, object, RegExp | null]>([
    ['iscrowd as text', { iscrowd: 'false' }, /iscrowd "false" was read as false/],
    ['iscrowd as a number', { iscrowd: 0 }, null],
    ['iscrowd null', { iscrowd: null }, null],
    ['ids as text', { id: '1', image_id: '1', category_id: '1' }, /ids are written as text/],
    ['ids with a point', { image_id: '1.0' }, null],
    ['a box of texts', { bbox: ['1', '2', '10', '8'] }, /bbox .* was read as \[1,2,10,8\]/],
    ['a box as JSON in text', { bbox: '[1, 2, 10, 8]' }, /was read as/],
    ['a box as words', { bbox: '1 2 10 8' }, /was read as/],
    ['a box with names', { bbox: { x: 1, y: 2, width: 10, height: 8 } }, /was read as/],
    ['no area', { area: null }, null],
    ['an area of text', { area: 'large' }, null],
    ['segmentation ""', { segmentation: '' }, /segmentation "" was read as empty/],
    ['segmentation null', { segmentation: null }, null],
    ['segmentation {}', { segmentation: {} }, /segmentation {} was read as empty/],
    ['segmentation [[]]', { segmentation: [[]] }, /its box was used/],
    ['segmentation of one point', { segmentation: [[5, 5]] }, /its box was used/],
    ['segmentation that is no such thing', { segmentation: true }, /segmentation true cannot be read; left out/],
    ['attributes []', { attributes: [] }, /attributes \[\] was read as empty/],
    ['keypoints null', { keypoints: null, num_keypoints: 0 }, null],
    ['keypoints ""', { keypoints: '' }, /keypoints "" was read as empty/],
    ['caption null', { caption: null }, null],
  ])('%s: the box is kept', async (_, more, said) => {
    const { regions, reasons, report } = await read([box(more)])
    expect(regions.map((r) => [r.label, r.shape])).toEqual([['cat', plain]])
    expect(report.leftOut).toBe(0)
    if (said) expect(reasons).toEqual([expect.stringMatching(said)])
    else expect(reasons).toEqual([])
  })

  test('scores as text, lists and objects among attributes, keys outside COCO', async () => {
    const { regions, reasons } = await read([
      box({ score: '0.5', attributes: { occluded: true, pose: { left: 1 }, tags: ['a', 'b'], none: null }, track_id: 7, isfake: 0 }),
    ])
    expect(regions[0]!.attributes).toEqual({ score: 0.5, occluded: true, 'pose.left': 1, tags: 'a, b', track_id: 7, isfake: 0 })
    expect(reasons).toEqual([expect.stringMatching(/score "0.5" was read as 0.5/)])
    expect((await read([box({ attributes: [{ name: 'colour', value: 'red' }] })])).regions[0]!.attributes).toEqual({ colour: 'red' })
  })

  test('polygons: one flat list, pairs, texts, JSON in text', async () => {
    const ring = [1, 1, 20, 1, 20, 20]
    for (const segmentation of [
      ring,
      [ring],
      [
        [
          [1, 1],
          [20, 1],
          [20, 20],
        ],
      ],
      [ring.map(String)],
      JSON.stringify([ring]),
    ])
      expect((await read([box({ segmentation })])).regions[0]!.shape).toEqual({ kind: 'polygon', parts: [[ring]] })
  })

  test('images referred to by name, sizes as text, other name keys, URLs and foreign paths', async () => {
    const { regions, reasons } = await read([box({ image_id: 'a.png' })], { images: [{ file_name: 'a.png', width: '40', height: '30' }] })
    expect(regions.map((r) => r.shape)).toEqual([plain])
    expect(reasons).toEqual([expect.stringMatching(/width "40" was read as 40/), expect.stringMatching(/height "30"/)])
    for (const name of [
      { filename: 'a.png' },
      { path: '/data/set/a.png' },
      { file_name: 'C:\\set\\a.png' },
      { coco_url: 'http://x.org/val/a.png' },
      { file_name: 'https://x.org/a.png' },
    ])
      expect(
        (await read([box()], { images: [{ id: 1, width: 40, height: 30, ...name }] })).records.map((r) => [r.fileName, r.regions!.length]),
      ).toEqual([['a.png', 1]])
  })

  test('categories without a name, with a number, or named only in the annotation; supercategories round-trip', async () => {
    expect((await read([box()], { categories: [{ id: 1, name: null }] })).regions[0]!.label).toBe('category 1')
    expect((await read([box()], { categories: [{ id: '1', name: 3 }] })).regions[0]!.label).toBe('3')
    expect((await read([box({ category_id: undefined, category_name: 'dog' })], { categories: [] })).regions[0]!.label).toBe('dog')
    const { p, regions } = await read([box()], { categories: [{ ...cat, supercategory: 'animal' }] })
    expect(regions[0]!.attributes).toEqual({ supercategory: 'animal' })
    const { out, records } = await roundTrip(p, { format: 'coco' })
    expect(
      (JSON.parse(readFileSync(path.join(out, 'annotations/instances_default.json'), 'utf8')) as { categories: unknown }).categories,
    ).toMatchObject([{ name: 'cat', supercategory: 'animal' }])
    expect(records[0]!.regions![0]!.attributes).toEqual({ supercategory: 'animal' })
  })
})

describe('masks whose runs do not fit', () => {
  const bits = new Uint8Array(40 * 30)
  for (let y = 5; y < 12; y++) for (let x = 3; x < 20; x++) bits[y * 40 + x] = 1
  const rle = rleFromBitmap(bits, 30, 40)
  const counts = [3 * 30 + 5, ...Array.from({ length: 16 }, () => [7, 23]).flat(), 7]
  const bbox = [3, 5, 17, 7]

  test('lists of runs; without the last zeros, if the box agrees', async () => {
    const rest = 1200 - counts.reduce((a, b) => a + b)
    const whole = await read([box({ bbox, segmentation: { size: [30, 40], counts: [...counts, rest] } })])
    expect([whole.regions[0]!.shape, whole.reasons]).toEqual([{ kind: 'mask', rle }, []])
    const short = await read([box({ bbox, segmentation: { size: [30, 40], counts } })])
    expect([short.regions[0]!.shape, short.reasons]).toEqual([{ kind: 'mask', rle }, [expect.stringMatching(/the rest was read as empty/)]])
    const wrong = await read([box({ bbox: [0, 0, 5, 5], segmentation: { size: [30, 40], counts } })])
    expect([wrong.regions[0]!.shape.kind, wrong.reasons]).toEqual(['box', [expect.stringMatching(/its box was used/)]])
  })

  test('height and width swapped, if the box agrees; counts as Python’s bytes literal', async () => {
    const exchanged = await read([box({ bbox, segmentation: { ...rle, size: [40, 30] } })])
    expect([exchanged.regions[0]!.shape, exchanged.reasons]).toEqual([
      { kind: 'mask', rle },
      [expect.stringMatching(/40 × 30 was read as 30 × 40/)],
    ])
    expect((await read([box({ bbox: [0, 0, 9, 9], segmentation: { ...rle, size: [40, 30] } })])).regions[0]!.shape.kind).toBe('box')
    const bytes = await read([
      box({
        bbox,
        segmentation: {
          size: [30, 40],
          counts: `b'${encodeCounts([...counts, 1200 - counts.reduce((a, b) => a + b)]).replaceAll('\\', '\\\\')}'`,
        },
      }),
    ])
    expect([bytes.regions[0]!.shape, bytes.report.leftOut]).toEqual([{ kind: 'mask', rle }, 0])
  })
})

describe('rotated boxes', () => {
  test('as CVAT writes them, also with the angle as text; an angle of 0 means none', async () => {
    for (const rotation of [30, '30'])
      expect(
        (await read([box({ bbox: [10, 10, 20, 8], segmentation: [], attributes: { rotation, occluded: false } })])).regions,
      ).toMatchObject([{ shape: { kind: 'rotated-box', cx: 20, cy: 14, w: 20, h: 8, angle: 30 }, attributes: { occluded: false } }])
    expect((await read([box({ attributes: { rotation: 0 } })])).regions).toMatchObject([{ shape: plain, attributes: {} }])
  })

  test('five numbers are not a box, and nothing is guessed', async () => {
    expect((await read([box({ bbox: [1, 2, 10, 8, 0.5] })])).reasons).toEqual(['left out: annotation 1: bbox: 5 numbers, expected 4'])
  })
})

describe('keypoints', () => {
  const person = { id: 1, name: 'person', keypoints: ['nose', 'hand'], skeleton: [[1, 2]] }
  test('scores in place of visibility, pairs, edges from 0, all round-tripped', async () => {
    const scored = await read([box({ keypoints: [5, 6, 0.9, 7, 8, 0] })], { categories: [person] })
    expect(scored.regions[1]!.shape).toEqual({
      kind: 'keypoints',
      points: [
        { name: 'nose', x: 5, y: 6, v: 2 },
        { name: 'hand', x: 0, y: 0, v: 0 },
      ],
      edges: [[0, 1]],
    })
    expect(scored.reasons).toEqual([expect.stringMatching(/scores in place of visibility/)])
    const pairs = await read([box({ keypoints: [5, 6, 7, 8] })], { categories: [{ ...person, skeleton: [[0, 1]] }] })
    expect(pairs.regions[1]!.shape).toMatchObject({ points: [{ v: 2 }, { v: 2 }], edges: [[0, 1]] })
    const seen = await read([box({ keypoints: ['5', '6', '1', 7, 8, 2] })], { categories: [person] })
    const { records } = await roundTrip(seen.p, { format: 'coco' })
    expect(records[0]!.regions!.map((r) => r.shape)).toEqual([
      plain,
      {
        kind: 'keypoints',
        points: [
          { name: 'nose', x: 5, y: 6, v: 1 },
          { name: 'hand', x: 7, y: 8, v: 2 },
        ],
        edges: [[0, 1]],
      },
    ])
  })

  test('joints of some objects only do not displace those of others', async () => {
    const points = (...names: string[]) => ({
      kind: 'keypoints' as const,
      points: names.map((name, i) => ({ name, x: 5 + i, y: 6, v: 2 as const })),
    })
    const p = await projectOf([
      {
        fileName: 'a.png',
        width: 40,
        height: 30,
        regions: [
          { label: 'person', shape: points('nose') },
          { label: 'person', shape: points('hand', 'nose') },
        ],
      },
    ])
    const { records } = await roundTrip(p, { format: 'coco' })
    expect(
      records[0]!.regions!.map((r) => r.shape.kind === 'keypoints' && r.shape.points.filter((q) => q.v).map((q) => [q.name, q.x])),
    ).toEqual([
      [['nose', 5]],
      [
        ['nose', 6],
        ['hand', 5],
      ],
    ])
  })
})

test('a caption with a box belongs to the region, one without to the image', async () => {
  const { records } = await read([box({ caption: 'a tabby' }), { id: 2, image_id: 1, caption: 'a yard' }])
  expect(records[0]!.captions!.map((c) => [c.text, c.region ?? null])).toEqual([
    ['a tabby', 0],
    ['a yard', null],
  ])
})

test('model results next to their dataset become proposals', async () => {
  const found = [
    { image_id: 1, category_id: 1, bbox: [5, 5, 9, 9], score: 0.75 },
    { image_id: 1, category_id: 1, bbox: [6, 6, 9, 9], score: 12 },
    { image_id: 99, category_id: 1, bbox: [6, 6, 9, 9], score: 0.5 },
  ]
  const { regions, report } = await read([box()], { files: { 'results/yolo-m.json': JSON.stringify(found) } })
  expect(regions.map((r) => [r.label, r.state, r.author, r.attributes])).toEqual([
    ['cat', 'accepted', { kind: 'person', name: 'tester' }, {}],
    ['cat', 'proposed', { kind: 'checkpoint', checkpoint: 'yolo-m', score: 0.75 }, {}],
    ['cat', 'proposed', { kind: 'checkpoint', checkpoint: 'yolo-m', score: 1 }, { score: 12 }],
  ])
  expect(report.notes.join()).toMatch(/1 results refer to images that are not in annotations.json/)
  expect(report.unread).toEqual([])
})

test('LVIS: the image from its URL, synonyms of labels, and a note on what is dropped', async () => {
  const { p, report } = await read([box()], {
    images: [
      {
        id: 1,
        coco_url: 'http://images.cocodataset.org/val2017/000000000139.jpg',
        width: 40,
        height: 30,
        neg_category_ids: [3],
        not_exhaustive_category_ids: [],
      },
    ],
    categories: [{ id: 1, name: 'aerosol_can', synset: 'aerosol.n.02', synonyms: ['aerosol_can', 'spray_can'], frequency: 'c', def: 'x' }],
    files: { 'val2017/000000000139.jpg': [40, 30] },
  })
  expect(recordsOf(p).map((r) => [r.fileName, r.regions!.length])).toEqual([['val2017/000000000139.jpg', 1]])
  expect(listLabels(p)).toMatchObject([{ name: 'aerosol_can', synonyms: ['aerosol.n.02', 'spray_can'] }])
  expect(report.notes.join('\n')).toMatch(/neg_category_ids \(1 times\)[\s\S]*def[\s\S]*frequency/)
  expect([report.leftOut, report.changed]).toEqual([0, 0])
})

describe('panoptic', () => {
  const ids = [0, 257, 300 * 256 + 5]
  /** Left background, the middle one segment, the right another: R + 256 G + 65536 B. */
  const png = (channels: 3 | 4) => {
    const data = new Uint8Array(6 * 4 * channels)
    for (let i = 0; i < 24; i++) {
      const id = ids[Math.floor((i % 6) / 2)]!
      data.set([id & 255, (id >> 8) & 255, id >> 16, 255].slice(0, channels), i * channels)
    }
    return encode({ width: 6, height: 4, data, channels, depth: 8 })
  }
  const document = (segments: object[]) =>
    JSON.stringify({
      images: [{ id: 9, file_name: 'a.jpg', width: 6, height: 4 }],
      annotations: [{ image_id: 9, file_name: 'a.png', segments_info: segments }],
      categories: [
        { id: 1, name: 'car', isthing: 1 },
        { id: 2, name: 'sky', isthing: 0 },
      ],
    })

  test.each([3, 4] as const)('segments by colour, with stuff and crowds marked (%i channels)', async (channels) => {
    const text = document([
      { id: 257, category_id: 1, iscrowd: 1, area: 8, bbox: [2, 0, 2, 4] },
      { id: 300 * 256 + 5, category_id: 2, iscrowd: 0 },
      { id: 99, category_id: 2 },
    ])
    const p = project()
    const report = await importInto(
      p,
      await folder({
        'annotations/panoptic_val2017.json': text,
        'annotations/panoptic_val2017/a.png': png(channels),
        'val2017/a.jpg': [6, 4],
      }),
    )
    expect(report.format).toBe('panoptic')
    const [record] = recordsOf(p)
    expect([record!.fileName, record!.split]).toEqual(['val2017/a.jpg', 'val'])
    expect(record!.regions!.map((r) => [r.label, r.attributes, r.shape.kind === 'mask' && r.shape.rle.counts])).toEqual([
      ['car', { iscrowd: true }, encodeCounts([8, 8, 8])],
      ['sky', { isthing: false }, encodeCounts([16, 8])],
    ])
    expect(report.findings.map((f) => f.reason)).toEqual(['a.png: segment 99 has no pixels'])
  })

  test('unlisted segments and missing pictures are reported', async () => {
    const p = project()
    const report = await importInto(
      p,
      await folder({ 'panoptic.json': document([{ id: 257, category_id: 1 }]), 'panoptic/a.png': png(3), 'a.jpg': [6, 4] }),
    )
    expect(report.findings.map((f) => f.reason)).toEqual(['a.png: 8 pixels belong to segments missing from segments_info (76805)'])
    const missing = await importInto(project(), await folder({ 'panoptic.json': document([{ id: 257, category_id: 1 }]), 'a.jpg': [6, 4] }))
    expect(missing.findings.map((f) => f.reason)).toEqual(['a.png: its PNG of segments is missing'])
  })
})
