/** Which images are the frames of one sequence. */
import { expect, test } from 'vitest'
import { attributesOfTrack, sequenceOf, trackOfAttributes } from '#shared/model/sequence.ts'

const frames = (path: string, images: string[]) => {
  const found = sequenceOf(path, images, (p) => p)
  return found && [found.name, found.frames.map((f) => `${f.of} ${f.number}`)]
}

test('numbers in order, also without leading zeros; gaps between them are time', () => {
  expect(frames('a/img_10.png', ['a/img_9.png', 'a/img_10.png', 'a/img_2.png', 'a/other_3.png', 'a/img_11.jpg'])).toEqual([
    'a/img_#.png',
    ['a/img_2.png 0', 'a/img_9.png 7', 'a/img_10.png 8'],
  ])
})

test('of several numbers that one that makes the longest sequence', () => {
  const images = [1, 2, 3].flatMap((n) => ['cam1', 'cam2'].map((c) => `${c}_00${n}_v2.jpg`))
  expect(frames('cam2_002_v2.jpg', images)).toEqual(['cam2_#_v2.jpg', ['cam2_001_v2.jpg 0', 'cam2_002_v2.jpg 1', 'cam2_003_v2.jpg 2']])
})

test('an image alone, without a number, or of a number that another has', () => {
  expect(frames('a1.png', ['a1.png', 'b2.png'])).toBe(null)
  expect(frames('a.png', ['a.png', 'b.png'])).toBe(null)
  expect(frames('a1.png', ['a1.png', 'a01.png', 'a2.png'])).toEqual(['a#.png', ['a1.png 0', 'a2.png 1']])
  expect(frames('a1700000000000000001.png', ['a1700000000000000001.png', 'a1700000000000000002.png'])).toEqual([
    'a#.png',
    ['a1700000000000000001.png 0', 'a1700000000000000002.png 1'],
  ])
})

test('a track round-trips through attributes; a value that is not a track number stays an attribute', () => {
  for (const frame of ['key', 'between', 'end'] as const)
    expect(trackOfAttributes({ colour: 'red', ...attributesOfTrack({ id: 3, frame }) })).toEqual({
      track: { id: 3, frame },
      rest: { colour: 'red' },
    })
  for (const track_id of ['car-1', -1, 1.5, true]) expect(trackOfAttributes({ track_id })).toBe(null)
  expect(trackOfAttributes({ keyframe: true })).toBe(null)
})
