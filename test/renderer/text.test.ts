import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { rank, score } from '../../src-renderer/search.ts'
import { carriedSpans, languageOf, lintCaption, lintMarks, pieces, wordsAround } from '../../src-renderer/captions.ts'
import { niceTicks, placeNames, seriesColour, smooth } from '../../src-renderer/chart.ts'
import { duration, inkOn } from '../../src-renderer/format.ts'
import { actionName } from '../../src-renderer/journal.ts'
import { fieldsOf } from '../../src-renderer/schema-fields.ts'
import { splitName, splitOf } from '../../src-renderer/splits.ts'
import { palettes } from '../../src-renderer/theme.ts'
import { i18n } from '../../src-renderer/locales/index.ts'

describe('search', () => {
  it('ranks whole words before prefixes before scattered letters', () => {
    expect(rank('box', ['Rotated box', 'Bring to x', 'Box', 'Polygon'], (s) => s)).toEqual(['Box', 'Rotated box', 'Bring to x'])
    expect(score('xyz', 'Box')).toBeNull()
  })
})

describe('splits', () => {
  it('of the sample are translated, others keep their name; typed words find the split that they name', () => {
    const shown = (language: 'en' | 'ja') => (
      (i18n.global.locale.value = language),
      ['heldOut', 'ood', 'fold 3', 'toString', null].map(splitName)
    )
    expect(shown('ja')).toEqual(['ホールドアウト', '分布外', 'fold 3', 'toString', '分割なし'])
    expect(shown('en')).toEqual(['held out', 'OOD', 'fold 3', 'toString', 'no split'])
    expect(['held out', 'ホールドアウト', 'heldOut', '検証', 'fold 3'].map(splitOf)).toEqual([
      'heldOut',
      'heldOut',
      'heldOut',
      'val',
      'fold 3',
    ])
  })
})

describe('captions', () => {
  it('are marked with the language of their script, whatever the interface language', () => {
    expect(languageOf('赤いTシャツの犬', 'en')).toBe('ja')
    expect(languageOf('a red car', 'ja')).toBe('en')
    expect(languageOf('a poster that says 犬', 'en')).toBe('en')
    expect(['', '12'].map((s) => languageOf(s, 'ja'))).toEqual(['ja', 'ja'])
  })
  const span = (start: number, end: number) => ({ start, end, regions: [1] })
  it('are cut at their spans, and the pieces add up to the whole', () => {
    expect(pieces('a red car', [span(2, 9)]).map((p) => [p.text, p.span !== null])).toEqual([
      ['a ', false],
      ['red car', true],
    ])
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.array(fc.tuple(fc.nat(30), fc.nat(30))), (text, pairs) => {
        const spans = pairs.map(([a, b]) => span(Math.min(a, b), Math.max(a, b) + 1))
        expect(
          pieces(text, spans)
            .map((p) => p.text)
            .join(''),
        ).toBe(text)
      }),
    )
  })
  it('are marked where something is wrong, and where the model stops reading', () => {
    const text = 'a cat  on the the mat'
    const shown = pieces(
      text,
      [span(2, 5)],
      17,
      lintMarks(text, [], 'en').filter((m) => m.end > m.start),
    )
    expect(shown.map((p) => [p.text, p.lint ?? (p.span ? 'span' : null), p.over])).toEqual([
      ['a ', null, false],
      ['cat', 'span', false],
      ['  ', 'spaces', false],
      ['on the ', null, false],
      ['the', 'repeated', false],
      [' mat', null, true],
    ])
  })

  it('keep their ties when rewritten around the words', () => {
    const before = 'a cat and a dog'
    expect(carriedSpans(before, 'one cat beside a dog', [span(2, 5), span(12, 15)])).toEqual([span(4, 7), span(17, 20)])
    expect(carriedSpans(before, 'a dog', [span(2, 5), span(12, 15)])).toEqual([span(2, 5)])
  })

  it('are tied by whole words, in every script', () => {
    expect(wordsAround('a red car', 3, 7)).toEqual({ start: 2, end: 9 })
    expect(wordsAround('a red car', 1, 2)).toBeNull()
    const text = '赤い車が走る'
    const { start, end } = wordsAround(text, 2, 3)!
    expect(text.slice(start, end)).toBe('車')
  })
  it('are checked for mistakes', () => {
    expect(lintCaption('a  cat', [])).toEqual(['spaces'])
    expect(lintCaption('A cat ', ['a cat'])).toEqual(['ends', 'duplicate'])
    expect(lintCaption('   ', [])).toEqual(['empty'])
    expect(lintCaption('a cat on the the mat', [])).toEqual(['repeated'])
    expect(lintCaption('赤い車', [], 'en')).toEqual(['script'])
    expect(lintCaption('a red car', [], 'ja')).toEqual(['script'])
    expect(lintCaption('a cat on a mat', ['a dog'])).toEqual([])
  })
})

