/** Tracks through a sequence of images, out and in again: CVAT's videos, and attributes elsewhere. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { endTracks, makeTracks, updateRegion } from '../../../src-main/app/annotations/index.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { imageContent, type Project } from '../../../src-main/app/projects/index.ts'
import { folder, project, projectOf, recordsOf, roundTrip } from './helpers.ts'

const names = [1, 2, 3, 4, 5, 9, 10].map((n) => `seq/f_${n}.png`)
/** A car from the first image, moved on the fifth, gone after it; and a sign on the second of no track. */
async function tracked(): Promise<Project> {
  const box = (x: number) => ({ kind: 'box' as const, x, y: 5, w: 20, h: 20 })
  const on: Record<string, { label: string; shape: ReturnType<typeof box> }[]> = {
    'seq/f_1.png': [{ label: 'car', shape: box(0) }],
    'seq/f_2.png': [{ label: 'car', shape: box(150) }],
  }
  const p = await projectOf(names.map((fileName) => ({ fileName, width: 200, height: 50, regions: on[fileName] ?? [] })))
  const idOf = (name: string) => p.db.value<number>('SELECT id FROM media WHERE path = ?', name)!
  const first = imageContent(p, idOf('seq/f_1.png')).regions[0]!
  makeTracks(p, [first.id])
  const last = imageContent(p, idOf('seq/f_5.png')).regions.find((r) => r.track)!
  updateRegion(p, last.id, { shape: { kind: 'box', x: 40, y: 5, w: 20, h: 20 }, attributes: { occluded: true } })
  endTracks(p, [last.id], true)
  return p
}

/** Of each image in the order of its number: track, place and x of its regions. */
const seen = (p: Project) =>
  p.db
    .all<{ id: number; path: string }>('SELECT id, path FROM media')
    .sort((a, b) => parseInt(/\d+/.exec(path.basename(a.path))![0]) - parseInt(/\d+/.exec(path.basename(b.path))![0]))
    .map(({ id }) =>
      imageContent(p, id)
        .regions.map((r) => `${r.track ? `${r.track.id}${r.track.frame[0]}` : '-'}${r.shape.kind === 'box' ? r.shape.x : ''}`)
        .sort()
        .join(' '),
    )
const expected = ['1k0', '-150 1b10', '1b20', '1b30', '1e40', '', '']

describe.each(['cvat', 'coco', 'datumaro', 'labelme', 'csv'] as const)('%s', (format) => {
  test('keeps tracks, key frames and their ends', async () => {
    const p = await tracked()
    expect(seen(p)).toEqual(expected)
    const { exported, project: back } = await roundTrip(p, { format })
    expect(exported.findings.filter((f) => f.level === 'left out')).toEqual([])
    expect(seen(back)).toEqual(expected)
  })
})

test('a CVAT video has frames from 0, key frames and “outside” marks', async () => {
  const p = await tracked()
  const { out } = await roundTrip(p, { format: 'cvat' })
  const file = readdirSync(out).find((f) => f.endsWith('.xml'))!
  const xml = readFileSync(path.join(out, file), 'utf8')
  expect(file).toBe('seq_f.xml')
  expect(
    [...xml.matchAll(/<box frame="(\d)" outside="(\d)" occluded="(\d)" keyframe="(\d)" xtl="(\d+)"/g)].map((m) => m.slice(1).join(' ')),
  ).toEqual(['0 0 0 1 0', '1 0 0 0 10', '2 0 0 0 20', '3 0 0 0 30', '4 0 1 1 40', '5 1 1 1 40', '1 0 0 1 150', '2 1 0 1 150'])
  expect(xml).toMatch(/<mode>interpolation<\/mode>/)
  expect(xml).toMatch(/<size>7<\/size>/)
})

test('the same video twice adds nothing; another with equal numbers has its own tracks', async () => {
  const video = (label: string, x: number) =>
    `<annotations><meta><task><size>3</size><mode>interpolation</mode></task></meta><track id="0" label="${label}"><box frame="0" outside="0" keyframe="1" xtl="${x}" ytl="1" xbr="${x + 9}" ybr="9"></box><box frame="2" outside="0" keyframe="1" xtl="${x + 20}" ytl="1" xbr="${x + 29}" ybr="9"></box></track></annotations>`
  const frames = Object.fromEntries([0, 1, 2].map((i) => [`frame_00000${i}.png`, [200, 50] as [number, number]]))
  const p = project()
  const at = await folder({ ...frames, 'a.xml': video('car', 0) })
  await importInto(p, at)
  expect((await importInto(p, at)).counts.regions).toBe(0)
  expect(seen(p)).toEqual(['0k0', '0b10', '0k20'])
  const other = await folder({ 'b.xml': video('bus', 50) })
  await importInto(p, path.join(other, 'b.xml'), { images: at })
  expect(seen(p)).toEqual(['0k0 1k50', '0b10 1b60', '0k20 1k70'])
  // A track is worked out anew where its key frame moves, also one that came from a file.
  const first = p.db.value<number>('SELECT id FROM region WHERE track = 0 ORDER BY id LIMIT 1')!
  updateRegion(p, first, { shape: { kind: 'box', x: 10, y: 1, w: 9, h: 8 } })
  expect(seen(p)[1]).toBe('0b15 1b60')
  expect(recordsOf(p)[0]!.regions![0]!.attributes).toMatchObject({ track_id: 0, keyframe: true })
})
