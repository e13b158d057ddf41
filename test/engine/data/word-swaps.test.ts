/** Captions with two phrases in each other's place, and those that would be as true. */
import { expect, test } from 'vitest'
import { sameWords, swapsIn } from '../../../src-main/engine/data/word-swaps.ts'

/** The swaps of a text whose phrases stand in brackets. */
function swaps(marked: string): string[] {
  const phrases: { start: number; end: number }[] = []
  let text = ''
  for (const part of marked.split(/(\[[^\]]*\])/)) {
    const phrase = /^\[(.*)\]$/.exec(part)?.[1]
    if (phrase !== undefined) phrases.push({ start: text.length, end: text.length + phrase.length })
    text += phrase ?? part
  }
  return swapsIn(text, phrases.reverse())
}

test('two phrases change places, and all other words stay', () => {
  expect(swaps('[a red apple] left of [a dog].')).toEqual(['a dog left of a red apple.'])
  expect(swaps('Here [a cat] chases [two mice], seen by [an owl]')).toEqual([
    'Here two mice chases a cat, seen by an owl',
    'Here a cat chases an owl, seen by two mice',
  ])
  expect(swaps('[犬]が[猫]の左にいる')).toEqual([])
  expect(swaps('[犬]の左に[猫]がいる')).toEqual(['猫の左に犬がいる'])
})

test('a sentence still begins with a capital, and a name keeps its own', () => {
  expect(swaps('[A dog] under [the table]')).toEqual(['The table under a dog'])
  expect(swaps('[TV] on [a table]')).toEqual(['a table on TV'])
  expect(swaps('Now [Anna] above [a dog]')).toEqual(['Now a dog above Anna'])
})

test.each([
  ['equals in a list', '[a dog] and [a cat]'],
  ['a list with commas', '[a dog], [a cat]'],
  ['what is beside each other', '[a dog] next to [a cat]'],
  ['Japanese equals', '[犬]と[猫]'],
  ['the same phrase twice', '[a dog] behind [A dog]'],
  ['one phrase', '[a dog] on grass'],
  ['an empty phrase', '[ ] on [a dog]'],
])('no swap of %s', (_, marked) => expect(swaps(marked)).toEqual([]))

test('phrases that overlap are not swapped, nor those beyond the text', () => {
  expect(
    swapsIn('a red apple on a plate', [
      { start: 0, end: 11 },
      { start: 6, end: 22 },
    ]),
  ).toEqual([])
  expect(
    swapsIn('a red apple on a plate', [
      { start: 0, end: 11 },
      { start: 15, end: 40 },
    ]),
  ).toEqual([])
})

test('captions are the same but for case, spaces and their end', () => {
  expect(sameWords(' A dog  left of a cat. ')).toBe(sameWords('a dog left of a cat'))
  expect(sameWords('a dog left of a cat')).not.toBe(sameWords('a cat left of a dog'))
})
