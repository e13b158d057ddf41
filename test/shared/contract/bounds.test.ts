/** How large a message may be, told before anything is parsed. */
import { describe, expect, test } from 'vitest'
import { callNumber, messageBounds, textProblem, valueProblem } from '#shared/contract/bounds.ts'
import { imageUrl, thumbnailUrl, tileUrl } from '#shared/contract/urls.ts'

const { depth, containers, values } = messageBounds
const nested = (n: number) => '['.repeat(n) + ']'.repeat(n)
const nestedValue = (n: number) => Array.from({ length: n }).reduce<unknown>((inner) => [inner], 1)

describe('a message as text', () => {
  test('nests as deep as allowed, and no deeper; what is closed counts no more', () => {
    expect([textProblem(nested(depth)), textProblem(`[${nested(depth - 1)},${nested(depth - 1)}]`)]).toEqual([null, null])
    expect(textProblem(nested(depth + 1))).toBe('is nested deeper than 64')
    expect(textProblem('{"a":'.repeat(depth + 1))).toBe('is nested deeper than 64')
    expect(textProblem(`[${'{},'.repeat(depth * 2)}1]`)).toBeNull()
  })
  test('brackets and commas within quotes are text, also after a quote that is escaped', () => {
    expect(textProblem(`"${'['.repeat(depth + 1)}"`)).toBeNull()
    expect(textProblem(`"\\"${'['.repeat(depth + 1)}"`)).toBeNull()
    expect(textProblem(`"\\\\"${'['.repeat(depth + 1)}`)).toBe('is nested deeper than 64')
  })
  test('has as many lists and values as allowed', () => {
    expect(textProblem(`[${'[],'.repeat(containers - 1)}]`)).toBeNull()
    expect(textProblem(`[${'[],'.repeat(containers)}]`)).toContain('holds more than')
    expect(textProblem(','.repeat(values))).toBeNull()
    expect(textProblem(','.repeat(values + 1))).toContain('holds more than')
  })
})

describe('a message as a value', () => {
  test('nests as deep as allowed; a circle is too deep', () => {
    expect(valueProblem(nestedValue(depth))).toBeNull()
    expect(valueProblem(nestedValue(depth + 1))).toBe('is nested deeper than 64')
    const circle: unknown[] = []
    circle.push(circle)
    expect(valueProblem(circle)).toBe('is nested deeper than 64')
  })
  test('has as many lists and values as allowed', () => {
    expect(valueProblem(Array(containers - 1).fill([]))).toBeNull()
    expect(valueProblem(Array(containers).fill([]))).toContain('holds more than')
    expect(valueProblem(Array(values).fill(1))).toBeNull()
    expect(valueProblem(Array(values + 1).fill(1))).toContain('holds more than')
    expect(valueProblem({ a: Array(values).fill(1) })).toContain('holds more than')
  })
  test('is JSON: nothing that only a structured copy carries', () => {
    expect(valueProblem({ a: [1, 'b', null, true, undefined], b: Object.create(null) })).toBeNull()
    for (const other of [new Map(), new Date(), new Uint8Array(1), 1n, () => 1, [new Set()], { a: { b: new Map() } }])
      expect(valueProblem(other)).toBe('holds what is no JSON')
  })
  test('continues after nested values: the last member is checked too', () => {
    expect(valueProblem([[[1]], [], { a: [] }, new Date()])).toBe('holds what is no JSON')
    expect(valueProblem([[[1, new Date()]], 1])).toBe('holds what is no JSON')
  })
})

test('the number of a call that is not parsed, at its beginning or its end', () => {
  expect(callNumber(' { "call" : 12, "method": "x"')).toBe(12)
  expect(callNumber('{"call":7}')).toBe(7)
  expect(callNumber('{"method":"x","call":34} ')).toBe(34)
  expect([callNumber('{"method":"x","call":34,"input":1}'), callNumber('{"call":"a"}'), callNumber('[{"call":1}]')]).toEqual([
    null,
    null,
    null,
  ])
  expect(callNumber(`{"input":"${'x'.repeat(300)}","call":5}`)).toBe(5)
  expect(callNumber('{"call":1234567890123456}')).toBeNull()
})

test('addresses of pixels', () => {
  expect([imageUrl('k', 5), thumbnailUrl('k', 5, 'small'), tileUrl('k', 5, 1, 2, 3)]).toEqual([
    '/media/k/5/image',
    '/media/k/5/small',
    '/media/k/5/tile/1/2/3',
  ])
})
