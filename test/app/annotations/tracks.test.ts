/** One object through a sequence of images: key frames that a person made, and what lies between them. */
import { describe, expect, test } from 'vitest'
import {
  addRegion,
  editMedia,
  endTracks,
  interpolateRegions,
  listTracks,
  makeTracks,
  redoChange,
  removeMedia,
  removeRegions,
  removeTracks,
  setKeyFrames,
  undoChange,
  updateRegion,
} from '../../../src-main/app/annotations/index.ts'
import { applyRegionEdit } from '../../../src-main/app/annotations/apply.ts'
import { addRecords, checkProject, imageContent, projectHash, type Project } from '../../../src-main/app/projects/index.ts'
import type { Shape } from '../../../src-shared/model/shape.ts'
import { box, temporaryProject } from '../projects/fixture.ts'

/** `seq/f_1.png` … of which the images have the ids 1 …, and a box of a car on some of them. */
function sequence(n: number, on: Record<number, Shape> = { 1: box(0, 0) }): Project {
  return temporaryProject(
    Array.from({ length: n }, (_, i) => ({
      fileName: `seq/f_${i + 1}.png`,
      width: 1000,
      height: 500,
      regions: on[i + 1] ? [{ label: 'car', shape: on[i + 1]! }] : [],
    })),
  )
}
const on = (p: Project, image: number) => imageContent(p, image).regions
/** What stands on each image: where the box begins, and k, b or e for what it is; a dot where there is none. */
const seen = (p: Project, n: number) =>
  Array.from({ length: n }, (_, i) => on(p, i + 1))
    .map(([r]) => (r ? `${r.shape.kind === 'box' ? r.shape.x : r.shape.kind}${r.track?.frame[0] ?? ''}` : '.'))
    .join(' ')
/** But for the images' files, of which there are none here. */
const sound = (p: Project) => expect(checkProject(p).problems.filter((x) => x.kind !== 'missing-file')).toEqual([])
const idOn = (p: Project, image: number) => on(p, image)[0]!.id
const move = (p: Project, image: number, x: number) => updateRegion(p, idOn(p, image), { shape: box(x, 0) })

