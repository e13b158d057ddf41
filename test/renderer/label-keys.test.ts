import { expect, test } from 'vitest'
import { labelOfDigits, labelOfKey, labelsOfText, numbersOf } from '../../src-renderer/label-keys.ts'

const labels = (n: number, keys: Record<number, string> = {}) =>
  Array.from({ length: n }, (_, i) => ({ id: i + 1, key: keys[i + 1] ?? null, name: `label ${i + 1}`, synonyms: [] as string[] }))

test('labels are numbered in order; a label’s own key is not among the numbers', () => {
  expect([...numbersOf(labels(3, { 2: 'c' }))]).toEqual([
    [1, '1'],
    [3, '2'],
  ])
  expect([...numbersOf(labels(3, { 3: '1' }))]).toEqual([
    [1, '2'],
    [2, '3'],
  ])
})

test('no number starts with a digit that is a label’s own key, which acts at once', () => {
  const numbers = [...numbersOf(labels(15, { 15: '1' })).values()]
  expect(numbers.slice(0, 9)).toEqual(['2', '3', '4', '5', '6', '7', '8', '9', '20'])
  expect(numbers.some((n) => n.startsWith('1'))).toBe(false)
  expect(numbersOf(labels(12, Object.fromEntries([...'123456789'].map((d, i) => [i + 1, d])))).size).toBe(0)
})

test('a digit selects a label as soon as no other number starts with it', () => {
  const few = numbersOf(labels(9))
  expect(labelOfDigits(few, '7')).toEqual({ label: 7, more: false })
  const many = numbersOf(labels(51))
  expect(labelOfDigits(many, '7')).toEqual({ label: 7, more: false })
  expect(labelOfDigits(many, '5')).toEqual({ label: 5, more: true }) // 50 and 51
  expect(labelOfDigits(many, '51')).toEqual({ label: 51, more: false })
  expect(labelOfDigits(many, '59')).toBeNull()
  expect(labelOfDigits(many, '0')).toBeNull()
})

test('a label’s own key works regardless of Caps Lock', () => {
  expect(labelOfKey(labels(3, { 2: 'c' }), 'C')).toBe(2)
  expect(labelOfKey(labels(3), 'C')).toBeNull()
})

test('names with the typed prefix come before names that only contain the letters', () => {
  const birds = ['crane', 'rail', 'water rail', 'quail'].map((name, i) => ({ id: i, name, synonyms: name === 'quail' ? ['Rallus'] : [] }))
  expect(
    labelsOfText('ra', birds)
      .map((l) => l.name)
      .slice(0, 2)
      .sort(),
  ).toEqual(['quail', 'rail'])
  expect(labelsOfText('rail', birds)[0]!.name).toBe('rail')
  expect(labelsOfText('  ', birds)).toEqual([])
})
