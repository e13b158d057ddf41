import { expect, test } from 'vitest'
import { firstRows, keyOf, tasksOf } from '../../src-renderer/prompt-sets.ts'
import { inOrder } from '../../src-renderer/queue-order.ts'

test('the lab begins with what the label has, its name, its synonyms and some templates, each set once', () => {
  const templates = ['a photo of a {}', 'a picture of a {}', 'a drawing of a {}']
  expect(firstRows({ name: 'dog', prompts: [], synonyms: [] })).toEqual([
    { words: ['dog'], templates: [] },
    { words: ['dog'], templates },
  ])
  expect(firstRows({ name: 'dog', prompts: ['a hound', '{} here'], synonyms: ['puppy'] })).toEqual([
    { words: ['a hound'], templates: ['{} here'] },
    { words: ['dog'], templates: [] },
    { words: ['puppy'], templates: [] },
    { words: ['dog', 'puppy'], templates: [] },
    { words: ['a hound'], templates },
  ])
})

test('sets are the same if they ask for the same', () => {
  expect(keyOf({ words: [' dog', ''], templates: [] })).toBe(keyOf({ words: ['dog'], templates: [] }))
})

test('a model is measured by what it can do', () => {
  expect(tasksOf({ can: ['embedImage', 'embedText', 'segment'] })).toEqual(['segment', 'classify'])
  expect(tasksOf({ can: ['embedImage', 'classify'] })).toEqual([])
})

test('proposals come by uncertainty as they are given, by score, or as the images are shown and then by score', () => {
  const given = [
    { id: 1, mediaId: 20, score: 0.5 },
    { id: 2, mediaId: 10, score: 0.9 },
    { id: 3, mediaId: 20, score: 0.95 },
  ].map((p) => ({ kind: 'region' as const, labelId: 1, checkpoint: 'm', prompt: null, uncertainty: 0, ...p }))
  const ids = (order: 'uncertain' | 'score' | 'image') =>
    inOrder(
      given,
      order,
      new Map([
        [10, 1],
        [20, 0],
      ]),
    ).map((p) => p.id)
  expect([ids('uncertain'), ids('score'), ids('image')]).toEqual([
    [1, 2, 3],
    [3, 2, 1],
    [3, 1, 2],
  ])
})
