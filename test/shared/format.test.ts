/** Figures as people read them, at the places where their form changes. */
import { expect, test } from 'vitest'
import { duration, figure, naturalKey, percent, plusMinus, points, pValue, setting } from '#shared/format.ts'

test('shares in per cent, without a sign', () => {
  expect([percent(0.7134), percent(1, 0), percent(0.5, 2)]).toEqual(['71.3', '100', '50.00'])
  expect(plusMinus({ accuracy: 0.713, interval: [0.7, 0.742] } as Parameters<typeof plusMinus>[0])).toBe('71.3 ± 2.1')
})

test('differences in points have a sign, but for none', () => {
  expect([points(0.028), points(-0.004), points(0), points(-0.0004), points(0.0005)]).toEqual(['+2.8', '−0.4', '0.0', '0.0', '+0.1'])
})

test('durations', () => {
  expect([0.4, 9.94, 9.95, 37, 59.4, 59.5, 245, 3599.4, 3599.5, 7380, 36_005].map(duration)).toEqual([
    '0.4 s',
    '9.9 s',
    '10 s',
    '37 s',
    '59 s',
    '1 min 00 s',
    '4 min 05 s',
    '59 min 59 s',
    '1 h 00 min',
    '2 h 03 min',
    '10 h 00 min',
  ])
})

test('three significant figures, whole from a thousand on', () => {
  expect([0.01234, 4.561, 78.94, 999.4, 1000, -1234.5].map(figure)).toEqual(['0.0123', '4.56', '78.9', '999', '1,000', '-1,235'])
})

test('settings: small rates as powers of ten', () => {
  expect([1e-5, 0.00099, 0.001, 0, -2e-4, 'words', true].map(setting)).toEqual(['1e-5', '9.9e-4', '0.001', '0', '-2e-4', 'words', 'true'])
})

test('p-values', () => {
  expect([0.0009, 0.001, 0.0301, 0.0949, 0.095, 0.414].map(pValue)).toEqual([
    'p < 0.001',
    'p = 0.001',
    'p = 0.03',
    'p = 0.09',
    'p = 0.10',
    'p = 0.41',
  ])
})

test('numbers in names are compared as numbers, letters without their case', () => {
  const names = ['photo 10', 'Photo 2', 'photo 1b', 'photo 1a', 'apple']
  expect(names.toSorted((a, b) => (naturalKey(a) < naturalKey(b) ? -1 : 1))).toEqual([
    'apple',
    'photo 1a',
    'photo 1b',
    'Photo 2',
    'photo 10',
  ])
  expect(naturalKey('a12b3')).toBe(`a${'12'.padStart(16, '0')}b${'3'.padStart(16, '0')}`)
})
