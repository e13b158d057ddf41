/** What crosses a boundary: what is taken, what is filled in, and what is refused. */
import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { language, recordSpan, span } from '#shared/model/caption.ts'
import { label, nextColour, palette } from '#shared/model/label.ts'
import { labelOperation, labelSchemaFile } from '#shared/model/label-schema.ts'
import { media, relativePath, split, tag } from '#shared/model/media.ts'
import { attributes } from '#shared/model/region.ts'
import { mayBeFrame, sequenceOf, trackOfAttributes } from '#shared/model/sequence.ts'
import { shape } from '#shared/model/shape.ts'

const takes = (schema: z.ZodType, ...values: unknown[]) => values.map((v) => schema.safeParse(v).success)
const why = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value).error?.issues.map((i) => `${i.path.join('.')}: ${i.message}`) ?? 'taken'

test('paths are relative, without steps up, on every system', () => {
  expect(takes(relativePath, 'a.jpg', 'a/b c.jpg', '..a/b', 'a/...', 'a:b.jpg', 'C:a')).toEqual(Array(6).fill(true))
  expect(takes(relativePath, '', '/a', '\\a', 'C:/a', 'c:\\a', '../a', 'a/../b', 'a/..', './a', 'a\\..\\b', 'a\\.', '.')).toEqual(
    Array(12).fill(false),
  )
  expect(takes(relativePath, 'x'.repeat(4096), 'x'.repeat(4097))).toEqual([true, false])
})

test('names of splits and tags, colours, languages', () => {
  expect(takes(split, 'train', 'held-out', '', 'x'.repeat(64), 'x'.repeat(65))).toEqual([true, true, false, true, false])
  expect(takes(tag, 'x', '', 'x'.repeat(200), 'x'.repeat(201))).toEqual([true, false, true, false])
  expect(takes(label.shape.colour, '#1f77b4', '#1F77B4', '1f77b4', '#1f77b', '#1f77b44', 'x#1f77b4')).toEqual([
    true,
    false,
    false,
    false,
    false,
    false,
  ])
  expect(takes(language, 'en', 'pt-BR', 'zh-Hant-TW', 'e', 'english language', 'en-', 'en_US', '1n')).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ])
})

test('an image', () => {
  const image = {
    id: 1,
    rootId: 1,
    path: 'a.jpg',
    contentHash: null,
    perceptualHash: null,
    width: null,
    height: 3,
    orientation: 1,
    split: null,
    review: 'unreviewed',
    duplicateGroup: null,
  }
  expect(media.parse({ ...image, reviewedBy: 'ann', reviewedAt: 5 })).toEqual({ ...image, reviewedBy: 'ann', reviewedAt: 5 })
  const broken = [
    { id: 0 },
    { id: 1.5 },
    { contentHash: 'a'.repeat(63) },
    { contentHash: 'A'.repeat(64) },
    { contentHash: `${'a'.repeat(64)}b` },
    { perceptualHash: 'g'.repeat(16) },
    { perceptualHash: 'a'.repeat(17) },
    { width: 0 },
    { orientation: 0 },
    { orientation: 9 },
    { review: 'done' },
  ]
  expect(broken.map((b) => media.safeParse({ ...image, ...b }).success)).toEqual(broken.map(() => false))
  expect(takes(media, { ...image, orientation: 8, contentHash: 'a'.repeat(64), perceptualHash: 'f'.repeat(16) })).toEqual([true])
})

test('words tied to regions', () => {
  expect(takes(span, { start: 0, end: 1, regions: [1] }, { start: 0, end: 0, regions: [] }, { start: -1, end: 1, regions: [] })).toEqual([
    true,
    false,
    false,
  ])
  expect([takes(span, { start: 0, end: 1, regions: [0] }), takes(recordSpan, { start: 0, end: 1, regions: [0] })]).toEqual([
    [false],
    [true],
  ])
})

test('attributes of a region: texts, numbers and truth values, a thousand at most', () => {
  const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`a${i}`, i]))
  expect(takes(attributes, { a: 'x', b: 1, c: false }, { a: null }, { a: [] }, many(1000), many(1001))).toEqual([
    true,
    false,
    false,
    true,
    false,
  ])
})

