import { describe, expect, test } from 'vitest'
import { conceptSchema, pretrainStyles, styles, taskStyle } from '#shared/model/sample.ts'
import { classesOf, minConcepts } from '../../../src-main/app/sample/classes.ts'
import { concepts } from '../../../src-main/app/sample/concepts.ts'
import { iconSet } from '../../../src-main/app/sample/iconset.ts'
import { counted, listed, withArticle } from '../../../src-main/app/sample/phrases.ts'
import { flatten, renderPictograph } from '../../../src-main/app/sample/render.ts'

const all = concepts()
const named = (name: string) => all.find((c) => c.name === name)

describe('concepts', () => {
  test('over 1,300, each once, drawn in the task style and in one of pre-training', () => {
    expect(all.length).toBeGreaterThan(1300)
    for (const key of ['id', 'name'] as const) expect(new Set(all.map((c) => c[key])).size).toBe(all.length)
    for (const concept of all) {
      conceptSchema.parse(concept)
      expect(concept.styles[taskStyle], concept.name).toBeDefined()
      expect(
        pretrainStyles.some((s) => concept.styles[s]),
        concept.name,
      ).toBe(true)
    }
  })

  test('no icon is used for two concepts', () => {
    for (const style of styles) {
      const icons = all.flatMap((c) => c.styles[style] ?? [])
      expect(new Set(icons).size, style).toBe(icons.length)
    }
  })

  test('no flags, letters, digits, or variants by skin tone, gender, hair or direction', () => {
    expect(all.filter((c) => /1F1E[6-9A-F]|1F1F|1F3F[B-F]|2640$|2642$|1F9B[0-3]|20E3/.test(c.id)).map((c) => c.name)).toEqual([
      'female sign',
      'male sign',
    ])
    for (const name of [
      'man',
      'woman',
      'flag: Japan',
      'keycap: 1',
      'A button (blood type)',
      'OK button',
      'SOON arrow',
      'one o’clock',
      'Mx Claus',
    ])
      expect(named(name), name).toBeUndefined()
    for (const name of ['person', 'cook', 'red apple', 'Santa Claus', 'alarm clock']) expect(named(name), name).toBeDefined()
  })

  test('sets without code points are matched by name, former names included, but never to a namesake', () => {
    expect(named('cat')!.styles['noto-v1']).toBe('cat')
    expect(named('grinning cat')!.styles.emojione).toBe('grinning-cat-face')
    expect(named('cricket')!.styles.emojione).toBeUndefined()
    expect(named('cricket game')!.styles.emojione).toBe('cricket-game')
    expect(named('water pistol')!.styles['noto-v1']).toBeUndefined()
  })

  test('no icon contains text, which would depend on the fonts of the machine', () => {
    for (const style of styles)
      for (const { styles: icons } of all) expect(iconSet(style).icons[icons[style] ?? '']?.body ?? '').not.toMatch(/<text|font-family/)
  })
})

test('classes: subgroups of at least ten concepts, each with its own name', () => {
  const classes = classesOf(all)
  expect(classes.length).toBe(51)
  for (const c of classes) expect(c.concepts.length, c.name).toBeGreaterThanOrEqual(minConcepts)
  expect(new Set(classes.map((c) => c.name)).size).toBe(classes.length)
})

describe('rendering', () => {
  test('fills the square, with transparency, the same each time', async () => {
    const apple = named('red apple')!
    const [a, b] = await Promise.all([renderPictograph(apple, 'noto', 96), renderPictograph(apple, 'noto', 96)])
    expect([a.width, a.height, a.data.length]).toEqual([96, 96, 96 * 96 * 4])
    expect(a.data[3]).toBe(0)
    const [r, g, , alpha] = a.data.subarray((48 * 96 + 48) * 4)
    expect(alpha).toBe(255)
    expect(r! - g!).toBeGreaterThan(80)
    expect(Buffer.compare(a.data, b.data)).toBe(0)
    expect([...flatten(a).subarray(0, 3)]).toEqual([255, 255, 255])
  })

  test('a turned picture gets a canvas that holds all of it', async () => {
    const square = named('red square')!
    const turned = await renderPictograph(square, 'twemoji', 100, 45)
    expect(turned.width).toBe(142)
    const border = [...turned.data].filter((_, i) => i % 4 === 3 && [0, 141].includes((i >> 2) % 142))
    expect(Math.max(...border)).toBeLessThan(128)
  })

  test('an alias that mirrors its parent is mirrored', async () => {
    const [left, right] = await Promise.all(
      ['left', 'right'].map((side) => renderPictograph(named(`backhand index pointing ${side}`)!, taskStyle, 64)),
    )
    const column = (x: number, data: Uint8Array) => Array.from({ length: 64 }, (_, y) => data[(y * 64 + x) * 4 + 3]!)
    const difference = Array.from({ length: 64 }, (_, x) =>
      column(x, left!.data).map((v, y) => Math.abs(v - column(63 - x, right!.data)[y]!)),
    ).flat()
    expect(Math.max(...difference)).toBeLessThan(24)
    expect(column(8, left!.data)).not.toEqual(column(8, right!.data))
  })

  test('says which picture is missing', async () => {
    await expect(renderPictograph(named('cricket')!, 'emojione', 64)).rejects.toThrow('emojione has no picture of "cricket"')
  })
})

test('phrases', () => {
  expect(['owl', 'red apple', 'grapes', 'unicorn', 'bus', 'Asian food with rice', 'hourglass done'].map(withArticle)).toEqual([
    'an owl',
    'a red apple',
    'grapes',
    'a unicorn',
    'a bus',
    'Asian food with rice',
    'an hourglass done',
  ])
  expect([counted(2, 'red apple'), counted(3, 'pot of food'), counted(2, 'cherry pie'), counted(2, 'church'), counted(2, 'mouse')]).toEqual(
    ['two red apples', 'three pots of food', 'two cherry pies', 'two churches', 'two mice'],
  )
  expect(listed(['a', 'b', 'c'])).toBe('a, b and c')
})
