/** What is kept of what was computed, and what goes. */
import { expect, test } from 'vitest'
import { Recent } from '../../../src-main/engine/data/recent.ts'

const value = (name: string) => ({ name })

test('the least recently used goes first when the limit is passed', () => {
  const recent = new Recent<{ name: string }>(10)
  for (const name of ['a', 'b', 'c']) recent.set(name, value(name), 4)
  expect(['a', 'b', 'c'].map((name) => recent.get(name)?.name)).toEqual([undefined, 'b', 'c'])
  recent.get('b')
  recent.set('d', value('d'), 4)
  expect(['b', 'c', 'd'].map((name) => recent.get(name)?.name)).toEqual(['b', undefined, 'd'])
  expect([recent.bytes, recent.size]).toEqual([8, 2])
})

test('what is larger than the limit is kept while it is the newest', () => {
  const recent = new Recent<{ name: string }>(10)
  recent.set('a', value('a'), 4)
  recent.set('large', value('large'), 40)
  expect([recent.get('a'), recent.get('large')?.name, recent.bytes]).toEqual([undefined, 'large', 40])
  recent.set('b', value('b'), 1)
  expect([recent.get('large'), recent.get('b')?.name, recent.bytes]).toEqual([undefined, 'b', 1])
})

test('a key that is set again counts once', () => {
  const recent = new Recent<{ name: string }>(10)
  recent.set('a', value('old'), 6)
  recent.set('a', value('new'), 6)
  expect([recent.get('a')?.name, recent.bytes]).toEqual(['new', 6])
})
