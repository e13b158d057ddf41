/** Shapes that lie about themselves and texts without an end are refused where they come in; one that is stored already is named and left out. */
import { describe, expect, test } from 'vitest'
import { methods } from '#shared/contract.ts'
import { encodeRle, rleProblem } from '#shared/geometry/rle.ts'
import { limits } from '#shared/model/limits.ts'
import type { Region } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import { applyRegionEdit } from '../../../src-main/app/annotations/apply.ts'
import { addCaption, addRegion, changeRegions } from '../../../src-main/app/annotations/index.ts'
import { exportFrom, importInto } from '../../../src-main/app/exchange/index.ts'
import { checkProject, imageContent, readRecords, type Project } from '../../../src-main/app/projects/index.ts'
import { everyFormat, fresh, project, projectOf, recordsOf } from '../exchange/helpers.ts'

const images = () =>
  projectOf([
    { fileName: 'a.png', width: 40, height: 30 },
    { fileName: 'b.png', width: 20, height: 20 },
  ])
const mask = (h: number, w: number, counts: string): Shape => ({ kind: 'mask', rle: { size: [h, w], counts } })
const box = (x: number, y: number, w: number, h: number): Shape => ({ kind: 'box', x, y, w, h })
const whole = encodeRle({ height: 30, width: 40, counts: [0, 1200] }).counts
const point = { x: 1, y: 1, v: 2 as const }

/** [what, shape, is the lie within the shape itself, or only on that image?] */
const lies: [string, Shape, 'itself' | 'image'][] = [
  ['a mask of 4·10⁹ squared', mask(4e9, 4e9, '0'), 'itself'],
  ['a mask of 60,000 squared', mask(60_000, 60_000, encodeRle({ height: 6e4, width: 6e4, counts: [36e8] }).counts), 'itself'],
  ['runs that cover too little', mask(30, 40, '0'), 'itself'],
  ['runs that are none', mask(30, 40, '\u00ff~'), 'itself'],
  ['a mask of another size', mask(40, 30, whole), 'image'],
  ['1e308', box(1e308, 1, 1, 1), 'itself'],
  ['a box without an end', box(0, 0, 1e300, 1), 'itself'],
  ['a box far away', box(1e7, 0, 5, 5), 'image'],
  ['a vertex far away', { kind: 'polygon', parts: [[[0, 0, 5, 5, -9e7, 3]]] }, 'image'],
  ['a line to nowhere', { kind: 'polyline', points: [0, 0, 1e200, 3] }, 'itself'],
  ['an edge to no point', { kind: 'keypoints', points: [point], edges: [[0, 7]] }, 'itself'],
  ['a million points', { kind: 'keypoints', points: Array(limits.keypoints + 1).fill(point) as (typeof point)[] }, 'itself'],
  ['a turn without an end', { kind: 'rotated-box', cx: 1, cy: 1, w: 2, h: 2, angle: 1e300 }, 'itself'],
]

const drawn = (shape: Shape): Region => ({
  id: -1,
  mediaId: 1,
  labelId: null,
  shape,
  attributes: {},
  author: { kind: 'person', name: 'x' },
  state: 'accepted',
  z: 0,
  hidden: false,
  locked: false,
})
/** As a program without these bounds would have stored it. */
const store = ({ db }: Project, shape: Shape) => {
  const { lastId } = db.run(
    `INSERT INTO region (media_id, shape, attributes, author, state, z, hidden, locked) VALUES (1, ?, '{}', 'person:x', 'accepted', 0, 0, 0)`,
    JSON.stringify(shape),
  )
  return Number(lastId)
}