describe('charts', () => {
  it('have round ticks that span the data', () => {
    expect(niceTicks(0, 1, 4)).toEqual([0, 0.25, 0.5, 0.75, 1])
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.double({ min: 1e-3, max: 1e6, noNaN: true }), (from, span) => {
        const ticks = niceTicks(from, from + span, 5)
        expect(ticks.length).toBeLessThan(12)
        expect(ticks[0]!).toBeLessThanOrEqual(from + span * 1e-6)
        expect(ticks.at(-1)!).toBeGreaterThanOrEqual(from + span * (1 - 1e-6))
      }),
    )
  })
  it('place names beside points, not overlapping other names or points while there is room', () => {
    const points = [
      { x: 100, y: 100, w: 60 },
      { x: 120, y: 104, w: 60 },
      { x: 112, y: 92, w: 60 },
      { x: 390, y: 100, w: 60 },
    ]
    const names = placeNames(points, [0, 400])
    const boxes = [
      ...points.map(({ x, y }) => [x - 5, y - 5, x + 5, y + 5]),
      ...names.map(({ x, y }, i) => [x, y - 9, x + points[i]!.w, y + 2]),
    ] as [number, number, number, number][]
    for (const [i, a] of boxes.entries())
      for (const b of boxes.slice(Math.max(i + 1, points.length)))
        expect(a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3], `${a} ${b}`).toBe(false)
    expect(placeNames([{ x: 100, y: 100, w: 60 }], [0, 400])).toEqual([{ x: 109, y: 93 }])
    expect(names[3]!.x + 60).toBeLessThanOrEqual(400)
  })
  it('have colours that are distinct for every eye, on both backgrounds', () => {
    const light = (hex: string) =>
      [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    const by = (rows: number[][], c: number[]) => rows.map((row) => Math.max(0, row[0]! * c[0]! + row[1]! * c[1]! + row[2]! * c[2]!))
    const xyz = (c: number[]) =>
      by(
        [
          [0.4124, 0.3576, 0.1805],
          [0.2126, 0.7152, 0.0722],
          [0.0193, 0.1192, 0.9505],
        ],
        c,
      )
    const lab = (c: number[]) => {
      const [x, y, z] = xyz(c)
        .map((v, i) => v / [0.9505, 1, 1.089][i]!)
        .map((v) => (v > 0.008856 ? Math.cbrt(v) : 7.787 * v + 16 / 116)) as [number, number, number]
      return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
    }
    // Machado, Oliveira and Fernandes, 2009: full protanopia and deuteranopia.
    const eyes = [
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
      ],
      [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
      ],
    ]
    const colours = [0, 1, 2, 3, 4, 5].map((i) => light(seriesColour(i)))
    for (const eye of eyes) {
      const seen = colours.map((c) => lab(by(eye, c)))
      for (const [i, a] of seen.entries())
        for (const b of seen.slice(i + 1)) expect(Math.hypot(...a.map((v, k) => v - b[k]!))).toBeGreaterThan(25)
    }
    const contrast = (a: number, b: number) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    for (const ground of [palettes.light.panel, palettes.dark.panel])
      for (const c of colours) expect(contrast(xyz(c)[1]!, xyz(light(ground))[1]!)).toBeGreaterThan(3)
  })
  it('are smoothed without a bias to zero', () => {
    expect(
      smooth(
        [1, 2, 3].map((x) => ({ x, y: 5 })),
        0.9,
      ).map((p) => p.y),
    ).toEqual([5, 5, 5].map((v) => expect.closeTo(v)))
  })
})

describe('forms', () => {
  it('are generated from the schema of a recipe', () => {
    const schema = z.toJSONSchema(
      z.strictObject({
        epochs: z.int().min(1).max(99).default(10).describe('Passes'),
        lr: z.number().positive().default(0.1),
        head: z.enum(['a', 'b']).default('a'),
        fast: z.boolean().default(false),
      }),
    )
    expect(fieldsOf(schema as Record<string, unknown>)).toEqual([
      {
        name: 'epochs',
        title: 'Epochs',
        names: {},
        kind: 'integer',
        description: 'Passes',
        words: {},
        default: 10,
        min: 1,
        max: 99,
        above: undefined,
        whole: true,
      },
      {
        name: 'lr',
        title: 'Lr',
        names: {},
        kind: 'number',
        description: '',
        words: {},
        default: 0.1,
        min: undefined,
        max: undefined,
        above: 0,
        whole: false,
      },
      { name: 'head', title: 'Head', names: {}, kind: 'choice', description: '', words: {}, default: 'a', choices: ['a', 'b'] },
      { name: 'fast', title: 'Fast', names: {}, kind: 'boolean', description: '', words: {}, default: false },
    ])
  })
})

describe('words', () => {
  it('translate journal actions to Japanese, and leave unknown ones unchanged', () => {
    i18n.global.locale.value = 'ja'
    const said = [
      'move 3 regions',
      'delete vertices',
      'draw rotated box',
      'remove image label',
      'edit 12 images',
      'resize',
      'go back to v 1',
      'of another program',
    ].map(actionName)
    i18n.global.locale.value = 'en'
    expect(said).toEqual([
      '領域 3 個の移動',
      '頂点の削除',
      '回転矩形の作図',
      '画像ラベルの削除',
      '画像 12 枚の編集',
      '大きさの変更',
      '「v 1」に戻す',
      'of another program',
    ])
    expect(actionName('move 3 regions')).toBe('move 3 regions')
  })
  it('keep numbers short', () => {
    expect([12.4, 150, 7500].map(duration)).toEqual(['12 s', '3 min', '2 h 5 min'])
    expect(['#ffffff', '#000000', '#1f77b4', '#ffbb78'].map(inkOn)).toEqual(['#111111', '#ffffff', '#ffffff', '#111111'])
  })
})
