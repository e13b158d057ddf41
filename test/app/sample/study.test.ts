import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { corruptions, studySplits } from '#shared/model/study.ts'
import { randomOf } from '../../../src-main/app/sample/random.ts'
import { corrupted } from '../../../src-main/app/sample/study/corrupt.ts'
import { outline } from '../../../src-main/app/sample/study/outline.ts'
import { makeStudy, studyPartHash } from '../../../src-main/app/sample/study/study.ts'

describe('the study (its part)', () => {
  const dir = mkdtempSync(join(tmpdir(), 'dashi-study-'))
  let made: Awaited<ReturnType<typeof makeStudy>>
  beforeAll(async () => {
    made = await makeStudy(dir, { part: true })
  })
  afterAll(() => rmSync(dir, { recursive: true }))

  test('is, pixel for pixel, the one that figures were published on', () => {
    expect(made.hash).toBe(studyPartHash)
  })

  test('of few classes it has the same pictures, and twice as many other concepts', async () => {
    const few = mkdtempSync(join(tmpdir(), 'dashi-study-'))
    try {
      const { index } = await makeStudy(few, { part: true, classes: 2 })
      expect(index.classes).toEqual(made.index.classes.slice(0, 2))
      expect(index.outside).toEqual(made.index.outside.slice(0, 4))
      const kept = made.index.pictures.filter((p) => p.class < (p.split === 'outside' ? 4 : 2))
      expect(index.pictures).toEqual(kept)
      for (const { file } of kept) expect(readFileSync(join(few, file)).equals(readFileSync(join(dir, file))), file).toBe(true)
    } finally {
      rmSync(few, { recursive: true })
    }
  })

  test('every class is trained on, chosen by and tested on in each way', () => {
    const { classes, pictures } = made.index
    expect(classes).toHaveLength(128)
    for (const split of studySplits.filter((s) => s !== 'outside'))
      expect(new Set(pictures.filter((p) => p.split === split).map((p) => p.class)).size, split).toBe(classes.length)
  })

  test('no test picture is in a style of pre-training, and what may be forgotten is no class', () => {
    const { classes, outside, pictures } = made.index
    const seen = new Set(['noto', 'twemoji', 'openmoji', 'emojione'])
    for (const p of pictures) expect(seen.has(p.style), p.file).toBe(p.split === 'outside')
    const names = new Set(classes.map((c) => c.name))
    expect(outside.filter((c) => names.has(c.name))).toEqual([])
    expect(new Set([...classes, ...outside].map((c) => c.name)).size).toBe(classes.length + outside.length)
  })

  test('no two pictures of a class are the same', async () => {
    const { pictures } = made.index
    const own = pictures.filter((p) => p.class === 3 && p.split !== 'outside')
    const bytes = await Promise.all(own.map(async (p) => (await sharp(join(dir, p.file)).raw().toBuffer()).toString('base64')))
    expect(new Set(bytes).size).toBe(own.length)
    expect(existsSync(join(dir, 'index.json'))).toBe(true)
  })
})

const side = 32
/** A disc in two colours on a third. */
const disc = Uint8Array.from({ length: 3 * side * side }, (_, i) => {
  const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)]
  return Math.hypot(x - 16, y - 16) < 9 ? [220, 40, 30][i % 3]! : [90, 160, 240][i % 3]!
})

describe('corruptions', () => {
  const away = (a: Uint8Array) => Math.sqrt(a.reduce((sum, x, i) => sum + (x - disc[i]!) ** 2, 0) / a.length)

  test.each(corruptions)('%s takes a picture further from itself with each strength', async (kind) => {
    const distances: number[] = []
    for (const strength of [1, 2, 3, 4, 5]) distances.push(away(await corrupted(disc, side, { kind, strength }, randomOf('test'))))
    expect(distances).toEqual([...distances].sort((a, b) => a - b))
    expect(distances[0]).toBeGreaterThan(1)
  })

  test('noise has the deviation that is said, blur and contrast keep the mean', async () => {
    const grey = new Uint8Array(3 * side * side).fill(128)
    const noisy = await corrupted(grey, side, { kind: 'noise', strength: 3 }, randomOf('noise'))
    const mean = (a: ArrayLike<number>) => Array.from(a).reduce((x, y) => x + y, 0) / a.length
    const deviation = Math.sqrt(mean(noisy.map((x) => x).reduce<number[]>((all, x) => [...all, (x - 128) ** 2], [])))
    expect(deviation / 255).toBeCloseTo(0.12, 2)
    for (const kind of ['blur', 'contrast'] as const)
      expect(Math.abs(mean(await corrupted(disc, side, { kind, strength: 4 }, randomOf('x'))) - mean(disc))).toBeLessThan(1)
  })
})

describe('outlines', () => {
  const drawing = (inside: number) =>
    Uint8Array.from({ length: 4 * side * side }, (_, i) => {
      const [x, y] = [Math.floor(i / 4) % side, Math.floor(i / 4 / side)]
      const within = x >= 8 && x < 24 && y >= 8 && y < 24
      return i % 4 === 3 ? (within ? 255 : 0) : inside
    })
  const alpha = (a: Uint8Array, x: number, y: number) => a[4 * (y * side + x) + 3]

  test.each([
    ['a dark', 20],
    ['a white', 255],
  ])('%s square has a line around it and nothing within', (_, shade) => {
    const drawn = outline(side, drawing(shade))
    for (const [x, y] of [
      [8, 16],
      [23, 16],
      [16, 8],
      [16, 23],
    ] as const)
      expect(alpha(drawn, x, y)).toBeGreaterThan(100)
    expect([alpha(drawn, 16, 16), alpha(drawn, 2, 2)]).toEqual([0, 0])
  })
})