describe.each(lies)('%s', (_, shape, where) => {
  test('is refused by calls', async () => {
    const p = await images()
    const parsed = methods['regions.apply'].input.safeParse({
      mediaId: 1,
      action: 'draw',
      changes: [{ before: null, after: drawn(shape) }],
    })
    expect(parsed.success).toBe(where === 'image')
    if (parsed.success) expect(() => applyRegionEdit(p, parsed.data)).toThrow(/^a\.png: shape: /)
    expect(() => addRegion(p, { mediaId: 1, shape })).toThrow(/shape/)
    const { id } = addRegion(p, { mediaId: 1, shape: box(1, 1, 2, 2) })
    expect(() => changeRegions(p, [{ id, patch: { shape } }])).toThrow(/shape/)
    expect(recordsOf(p)[0]!.regions).toHaveLength(1)
  })

  test('that is stored already is named by the check and by each export, and left out alone', async () => {
    const p = await images()
    addRegion(p, { mediaId: 1, shape: box(1, 2, 3, 4) })
    const id = store(p, shape)
    expect(
      checkProject(p, { files: false })
        .problems.filter((x) => x.kind === 'row')
        .map((x) => x.message),
    ).toEqual([expect.stringMatching(new RegExp(`region ${id}\\b`)) as string])
    expect(imageContent(p, 1).regions.length).toBeGreaterThan(0)
    for (const format of ['coco', 'csv'] as const) {
      const report = await exportFrom(p, fresh('out'), { format })
      expect(report.findings.filter((f) => f.file === 'a.png' && f.level === 'left out').map((f) => f.reason)).toContainEqual(
        expect.stringMatching(new RegExp(`region ${id}\\b`)),
      )
      expect(report.images).toBe(2)
    }
    const [record] = [...readRecords(p)]
    expect(record!.record.regions!.map((r) => r.shape)).toEqual([box(1, 2, 3, 4)])
  })
})

test('no format fails for a project that holds all of them; its archive brings none of them in', async () => {
  const p = await images()
  addRegion(p, { mediaId: 1, shape: box(1, 2, 3, 4) })
  for (const [, shape] of lies) store(p, shape)
  for (const format of everyFormat)
    expect((await exportFrom(p, fresh('out'), { format })).leftOut, format).toBeGreaterThanOrEqual(lies.length)
  const archive = `${fresh('archive')}.zip`
  await exportFrom(p, archive, { format: 'dashi' })
  const q = project()
  const report = await importInto(q, archive)
  expect(report.leftOut).toBe(lies.length)
  expect(recordsOf(q)[0]!.regions).toHaveLength(1)
})

test('texts without an end are refused by field', async () => {
  const p = await images()
  const long = 'x'.repeat(20_000_000)
  expect(() => addCaption(p, { mediaId: 1, text: long })).toThrow(/^caption: text: Too big/)
  const issue = (method: keyof typeof methods, input: unknown) => methods[method].input.safeParse(input).error?.issues[0]?.path.join('.')
  expect(issue('captions.add', { mediaId: 1, regionId: null, text: long, language: null, spans: [] })).toBe('text')
  expect(issue('comments.add', { mediaId: 1, regionId: null, text: long })).toBe('text')
  expect(issue('labels.add', { name: long })).toBe('name')
  expect(issue('labels.add', { name: 'a', synonyms: [long] })).toBe('synonyms.0')
  expect(issue('tags.add', { mediaIds: [1], tag: long })).toBe('tag')
  const edit = (attributes: object) =>
    issue('regions.apply', { mediaId: 1, action: 'a', changes: [{ before: null, after: { ...drawn(box(1, 1, 1, 1)), attributes } }] })
  expect(edit({ note: long })).toBe('changes.0.after.attributes.note')
  expect(edit(Object.fromEntries(Array.from({ length: limits.list + 1 }, (_, i) => [`a${i}`, 1])))).toBe('changes.0.after.attributes')
  expect(edit({ note: 'fine' })).toBeUndefined()
})

test('runs are checked as they are decoded', () => {
  expect(rleProblem({ size: [30, 40], counts: whole })).toBeNull()
  expect(rleProblem({ size: [30, 40], counts: encodeRle({ height: 30, width: 40, counts: [5, 700, 3, 492] }).counts })).toBeNull()
  expect(rleProblem({ size: [30, 40], counts: `${whole}o` })).toContain('end in the middle')
})