describe('a track', () => {
  test('is copied up to an image; a moved region becomes a key frame, and those between follow', () => {
    const p = sequence(6)
    makeTracks(p, [1], 5)
    expect(seen(p, 6)).toBe('0k 0b 0b 0b 0b .')
    move(p, 5, 40)
    expect(seen(p, 6)).toBe('0k 10b 20b 30b 40k .')
    move(p, 3, 0)
    expect(seen(p, 6)).toBe('0k 0b 0k 20b 40k .')
    makeTracks(p, [idOn(p, 3)])
    expect(seen(p, 6)).toBe('0k 0b 0k 20b 40k 40b')
    expect(listTracks(p, 2, false)).toEqual({
      name: 'seq/f_#.png',
      frames: [1, 2, 3, 4, 5, 6],
      tracks: [{ id: 1, labelId: 1, spans: [[0, 5]], keys: [0, 2, 4], ends: [] }],
    })
    sound(p)
  })

  test('each step is one undo, from whichever of its images, and a redo', () => {
    const p = sequence(6)
    const states = [seen(p, 6)]
    makeTracks(p, [1], 5)
    states.push(seen(p, 6))
    move(p, 5, 40)
    states.push(seen(p, 6))
    const hash = projectHash(p)
    undoChange(p, 2)
    expect(seen(p, 6)).toBe(states[1])
    undoChange(p, 4)
    expect(seen(p, 6)).toBe(states[0])
    redoChange(p, 3)
    redoChange(p, 3)
    expect([seen(p, 6), projectHash(p)]).toEqual([states[2], hash])
    sound(p)
  })

  test('goes by the numbers of the images, of which some may be missing', () => {
    const p = temporaryProject(
      [0, 1, 4].map((n) => ({ fileName: `f${n}.png`, width: 900, height: 90, regions: n ? [] : [{ label: 'car', shape: box(0, 0) }] })),
    )
    makeTracks(p, [1])
    move(p, 3, 40)
    expect(seen(p, 3)).toBe('0k 10b 40k')
  })

  test('ends after an image and resumes at its next key frame', () => {
    const p = sequence(6)
    makeTracks(p, [1])
    move(p, 5, 40)
    endTracks(p, [idOn(p, 2)], true)
    expect(seen(p, 6)).toBe('0k 10e . . 40k 40b')
    endTracks(p, [idOn(p, 5)], true)
    expect(seen(p, 6)).toBe('0k 10e . . 40e .')
    expect(listTracks(p, 1, false).tracks).toMatchObject([
      {
        spans: [
          [0, 1],
          [4, 4],
        ],
        keys: [0, 1, 4],
        ends: [1, 4],
      },
    ])
    endTracks(p, [idOn(p, 2)], false)
    expect(seen(p, 6)).toBe('0k 10k 20b 30b 40e .')
    makeTracks(p, [1], 6)
    expect(seen(p, 6)).toBe('0k 10k 20b 30b 40k 40b')
  })

  test('is absent from an image whose region is removed; nothing else moves', () => {
    const p = sequence(6)
    makeTracks(p, [1])
    move(p, 5, 40)
    removeRegions(p, [idOn(p, 3)])
    expect(seen(p, 6)).toBe('0k 10e . 30k 40k 40b')
    move(p, 1, 4) // what follows from another key frame leaves the gap alone
    expect(seen(p, 6)).toBe('4k 10e . 30k 40k 40b')
    removeRegions(p, [idOn(p, 1), idOn(p, 6)])
    expect(seen(p, 6)).toBe('. 10e . 30k 40k .')
  })

  test('a former key frame is interpolated; the only key frame stays', () => {
    const p = sequence(3)
    makeTracks(p, [1])
    move(p, 3, 40)
    setKeyFrames(p, [idOn(p, 2)], true)
    move(p, 2, 99)
    expect(seen(p, 3)).toBe('0k 99k 40k')
    setKeyFrames(p, [idOn(p, 2)], false)
    expect(seen(p, 3)).toBe('0k 20b 40k')
    setKeyFrames(p, [idOn(p, 3)], false)
    expect(() => setKeyFrames(p, [1], false)).toThrow('region 1 is the only key frame of track 1')
    expect(seen(p, 3)).toBe('0k 0b 0b')
  })

  test('has one label; attributes set on an image last until the next key frame', () => {
    const p = sequence(5)
    makeTracks(p, [1])
    move(p, 5, 40)
    const other = addRegion(p, { mediaId: 2, shape: box(500, 5), labelId: null })
    updateRegion(p, idOn(p, 2), { labelId: null })
    editMedia(p, [3], { setAttributes: { occluded: true } })
    expect([1, 2, 3, 4, 5].map((i) => [on(p, i)[0]!.labelId, on(p, i)[0]!.attributes])).toEqual([
      [null, {}],
      [null, {}],
      [null, { occluded: true }],
      [null, { occluded: true }],
      [null, {}],
    ])
    expect(seen(p, 5)).toBe('0k 10b 20k 30b 40k')
    expect(other.track).toBeUndefined()
  })

  test('is removed and restored as a whole', () => {
    const p = sequence(5)
    makeTracks(p, [1])
    removeTracks(p, [idOn(p, 3)])
    expect(seen(p, 5)).toBe('. . . . .')
    undoChange(p, 5)
    expect(seen(p, 5)).toBe('0k 0b 0b 0b 0b')
  })

  test('an image that leaves the project hands what it said to the one before', () => {
    const p = sequence(6)
    makeTracks(p, [1])
    move(p, 5, 40)
    endTracks(p, [idOn(p, 3)], true)
    removeMedia(p, [3])
    move(p, 1, 4)
    expect([1, 2, 4, 5].map((i) => on(p, i)[0]?.track?.frame ?? '.')).toEqual(['key', 'end', '.', 'key'])
    sound(p)
  })
})

