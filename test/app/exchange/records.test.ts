/** What every exchange format must have and do, as soon as its file is there. */
import fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import { exportOptions, type Feature, feature, formatName } from '#shared/model/exchange.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import type { Attributes } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import { wordsSchema } from '#shared/model/words.ts'
import { canExport, canImport, detectFormat, formatRecord, formats, settingsOf, summarise } from '../../../src-main/app/exchange/index.ts'
import { readRecords } from '../../../src-main/app/projects/index.ts'
import { projectOf, roundTrip } from './helpers.ts'

const folder = path.join(import.meta.dirname, '../../../src-main/app/exchange/formats')

it('there is one record a file, each with an id and a place of its own', () => {
  const files = readdirSync(folder, { withFileTypes: true }).filter((f) => f.isFile())
  expect(formats.map((f) => `${f.id}.ts`).sort()).toEqual(files.map((f) => f.name).sort())
  for (const key of ['order', 'reference'] as const)
    if (key === 'order') expect(new Set(formats.map((f) => f[key])).size).toBe(formats.length)
  expect(new Set(formats.map((f) => f.title.en)).size).toBe(formats.length)
})

it('an unknown format is answered with those that there are', () => {
  expect(() => formatRecord('xyz')).toThrow(/xyz.*yolo.*coco/)
})

it('the table in the docs is the records’', async () => {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const table = [
    row(['format', 'name', 'in', 'out', 'files', 'what it is']),
    row(['---', '---', '---', '---', '---', '---']),
    ...[...formats]
      .sort((a, b) => a.title.en.localeCompare(b.title.en, 'en'))
      .map((f) =>
        row([
          `[${f.title.en}](${f.reference})`,
          `\`${f.id}\``,
          canImport(f) ? 'yes' : '',
          canExport(f) ? 'yes' : '',
          f.extensions.map((e) => `\`${e}\``).join(' '),
          f.about.en,
        ]),
      ),
  ]
  const text = `# Formats\n\nWritten from the records in \`src-main/app/exchange/formats\` by \`npx vitest run test/app/exchange/records.test.ts --update\`.\n\n${table.join('\n')}\n`
  await expect(text).toMatchFileSnapshot('../../../docs/formats.md')
})

describe.each(formats.map((f) => [f.id, f] as const))('%s', (id, format) => {
  it('says what it is in both languages, where it is described and which files it has', () => {
    formatName.parse(id)
    wordsSchema.parse(format.title)
    wordsSchema.parse(format.about)
    expect(new URL(format.reference).protocol).toMatch(/^https?:$/)
    for (const extension of format.extensions) expect(extension).toMatch(/^(\.[a-z0-9]+)+$/)
    expect(canImport(format) || canExport(format)).toBe(true)
  })

  it('can be recognised', () => {
    expect(format.recognises ?? format.recognisesFolder).toBeDefined()
    expect(format.recognises?.call(format, peekAtNothing) ?? false).toBe(false)
  })

  it('says in both languages what becomes of what it cannot hold', () => {
    for (const losses of [format.losses ?? {}, ...Object.values(format.kinds?.losses ?? {})])
      for (const [name, becomes] of Object.entries(losses)) {
        feature.parse(name)
        wordsSchema.parse(becomes)
      }
    if (format.write) expect(format.losses).toMatchObject({ comments: expect.anything() as unknown })
  })

  it('describes its settings in both languages, each with a default, and refuses others', () => {
    for (const direction of ['import', 'export'] as const) {
      const schema: z.ZodObject | undefined = format[`${direction}Settings`]
      const { properties = {} } = schema ? z.toJSONSchema(schema, { io: 'input' }) : {}
      for (const property of Object.values(properties)) {
        const { description, words, ...rest } = property as { description?: string; words?: object; default?: unknown }
        expect(wordsSchema.parse(words)).toMatchObject({ en: description, ja: expect.any(String) as unknown })
        expect(rest).toHaveProperty('default')
      }
      expect(() => settingsOf(format, direction, { colourOfTheSky: 'blue' })).toThrow('colourOfTheSky')
    }
  })

  it.runIf(format.read && format.write)('brings back whatever it does not say it loses', async () => {
    await fc.assert(
      fc.asyncProperty(dataset, async (records) => {
        const p = await projectOf(records)
        const { exported, imported, project, out } = await roundTrip(p, { format: id })
        expect(await detectFormat(out)).toBe(id)
        expect(imported.findings.filter((f) => f.level === 'left out')).toEqual([])
        expect(imported.images).toBe(records.length)
        const contents = [...readRecords(project)].map((r) => r.record.contentHash).sort()
        expect(contents).toEqual(
          [...readRecords(p)].map(({ file }) => createHash('sha256').update(readFileSync(file!)).digest('hex')).sort(),
        )
        const lost = new Set<string>(exported.losses.filter((l) => !l.becomes.en.startsWith('are kept:')).map((l) => l.feature))
        for (const [whole, part] of parts) if (lost.has(whole)) lost.add(part)
        const [before, after] = [summarise(p, { format: id }).counts, summarise(project, { format: id }).counts]
        // A polygon may come back as a mask.
        const count = (of: typeof before, name: Feature) =>
          name === 'polygons' || name === 'masks' ? (of.polygons ?? 0) + (of.masks ?? 0) : (of[name] ?? 0)
        const gone = feature.options.filter((name) => !lost.has(name) && count(after, name) < count(before, name))
        expect(gone).toEqual([])
      }),
      { numRuns: 4, endOnFailure: true },
    )
  })
})