describe('shapes', () => {
  test('of each kind', () => {
    const good = [
      { kind: 'box', x: 0, y: -1, w: 2, h: 3 },
      { kind: 'rotated-box', cx: 0, cy: 0, w: 1, h: 1, angle: -45 },
      { kind: 'polygon', parts: [[[0, 0, 1, 0, 1, 1]]] },
      { kind: 'polyline', points: [0, 0, 1, 1] },
      { kind: 'keypoints', points: [{ x: 0, y: 0, v: 2, name: 'a' }] },
      { kind: 'mask', rle: { size: [1, 1], counts: '01' } },
    ]
    for (const s of good) expect(shape.safeParse(s).data).toEqual(s)
  })
  test('that are none', () => {
    const bad = [
      { kind: 'circle', x: 0, y: 0, r: 1 },
      { kind: 'box', x: 0, y: 0, w: -1, h: 3 },
      { kind: 'box', x: NaN, y: 0, w: 1, h: 3 },
      { kind: 'box', x: 2 ** 27 + 1, y: 0, w: 1, h: 3 },
      { kind: 'polygon', parts: [] },
      { kind: 'polygon', parts: [[]] },
      { kind: 'polygon', parts: [[[0, 0, 1, 0]]] },
      { kind: 'polygon', parts: [[[0, 0, 1, 0, 1, 1, 2]]] },
      { kind: 'polyline', points: [0, 0] },
      { kind: 'polyline', points: [0, 0, 1] },
      { kind: 'keypoints', points: [] },
      { kind: 'keypoints', points: [{ x: 0, y: 0, v: 3 }] },
      { kind: 'keypoints', points: [{ x: 0, y: 0, v: 2 }], edges: [[0, 1]] },
    ]
    expect(bad.map((s) => shape.safeParse(s).success)).toEqual(bad.map(() => false))
  })
})

describe('a file of labels', () => {
  const file = (...labels: unknown[]) => ({ format: 'dashi-labels', version: 1, labels })
  test('has what it does not say filled in', () => {
    expect(labelSchemaFile.parse(file({ name: 'cat' })).labels).toEqual([
      { name: 'cat', synonyms: [], prompts: [], parent: null, attributes: [] },
    ])
  })
  test('has each name once, and none below itself', () => {
    expect(why(labelSchemaFile, file({ name: 'a' }, { name: 'b', parent: 'a' }, { name: 'a' }))).toEqual([
      'labels.2.name: "a" occurs twice',
    ])
    expect(why(labelSchemaFile, file({ name: 'a', parent: 'b' }, { name: 'b', parent: 'a' }, { name: 'c', parent: 'a' }))).toEqual([
      'labels.0.parent: "a" is its own ancestor',
      'labels.1.parent: "b" is its own ancestor',
      'labels.2.parent: "c" is its own ancestor',
    ])
    expect(why(labelSchemaFile, file({ name: 'a', parent: 'a' }))).toHaveLength(1)
    expect(why(labelSchemaFile, file({ name: 'a', parent: 'not in it' }))).toBe('taken')
  })
  test('says what it is', () => {
    expect(takes(labelSchemaFile, file(), { ...file(), version: 2 }, { ...file(), format: 'x' })).toEqual([true, false, false])
  })
})

test('what is done to labels: those to be merged are named once each', () => {
  expect(labelOperation.parse({ kind: 'merge', ids: [1, 2, 1], into: 3 })).toEqual({ kind: 'merge', ids: [1, 2], into: 3 })
  expect(
    takes(labelOperation, { kind: 'merge', ids: [], into: 3 }, { kind: 'split', id: 1, parts: [] }, { kind: 'rename', id: 1, name: '' }),
  ).toEqual([false, false, false])
})

test('a colour that is not of the palette uses up none of it', () => {
  expect([nextColour(['#000000']), nextColour([palette[0], palette[0], palette[1]])]).toEqual([palette[0], palette[2]])
  expect(nextColour([...palette, ...palette.slice(0, 3)])).toBe(palette[3])
})

describe('frames', () => {
  test('a name may be one if it has a digit itself', () => {
    expect(['a1.png', 'b/1.png', '1/a.png', 'a.png'].map(mayBeFrame)).toEqual([true, true, false, false])
  })
  test('the last number is meant where two have as many, and a path’s own image is meant where two have its number', () => {
    const images = ['a1_b1.png', 'a1_b2.png', 'a2_b1.png']
    expect(sequenceOf('a1_b1.png', images, (p) => p)!.name).toBe('a1_b#.png')
    expect(sequenceOf('a01.png', ['a1.png', 'a01.png', 'a2.png'], (p) => p)!.frames.map((f) => f.of)).toEqual(['a01.png', 'a2.png'])
  })
  test('only the digits differ, not the text around them', () => {
    expect(sequenceOf('a1.png', ['a1.png', 'a1x.png', 'a.png', 'ab2.png', 'a2.jpg', 'd/a2.png'], (p) => p)).toBeNull()
  })
  test('a track without its end is a key frame unless it says otherwise', () => {
    const frame = (given: Parameters<typeof trackOfAttributes>[0]) => trackOfAttributes({ track_id: 1, ...given })?.track.frame ?? null
    expect([
      frame({}),
      frame({ keyframe: true }),
      frame({ keyframe: false }),
      frame({ track_end: true }),
      frame({ track_end: false }),
    ]).toEqual(['key', 'key', 'between', 'end', 'key'])
    expect(frame({ keyframe: 'yes' })).toBeNull()
    expect(trackOfAttributes({ track_id: 0 })?.track.id).toBe(0)
  })
})