describe('regions drawn apart', () => {
  test('become one track with the nearest of their label before them, and the way between is filled', () => {
    const p = sequence(5, { 1: box(0, 0), 5: box(80, 0) })
    addRegion(p, { mediaId: 1, shape: box(700, 0), labelId: 1 })
    interpolateRegions(p, [idOn(p, 5)])
    expect(seen(p, 5)).toBe('0k 20b 40b 60b 80k')
    expect(on(p, 1).map((r) => r.track?.id)).toEqual([1, undefined])
    // A second one of that label goes on from the second.
    const second = addRegion(p, { mediaId: 5, shape: box(100, 0), labelId: 1 })
    interpolateRegions(p, [second.id])
    expect(on(p, 3).map((r) => [r.track?.id, r.shape.kind === 'box' && r.shape.x])).toEqual([
      [1, 40],
      [2, 400],
    ])
  })

  test('without a similar region before or after is refused in one line', () => {
    const p = sequence(3)
    expect(() => interpolateRegions(p, [1])).toThrow('no other image of the sequence has a region of the same label')
    const alone = temporaryProject([{ fileName: 'a.png', width: 9, height: 9, regions: [{ label: null, shape: box(0, 0) }] }])
    expect(() => makeTracks(alone, [1])).toThrow('a.png: is not part of a numbered sequence')
    expect(() => setKeyFrames(p, [1], true)).toThrow('region 1 belongs to no track')
    expect(() => makeTracks(p, [77])).toThrow('region 77 no longer exists')
    addRecords(p, [{ fileName: 'elsewhere_1.png' }])
    expect(() => makeTracks(p, [1], 4)).toThrow('elsewhere_1.png: is not part of the sequence of region 1')
    expect(() => makeTracks(p, [1], 99)).toThrow('image 99: is not part of the sequence')
    expect(seen(p, 3)).toBe('0 . .')
  })
})

test('two windows: an interpolated region that moved meanwhile does not conflict, one moved by a person does', () => {
  const p = sequence(3)
  makeTracks(p, [1])
  const stale = on(p, 2)[0]!
  move(p, 3, 40)
  const apply = (x: number) =>
    applyRegionEdit(p, { mediaId: 2, action: 'move', changes: [{ before: stale, after: { ...stale, shape: box(x, 0) } }] })
  apply(70)
  expect(seen(p, 3)).toBe('0k 70k 40k')
  expect(() => apply(90)).toThrow(/meanwhile|changed/)
  // A copy that is put elsewhere is a region of its own.
  applyRegionEdit(p, { mediaId: 2, action: 'paste', changes: [{ before: null, after: { ...stale, id: -1 } }] })
  expect(on(p, 2).map((r) => r.track?.id)).toEqual([1, undefined])
})

test('masks and images of another size: what does not fit is left out, what does is cut', () => {
  const p = temporaryProject([
    { fileName: 'f1.png', width: 100, height: 100, regions: [{ label: 'car', shape: box(60, 0, 40, 40) }] },
    { fileName: 'f2.png', width: 80, height: 100 },
    { fileName: 'f3.png', width: 50, height: 100 },
    { fileName: 'f4.png', width: 100, height: 100 },
  ])
  makeTracks(p, [1])
  expect([1, 2, 3, 4].map((i) => on(p, i)[0]?.shape)).toEqual([box(60, 0, 40, 40), box(60, 0, 20, 40), undefined, box(60, 0, 40, 40)])
})

test('key frames anywhere, in any order, are where they were put, and the check finds nothing wrong', () => {
  const p = sequence(40, { 20: box(5, 5) })
  makeTracks(p, [1], 40)
  makeTracks(p, [1], 1)
  for (const [image, x] of [
    [3, 10],
    [37, 90],
    [20, 40],
    [28, 0],
    [1, 7],
  ] as const)
    move(p, image, x)
  expect([1, 3, 20, 28, 37].map((i) => on(p, i)[0]!.shape)).toEqual([7, 10, 40, 0, 90].map((x) => box(x, 0)))
  for (let i = 2; i <= 40; i++) expect(on(p, i)).toHaveLength(1)
  const before = projectHash(p)
  for (let i = 0; i < 7; i++) undoChange(p)
  expect(seen(p, 40).replaceAll('. ', '').trim()).toBe('5 .')
  for (let i = 0; i < 7; i++) redoChange(p)
  expect(projectHash(p)).toBe(before)
  sound(p)
})