/** An empty file that no format is named by. */
const peekAtNothing = {
  file: '/nothing',
  name: 'nothing',
  head: '',
  has: () => false,
  list: () => false,
  outline: { root: null, keys: new Map(), inner: new Map() },
} as never

/** What cannot be kept where something else is lost. */
const shapes = ['boxes', 'rotated boxes', 'polygons', 'masks', 'polylines', 'keypoints'] as const
const parts: readonly (readonly [Feature, Feature])[] = [
  ...shapes.map((s) => [s, 'attributes'] as const),
  ...(['polygons', 'masks'] as const).flatMap((s) => [[s, 'holes'] as const, [s, 'parts'] as const]),
  ['holes', 'polygons'],
  ['polygons', 'masks'],
  ['masks', 'polygons'],
  ['image labels', 'several labels an image'],
  ['several labels an image', 'image labels'],
  ['captions', 'several captions an image'],
  ['several captions an image', 'captions'],
]

const [W, H] = [64, 48]
const at = (most: number) => fc.integer({ min: 0, max: most })
const shape: fc.Arbitrary<Shape> = fc.oneof(
  fc.record({ kind: fc.constant('box' as const), x: at(30), y: at(20), w: fc.constantFrom(8, 20), h: fc.constantFrom(5, 25) }),
  fc.record({
    kind: fc.constant('rotated-box' as const),
    cx: fc.constant(30),
    cy: fc.constant(24),
    w: fc.constant(20),
    h: fc.constant(9),
    angle: fc.integer({ min: 1, max: 350 }), // 0 is a plain box for Datumaro and CVAT
  }),
  at(20).map((x): Shape => ({ kind: 'polygon', parts: [[[x, 2, x + 30, 4, x + 28, 40, x + 3, 38]]] })),
  at(20).map((x): Shape => ({
    kind: 'polygon',
    parts: [
      [
        [x, 2, x + 30, 2, x + 30, 40, x, 40],
        [x + 8, 10, x + 20, 10, x + 20, 30, x + 8, 30],
      ],
    ],
  })),
  at(20).map((x): Shape => ({ kind: 'polygon', parts: [[[x, 2, x + 10, 2, x + 10, 12]], [[x + 20, 20, x + 40, 20, x + 40, 40]]] })),
  fc.constant<Shape>({ kind: 'polyline', points: [1, 1, 30, 20, 40, 8] }),
  fc.constant<Shape>({
    kind: 'keypoints',
    points: [
      { x: 3, y: 4, v: 2, name: 'nose' },
      { x: 9, y: 8, v: 1, name: 'tail' },
    ],
  }),
  at(30).map((x): Shape => {
    const bits = new Uint8Array(W * H)
    for (let v = 5; v < 30; v++) bits.fill(1, v * W + x, v * W + x + 20)
    return { kind: 'mask', rle: rleFromBitmap(bits, H, W) }
  }),
)
const label = fc.constantFrom('cat', 'dog', 'sea lion')
const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 2 })
const image = fc.record({
  regions: fc.array(fc.record({ label, shape, attributes: fc.constantFrom<Attributes>({}, { truncated: true }) }), {
    minLength: 1,
    maxLength: 4,
  }),
  labels: some(label).map((names) => [...new Set(['cat', ...names])].map((name) => ({ label: name }))),
  captions: some(fc.constantFrom('a cat at sea', 'two dogs, one asleep')).map((texts) =>
    [...new Set(['a scene', ...texts])].map((text) => ({ text })),
  ),
  tags: some(fc.constantFrom('night', 'blurred')).map((tags) => [...new Set(tags)]),
  split: fc.constantFrom('train', 'val'),
})
const dataset = fc.array(image, { minLength: 2, maxLength: 4 }).map((images) =>
  images.map((one, i): ImageRecord => ({
    ...one,
    split: i === 0 ? 'train' : one.split,
    fileName: `pics/a picture ${i}.png`,
    width: W,
    height: H,
  })),
)

it('options for an export in any format are accepted as they are', () => {
  for (const { id } of formats.filter(canExport)) expect(exportOptions.parse({ format: id }).settings).toEqual({})
})
