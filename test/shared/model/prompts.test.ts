import { expect, test } from 'vitest'
import { classOf, promptSet, promptsOf } from '#shared/model/prompts.ts'

test('prompts with a place for words are templates, the others are words', () => {
  const prompts = ['a hound', 'a sketch of {}', 'a puppy']
  expect(promptSet(prompts)).toEqual({ words: ['a hound', 'a puppy'], templates: ['a sketch of {}'] })
  expect(promptsOf({ words: [' a hound', 'a hound', ''], templates: ['a sketch of {}'] })).toEqual(['a hound', 'a sketch of {}'])
})

test('a label is asked for by one phrase, by several, in templates of its own, or by its name', () => {
  expect(classOf({ name: 'dog', prompts: ['a hound'] })).toEqual({ name: 'dog', phrase: 'a hound' })
  expect(classOf({ name: 'dog', prompts: [] })).toEqual({ name: 'dog', phrase: null })
  expect(classOf({ name: 'dog', prompts: ['a hound', 'a puppy', '{} on grass'] })).toEqual({
    name: 'dog',
    phrase: 'a hound',
    phrases: ['a hound', 'a puppy'],
    templates: ['{} on grass'],
  })
  expect(classOf({ name: 'dog', prompts: ['a sketch of {}'] })).toEqual({ name: 'dog', phrase: null, templates: ['a sketch of {}'] })
})
