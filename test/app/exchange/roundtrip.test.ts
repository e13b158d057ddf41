/** Out and in again: what a format can hold comes back the same. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rotatedBoxRing, shapeBox } from '#shared/geometry/box.ts'
import { rleFromBitmap, rleIou } from '#shared/geometry/rle.ts'
import { shapeMask } from '#shared/geometry/shape.ts'
import type { FormatName } from '#shared/model/exchange.ts'
import type { ImageRecord, RecordRegion } from '#shared/model/record.ts'
import type { Ring, Shape } from '#shared/model/shape.ts'
import { everyFormat, projectOf, recordsOf, roundTrip } from './helpers.ts'
import { detectFormat } from '../../../src-main/app/exchange/index.ts'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readRecords } from '../../../src-main/app/projects/index.ts'
import type { Project } from '../../../src-main/app/projects/project.ts'

const [W, H] = [64, 48]
const label = fc.constantFrom('cat', 'dog', 'a: b, “c”', 'naïve <&>', '犬')

/** Free of rounding noise: a vertex 1e-15 below half a pixel is rasterised otherwise than one at half a pixel. */
const clean = (n: number) => Math.round(n * 1e4) / 1e4

/** Star-shaped about a point within a band of the image. */
const star = (x0: number, x1: number) =>
  fc
    .tuple(
      fc.integer({ min: 5, max: 9 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.array(fc.double({ min: 0.5, max: 1, noNaN: true }), { minLength: 9, maxLength: 9 }),
    )
    .map(([n, turn, radii]): { outer: Ring; hole: Ring } => {
      const [cx, cy, r] = [(x0 + x1) / 2, H / 2, Math.min((x1 - x0) / 2, H / 2) - 0.5]
      const ring = (scale: number) =>
        Array.from({ length: n }, (_, i) => [
          cx + scale * r * radii[i]! * Math.cos(((i + turn) * 2 * Math.PI) / n),
          cy + scale * r * radii[i]! * Math.sin(((i + turn) * 2 * Math.PI) / n),
        ])
          .flat()
          .map(clean)
      return { outer: ring(1), hole: ring(0.4) }
    })

const box = fc
  .tuple(
    ...[0, 1].map(() => fc.double({ min: 0, max: 0.6, noNaN: true })),
    ...[0, 1].map(() => fc.double({ min: 0.1, max: 0.4, noNaN: true })),
  )
  .map(([x, y, w, h]): Shape => ({ kind: 'box', x: x! * W, y: y! * H, w: w! * W, h: h! * H }))
const rotated = fc
  .tuple(fc.double({ min: 4, max: 20, noNaN: true }), fc.double({ min: 4, max: 20, noNaN: true }), fc.integer({ min: 1, max: 359 }))
  .map(([w, h, angle]): Shape => ({ kind: 'rotated-box', cx: 30, cy: 24, w, h, angle }))
const plain = star(0, W).map(({ outer }): Shape => ({ kind: 'polygon', parts: [[outer]] }))
const holed = star(0, W).map(({ outer, hole }): Shape => ({ kind: 'polygon', parts: [[outer, hole]] }))
const parted = fc.tuple(star(0, W / 2), star(W / 2, W)).map(([a, b]): Shape => ({ kind: 'polygon', parts: [[a.outer], [b.outer]] }))
const mask = fc
  .array(fc.tuple(fc.nat(W - 1), fc.nat(H - 1), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((boxes): Shape => {
    const bits = new Uint8Array(W * H)
    boxes.forEach(([x, y, w, h], i) => {
      // Every other box cuts a hole, except for the corner that keeps the mask from being empty.
      for (let v = y; v < Math.min(H, y + h); v++) for (let u = x; u < Math.min(W, x + w); u++) bits[v * W + u] = i % 2 ? 0 : 1
    })
    bits[0] = 1
    return { kind: 'mask', rle: rleFromBitmap(bits, H, W) }
  })

const names = [
  'a.b.c.png',
  'with space.png',
  'same.png',
  'same.jpg',
  'same.webp',
  'ünï/Łódź.png',
  '日本語.png',
  '100%.png',
  "it's & <x>.png",
  'deep/er/#1.png',
  'a+b.png',
  '0.5.png',
]

function dataset(shapes: fc.Arbitrary<Shape>, max: number) {
  const region = fc.record({ label, shape: shapes })
  return fc.tuple(...names.map(() => fc.array(region, { minLength: 1, maxLength: max }))).map((lists) =>
    lists.map((regions, i): ImageRecord => ({
      fileName: names[i]!,
      width: W,
      height: H,
      regions,
      split: ['train', 'val', null][i % 3]!,
      labels: [{ label: 'cat' }],
      captions: [{ text: `caption, ${i} “ü”` }],
    })),
  )
}

const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')

/** Records before and after, joined by the content of their images. */
async function there(p: Project, format: FormatName, options = {}) {
  const { records, imported, exported, out } = await roundTrip(p, { format, ...options })
  const byHash = new Map(records.map((r) => [r.contentHash, r]))
  const pairs = [...readRecords(p)].map(({ record, file }) => [record, byHash.get(hashOf(file!))!] as const)
  expect(pairs.every(([, back]) => back)).toBe(true)
  expect(await detectFormat(out)).toBe(format)
  return { pairs, imported, exported }
}

function sameMask(a: RecordRegion, b: RecordRegion) {
  expect(b.label).toBe(a.label)
  expect(rleIou(shapeMask(a.shape, H, W)!, shapeMask(b.shape, H, W)!)).toBeGreaterThanOrEqual(0.999)
}
function sameBox(a: RecordRegion, b: RecordRegion) {
  const [p, q] = [shapeBox(a.shape), shapeBox(b.shape)]
  expect(b.label).toBe(a.label)
  for (const k of ['x', 'y', 'w', 'h'] as const) expect(Math.abs(p[k] - q[k])).toBeLessThan(0.01)
}

const run = (shapes: fc.Arbitrary<Shape>, format: FormatName, same: (a: RecordRegion, b: RecordRegion) => void, options = {}, max = 4) =>
  fc.assert(
    fc.asyncProperty(dataset(shapes, max), async (records) => {
      const { pairs, imported } = await there(await projectOf(records), format, options)
      expect(imported.findings).toEqual([])
      for (const [before, after] of pairs) {
        expect(after.regions!.length).toBe(before.regions!.length)
        before.regions!.forEach((r, i) => same(r, after.regions![i]!))
      }
    }),
    { numRuns: 2, endOnFailure: true },
  )

describe('masks, IoU at least 0.999', () => {
  test.each<FormatName>(['coco', 'cvat', 'datumaro', 'labelme', 'labelstudio', 'csv', 'webdataset'])(
    '%s: polygons with holes and parts, masks',
    (format) => run(fc.oneof(plain, holed, parted, mask), format, sameMask),
  )
  test('yolo: polygons of one part', () => run(plain, 'yolo', sameMask))
  test.each<FormatName>(['masks', 'panoptic'])('%s: one object an image', (format) =>
    run(fc.oneof(holed, parted, mask), format, sameMask, {}, 1),
  )
  test('yolo and dota: rotated boxes, to a thousandth of a pixel', async () => {
    const inside = fc
      .tuple(fc.double({ min: 4, max: 16, noNaN: true }), fc.double({ min: 4, max: 16, noNaN: true }), fc.integer({ min: 1, max: 359 }))
      .map(([w, h, angle]): Shape => ({ kind: 'rotated-box', cx: 30, cy: 24, w, h, angle }))
    const plainLabel = (format: FormatName) =>
      run(inside, format, (a, b) => {
        expect(b.shape.kind).toBe('rotated-box')
        const [p, q] = [a.shape, b.shape].map((s) => (s.kind === 'rotated-box' ? rotatedBoxRing(s) : []))
        p!.forEach((n, i) => expect(Math.abs(n - q![i]!)).toBeLessThan(0.001))
      })
    await plainLabel('yolo')
    await plainLabel('dota')
  })
  test.each<FormatName>(['coco', 'labelme', 'cvat', 'datumaro', 'labelstudio', 'csv', 'webdataset'])('%s: rotated boxes', (format) =>
    run(rotated, format, (a, b) => {
      expect(b.shape.kind).toBe('rotated-box')
      sameMask(a, b)
    }),
  )
})

describe('boxes, within 0.01 px', () => {
  test.each<FormatName>(['coco', 'cvat', 'datumaro', 'labelme', 'labelstudio', 'csv', 'webdataset', 'yolo', 'voc', 'imagefolder'])(
    '%s',
    (format) =>
      run(box, format, (a, b) => {
        expect(b.shape.kind).toBe('box')
        sameBox(a, b)
      }),
  )
  test('voc, from 0', () => run(box, 'voc', sameBox, { settings: { base: '0' } }))
  test('yolo, masks and polygons as their boxes', () => run(fc.oneof(plain, mask), 'yolo', sameBox, { settings: { task: 'detect' } }))
})

/** Whatever ties a box to its points is another number each time. */
const untied = ({ group: _, ...rest }: Record<string, unknown> = {}) => rest

describe('points, attributes, region captions and authors', () => {
  const names = ['nose', 'left', 'right', 'tail']
  const joints = fc
    .tuple(
      fc.array(fc.tuple(fc.integer({ min: 1, max: W - 1 }), fc.integer({ min: 1, max: H - 1 }), fc.constantFrom(0, 1, 2)), {
        minLength: 4,
        maxLength: 4,
      }),
      fc.boolean(),
    )
    .filter(([points]) => points.some(([, , v]) => v > 0))
    .map(([points]): Shape => ({
      kind: 'keypoints',
      points: points.map(([x, y, v], i) => ({ name: names[i]!, x: v ? x : 0, y: v ? y : 0, v: v as 0 | 1 | 2 })),
      edges: [
        [0, 1],
        [0, 2],
        [2, 3],
      ],
    }))
  const person = fc.tuple(box, joints).map(([outline, points]) => [outline, points])

  const people = (max: number) =>
    fc
      .array(person, { minLength: 1, maxLength: max })
      .map((some): RecordRegion[] =>
        some.flatMap((shapes, i) => shapes.map((shape) => ({ label: 'person', shape, attributes: { group: i + 1 } }))),
      )

  test.each<FormatName>(['coco', 'yolo', 'datumaro', 'labelme', 'labelstudio', 'csv', 'webdataset', 'imagefolder'])(
    '%s: boxes with their points, visibility and skeleton',
    (format) =>
      fc.assert(
        fc.asyncProperty(people(3), async (regions) => {
          const { pairs, imported } = await there(await projectOf([{ fileName: 'a b.png', width: W, height: H, regions }]), format)
          expect(imported.leftOut).toBe(0)
          const [[before, after]] = pairs as [(typeof pairs)[number]]
          const of = (r: ImageRecord, kind: Shape['kind']) => r.regions!.filter((g) => g.shape.kind === kind)
          const pointsOf = (r: ImageRecord) =>
            of(r, 'keypoints').map((g) => g.shape.kind === 'keypoints' && { points: g.shape.points, edges: g.shape.edges })
          const rounded = (r: ImageRecord) =>
            JSON.parse(JSON.stringify(pointsOf(r), (_, v: unknown) => (typeof v === 'number' ? Math.round(v * 1e4) / 1e4 : v))) as unknown
          expect(rounded(after)).toEqual(rounded(before))
          of(before, 'box').forEach((r, i) => sameBox(r, of(after, 'box')[i]!))
          // The box and the points of one person are still one.
          const groups = (kind: Shape['kind']) => of(after, kind).map((g) => g.attributes!['group'])
          expect(groups('keypoints')).toEqual(groups('box'))
          expect(new Set(groups('box')).size).toBe(of(after, 'box').length)
        }),
        { numRuns: 2, endOnFailure: true },
      ),
  )

  const value = fc.oneof(fc.boolean(), fc.integer({ min: -1000, max: 1000 }), fc.constantFrom('red', 'a: b, “c”', '犬'))
  const described = fc.record({
    attributes: fc.dictionary(fc.constantFrom('colour', 'occluded', 'track_id', 'pose of it'), value),
    author: fc.constantFrom<RecordRegion['author']>(
      { kind: 'person', name: 'ann' },
      { kind: 'checkpoint', checkpoint: 'm', score: 0.25, prompt: 'a "red", apple' },
    ),
    caption: fc.constantFrom('a tabby', '“two”, of them', '犬'),
  })

  test.each<[FormatName, boolean]>([
    ['coco', true],
    ['panoptic', true],
    ['labelme', true],
    ['labelstudio', true],
    ['csv', true],
    ['webdataset', true],
    ['imagefolder', true],
    ['cvat', false],
    ['datumaro', false],
  ])('%s', (format, authors) =>
    fc.assert(
      fc.asyncProperty(fc.array(described, { minLength: 2, maxLength: 2 }), async (some) => {
        const regions = some.map(({ attributes, author }, i): RecordRegion => ({
          label: 'cat',
          shape: { kind: 'box', x: 2 + 30 * i, y: 3, w: 20, h: 30 },
          attributes,
          author,
          state: 'accepted',
        }))
        const captions = some.map(({ caption, author }, region) => ({ text: caption, region, author, state: 'accepted' as const }))
        const { pairs } = await there(
          await projectOf([{ fileName: 'a b.png', width: W, height: H, regions, captions: authors ? captions : [] }]),
          format,
        )
        const [[before, after]] = pairs as [(typeof pairs)[number]]
        // Label Studio keeps a model's work apart, after that of persons.
        const byPlace = (r: ImageRecord) =>
          r
            .regions!.map((g, i) => ({
              g,
              x: Math.round(shapeBox(g.shape).x),
              said: (r.captions ?? []).filter((c) => c.region === i).map((c) => c.text),
            }))
            .sort((a, b) => a.x - b.x)
        const what = (r: ImageRecord) =>
          byPlace(r).map(({ g, x, said }) => ({
            x,
            said,
            attributes: untied(g.attributes),
            ...(authors ? { author: g.author, state: g.state } : {}),
          }))
        expect(what(after)).toEqual(what(before))
      }),
      {
        numRuns: 3,
        endOnFailure: true,
        // A number in `track_id` makes no track of an image that is no frame.
        examples: [
          [
            [0, 1].map((i) => ({
              attributes: { track_id: 1000 + i },
              author: { kind: 'person' as const, name: 'ann' },
              caption: '犬' as const,
            })),
          ],
        ],
      },
    ),
  )
})

test('image labels, captions and splits', async () => {
  const [records] = fc.sample(dataset(box, 1), { numRuns: 1, seed: 1 })
  const p = await projectOf(records!)
  const keeps: Record<'labels' | 'captions' | 'splits', readonly FormatName[]> = {
    labels: ['folders', 'imagefolder', 'webdataset', 'labelme', 'cvat', 'labelstudio', 'datumaro', 'csv'],
    captions: ['captions', 'imagefolder', 'webdataset', 'coco', 'labelstudio', 'datumaro', 'csv'],
    splits: everyFormat.filter((f) => f !== 'labelme'),
  }
  for (const format of everyFormat) {
    const { pairs } = await there(p, format)
    for (const [before, after] of pairs) {
      if (keeps.labels.includes(format)) expect([format, after.labels!.map((l) => l.label)]).toEqual([format, ['cat']])
      if (keeps.captions.includes(format))
        expect([format, after.captions!.map((c) => c.text)]).toEqual([format, before.captions!.map((c) => c.text)])
      // ImageFolder has no images without a split: they are train's.
      if (keeps.splits.includes(format))
        expect([format, after.split]).toEqual([format, before.split ?? (format === 'imagefolder' ? 'train' : null)])
    }
  }
})

test('COCO keeps keypoints with their outline, attributes, crowds', async () => {
  const regions: RecordRegion[] = [
    { label: 'person', shape: { kind: 'box', x: 5, y: 5, w: 20, h: 30 }, attributes: { group: 3, pose: 'up', truncated: true } },
    {
      label: 'person',
      shape: {
        kind: 'keypoints',
        points: [
          { name: 'nose', x: 6, y: 7, v: 2 },
          { name: 'hand', x: 0, y: 0, v: 0 },
        ],
        edges: [[0, 1]],
      },
      attributes: { group: 3 },
    },
    { label: 'cat', shape: { kind: 'box', x: 0, y: 0, w: 64, h: 48 }, attributes: { iscrowd: true } },
  ]
  const { records } = await roundTrip(await projectOf([{ fileName: 'x.png', width: W, height: H, regions }]), { format: 'coco' })
  const [person, keypoints, cat] = records[0]!.regions!
  expect([person!.shape, keypoints!.shape, cat!.shape]).toEqual(regions.map((r) => r.shape))
  expect(person!.attributes).toMatchObject({ pose: 'up', truncated: true })
  expect(person!.attributes!['group']).toBe(keypoints!.attributes!['group'])
  expect(cat!.attributes).toEqual({ iscrowd: true })
})

test('WebDataset and a project archive hold everything: grounded captions, authors, attributes, tags', async () => {
  const record: ImageRecord = {
    fileName: 'dir/x.y.png',
    width: W,
    height: H,
    split: 'odd split',
    tags: ['t'],
    review: 'approved',
    regions: [
      {
        label: null,
        shape: { kind: 'polyline', points: [1, 1, 5, 5, 9, 3] },
        attributes: { a: 1, b: 'two', c: false },
        author: { kind: 'checkpoint', checkpoint: 'm', score: 0.25, prompt: 'a "red", apple' },
        state: 'accepted',
      },
      { label: 'cat', shape: { kind: 'rotated-box', cx: 20, cy: 20, w: 8, h: 6, angle: 33 } },
    ],
    captions: [{ text: 'a cat', language: 'en', region: 1, spans: [{ start: 2, end: 5, regions: [1] }] }],
  }
  const p = await projectOf([record])
  const { records } = await roundTrip(p, { format: 'webdataset' })
  const [before] = recordsOf(p)
  const strip = ({ fileName: _, contentHash: __, ...rest }: ImageRecord) => rest
  expect(strip(records[0]!)).toEqual(strip(before!))
})

describe('data beside the geometry round-trips', () => {
  const by = { kind: 'person', name: 'ann@example.org' } as const
  const model = { kind: 'checkpoint', checkpoint: 'm1', score: 0.25 } as const
  const keypoints: Shape = {
    kind: 'keypoints',
    points: [
      { name: 'nose', x: 6, y: 7, v: 2 },
      { name: 'hand', x: 9, y: 9, v: 1 },
      { name: 'foot', x: 0, y: 0, v: 0 },
    ],
    edges: [
      [0, 1],
      [1, 2],
    ],
  }
  const regions: RecordRegion[] = [
    {
      label: 'cat',
      shape: { kind: 'box', x: 5, y: 5, w: 20, h: 30 },
      attributes: { pose: 'up', truncated: true, score: 0.5, group: 3 },
      author: by,
    },
    {
      label: 'cat',
      shape: { kind: 'polygon', parts: [[[1, 1, 20, 1, 20, 20]], [[30, 30, 40, 30, 40, 40]]] },
      attributes: { track: 'a1' },
      author: by,
    },
    { label: 'person', shape: keypoints, attributes: { group: 3 }, author: by },
    { label: 'dog', shape: { kind: 'rotated-box', cx: 30, cy: 24, w: 20, h: 8, angle: 30 }, author: model, state: 'accepted' },
  ]
  const captions = [{ text: 'a whole' }, { text: 'a cat', region: 0 }, { text: 'two parts', region: 1 }]

  test.each<[FormatName, { edges?: boolean; captions?: boolean; authors?: boolean; parts?: boolean }]>([
    ['labelme', { edges: true, captions: true, authors: true, parts: true }],
    ['labelstudio', { edges: true, captions: true, authors: true }],
    ['datumaro', { edges: true, parts: true }],
    ['cvat', { parts: true }],
    ['voc', { parts: true }],
  ])(
    '%s: attributes, turned boxes, points with their names and how they are seen, and what else it has room for',
    async (format, keeps) => {
      const given = format === 'voc' ? regions.filter((r) => r.shape.kind !== 'keypoints') : regions
      const p = await projectOf([{ fileName: 'x.png', width: W, height: H, regions: given, captions }])
      const { records } = await roundTrip(p, { format })
      const back = records[0]!.regions!
      expect(back.map((r) => r.label)).toEqual(given.map((r) => r.label))
      given.forEach((r, i) => {
        expect(back[i]!.attributes).toMatchObject(r.attributes ?? {})
        if (r.shape.kind === 'rotated-box' || (r.shape.kind === 'polygon' && !keeps.parts)) {
          sameMask({ ...r }, back[i]!)
          if (r.shape.kind === 'rotated-box') expect((back[i]!.shape as { angle: number }).angle).toBeCloseTo(30, 6)
        } else if (r.shape.kind === 'keypoints')
          expect(back[i]!.shape).toMatchObject(keeps.edges ? r.shape : { kind: 'keypoints', points: r.shape.points })
        else if (r.shape.kind === 'box') sameBox(r, back[i]!)
        else expect(back[i]!.shape).toEqual(r.shape)
        if (keeps.authors) expect([back[i]!.author, back[i]!.state]).toEqual([r.author, 'accepted'])
      })
      if (keeps.captions)
        expect(records[0]!.captions!.map((c) => [c.text, c.region ?? null])).toEqual([
          ['a whole', null],
          ['a cat', 0],
          ['two parts', 1],
        ])
    },
  )
})
