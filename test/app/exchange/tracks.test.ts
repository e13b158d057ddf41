/** CVAT's videos as frames, and DOTA's four corners. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { folder, project, recordsOf, roundTrip } from './helpers.ts'

const image: [number, number] = [200, 100]
async function read(files: Parameters<typeof folder>[0]) {
  const p = project()
  const report = await importInto(p, await folder(files))
  return { p, report, records: recordsOf(p), reasons: report.findings.map((f) => f.reason) }
}

describe('CVAT video', () => {
  const video = (
    ...tracks: string[]
  ) => `<?xml version="1.0"?><annotations><version>1.1</version><meta><task><size>6</size><mode>interpolation</mode><labels><label><name>car</name></label>
    <label><name>nose</name><parent>person</parent></label></labels><original_size><width>200</width><height>100</height></original_size></task></meta>${tracks.join('\n')}</annotations>`
  const box = (frame: number, x: number, more = '', inner = '') =>
    `<box frame="${frame}" outside="0" occluded="0" keyframe="1" xtl="${x}" ytl="10" xbr="${x + 20}" ybr="30" z_order="0" ${more}>${inner}</box>`
  const frames = (name: (i: number) => string) => Object.fromEntries([0, 1, 2, 3, 4, 5].map((i) => [name(i), image]))
  const seen = (records: ReturnType<typeof recordsOf>) =>
    records.map((r) => [
      r.fileName,
      r.regions!.map((g) => [g.attributes!['track_id'], g.attributes!['keyframe'], g.shape.kind === 'box' ? g.shape.x : g.shape.kind]),
    ])

  test('boxes are interpolated linearly between key frames, and end after “outside”', async () => {
    const track = `<track id="3" label="car" source="manual">${box(0, 0)}${box(2, 40)}${box(4, 60).replace('outside="0"', 'outside="1"')}</track>`
    const { report, records } = await read({ 'annotations.xml': video(track), ...frames((i) => `images/frame_00000${i}.PNG`) })
    expect([report.format, report.findings, report.unmentioned]).toEqual(['cvat', [], 2])
    expect(seen(records)).toEqual([
      ['images/frame_000000.PNG', [[3, true, 0]]],
      ['images/frame_000001.PNG', [[3, false, 20]]],
      ['images/frame_000002.PNG', [[3, true, 40]]],
      // There it ends, which a person said.
      ['images/frame_000003.PNG', [[3, true, 50]]],
    ])
  })

  test('frames in the file are not interpolated; rotation takes the shorter way; attributes last until they change', async () => {
    const given = `<track id="0" label="car">${box(0, 0)}${box(1, 99).replace('keyframe="1"', 'keyframe="0"')}${box(2, 40)}</track>`
    expect(seen((await read({ 'annotations.xml': video(given), ...frames((i) => `frame_00000${i}.png`) })).records)[1]).toEqual([
      'frame_000001.png',
      [[0, false, 99]],
    ])
    const attribute = '<attribute name="colour">red</attribute>'
    const turned =
      `<track id="1" label="car" group_id="2">${box(0, 0, 'rotation="350"', attribute)}${box(2, 0, 'rotation="10"')}</track>`.replace(
        'occluded="0"',
        'occluded="1"',
      )
    const { records } = await read({ 'annotations.xml': video(turned), ...frames((i) => `frame_00000${i}.png`) })
    expect(records[1]!.regions).toMatchObject([
      {
        label: 'car',
        shape: { kind: 'rotated-box', angle: 360 },
        attributes: { colour: 'red', group: 2, keyframe: false, occluded: true },
      },
    ])
    expect(records[2]!.regions![0]!.attributes).toEqual({ colour: 'red', group: 2, keyframe: true, track_id: 1 })
  })

  test('polygons and skeletons are interpolated too, with a note; an invalid frame is reported with its line', async () => {
    const polygon = (frame: number) => `<polygon frame="${frame}" outside="0" occluded="0" keyframe="1" points="1,1;20,1;20,20"></polygon>`
    const skeleton =
      '<skeleton frame="1" keyframe="1" outside="0"><points label="nose" outside="0" occluded="1" points="5,6"></points></skeleton>'
    const { report, records } = await read({
      'annotations.xml': video(
        `<track id="0" label="car">${polygon(0)}${polygon(4)}${polygon(-1)}</track><track id="1" label="person">${skeleton}</track>`,
      ),
      ...frames((i) => `frame_00000${i}.png`),
    })
    expect(records.map((r) => [r.fileName, r.regions![0]!.shape.kind])).toEqual([
      ['frame_000000.png', 'polygon'],
      ['frame_000001.png', 'polygon'],
      ['frame_000002.png', 'polygon'],
      ['frame_000003.png', 'polygon'],
      ['frame_000004.png', 'polygon'],
    ])
    expect(records[1]!.regions![1]!.shape).toEqual({ kind: 'keypoints', points: [{ name: 'nose', x: 5, y: 6, v: 1 }] })
    expect(report.notes.join()).toMatch(/between key frames/)
    expect(report.findings).toMatchObject([
      { level: 'left out', reason: expect.stringMatching(/frame -1 is not a whole number/) as string },
    ])
  })

  test('images in the task’s order; missing frames wait for their image', async () => {
    const track = `<track id="0" label="car">${box(1, 5)}</track>`
    expect(seen((await read({ 'annotations.xml': video(track), ...frames((i) => `images/${'abcdef'[i]}.jpg`) })).records)).toEqual([
      ['images/b.jpg', [[0, true, 5]]],
    ])
    const alone = await read({ 'annotations.xml': video(track) })
    expect(alone.records).toMatchObject([{ fileName: 'frame_000001.png', width: 200, height: 100, regions: [{ label: 'car' }] }])
    expect(alone.report.missing).toBe(1)
  })

  test('a gap of a billion frames is quick', async () => {
    const { reasons } = await read({
      'annotations.xml': video(`<track id="0" label="car">${box(0, 0)}${box(1e9, 40)}</track>`),
      'frame_000000.png': image,
    })
    expect(reasons[0]).toMatch(/1000000000 frames without a shape/)
  })

  test('cuboids keep their corners', async () => {
    const corners = [
      'xtl1="10" ytl1="20" xbl1="10" ybl1="60" xtr1="50" ytr1="20" xbr1="50" ybr1="60"',
      'xtl2="30" ytl2="10" xbl2="30" ybl2="50" xtr2="70" ytr2="10" xbr2="70" ybr2="50"',
    ]
    const { records, reasons } = await read({
      'annotations.xml': `<annotations><image id="0" name="a.png" width="200" height="100"><cuboid label="car" occluded="0" ${corners.join(' ')}></cuboid></image></annotations>`,
      'a.png': image,
    })
    expect(records[0]!.regions).toMatchObject([
      {
        shape: { kind: 'polygon', parts: [[[10, 20, 30, 10, 70, 10, 70, 50, 50, 60, 10, 60]]] },
        attributes: { cuboid: '10 20 10 60 50 20 50 60 30 10 30 50 70 10 70 50' },
      },
    ])
    expect(reasons).toEqual([expect.stringMatching(/cuboid/)])
  })
})

describe('DOTA', () => {
  const rows =
    'imagesource:GoogleEarth\ngsd:0.146\n20.0 20.0 60.0 20.0 60.0 40.0 20.0 40.0 large-vehicle 0\n71 33 123 63 113 80 61 50 ship 1\n100 10 180 20 190 90 90 60 harbor 2\n'
  test.each<[string, Parameters<typeof folder>[0], string | null]>([
    ['one folder', { 'images/P0001.png': image, 'labelTxt/P0001.txt': rows }, null],
    ['a folder a split', { 'train/images/P0001.png': image, 'train/labelTxt-v1.5/DOTA-v1.5_train/P0001.txt': rows }, 'train'],
    ['beside each other', { 'P0001.png': image, 'P0001.txt': rows }, null],
  ])('%s', async (_, files, split) => {
    const { report, records } = await read(files)
    expect([report.format, report.findings, records[0]!.split]).toEqual(['dota', [], split])
    const [vehicle, ship, harbor] = records[0]!.regions!
    expect(vehicle).toMatchObject({
      label: 'large-vehicle',
      shape: { kind: 'rotated-box', cx: 40, cy: 30, w: 40, h: 20, angle: 0 },
      attributes: { gsd: 0.146 },
    })
    // Whole pixels of a box turned by 30°.
    expect(
      ship!.shape.kind === 'rotated-box' && [
        ship!.shape.cx,
        ship!.shape.cy,
        Math.round(ship!.shape.w),
        Math.round(ship!.shape.h),
        Math.round(ship!.shape.angle),
      ],
    ).toEqual([92, 56.5, 60, 20, 30])
    expect(ship!.attributes).toMatchObject({ difficult: true })
    expect(harbor).toMatchObject({
      shape: { kind: 'polygon', parts: [[[100, 10, 180, 20, 190, 90, 90, 60]]] },
      attributes: { difficult: 2 },
    })
    expect(records[0]!.tags).toEqual(['imagesource: GoogleEarth'])
  })

  test('round-trips, also names of several words; other shapes become their smallest enclosing box', async () => {
    const { p } = await read({ 'images/a.png': image, 'labelTxt/a.txt': rows, 'classes.txt': 'large vehicle\n' })
    const { out, exported, records } = await roundTrip(p, { format: 'dota' })
    expect(exported.findings).toEqual([])
    expect(readFileSync(path.join(out, 'labelTxt/a.txt'), 'utf8').split('\n').slice(0, 3)).toEqual([
      'imagesource:GoogleEarth',
      'gsd:0.146',
      '20 20 60 20 60 40 20 40 large-vehicle 0',
    ])
    const strip = (r: ReturnType<typeof recordsOf>) =>
      r[0]!.regions!.map(({ label, attributes, shape }) => ({ label, attributes, kind: shape.kind }))
    expect(strip(records)).toEqual(strip(recordsOf(p)))
  })

  test('rows without an image, and invalid rows', async () => {
    const { reasons } = await read({ 'images/a.png': image, 'labelTxt/a.txt': `${rows}1 2 3 ship 0\n`, 'labelTxt/b.txt': rows })
    expect(reasons.sort()).toEqual(['expected 8 coordinates, a class and a difficulty', 'rows without an image of that name'])
  })
})
