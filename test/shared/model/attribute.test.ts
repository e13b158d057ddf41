/** Typed attributes: which values they take, where they come from, and what is at fault. */
import { describe, expect, test } from 'vitest'
import {
  type AttributeDefinition,
  attributeDefinition,
  attributeDefinitions,
  attributeFaults,
  attributeProblem,
  attributesOf,
  defaultsOf,
  ownValue,
} from '#shared/model/attribute.ts'

const choice: AttributeDefinition = { type: 'choice', name: 'colour', required: true, options: ['red', 'green'] }
const number: AttributeDefinition = { type: 'number', name: 'age', required: false, min: 0, max: 10 }
const text: AttributeDefinition = { type: 'text', name: 'note', required: false, default: '' }
const yesNo: AttributeDefinition = { type: 'yes/no', name: 'blurred', required: false, default: false }

describe('a value', () => {
  const problems = (a: AttributeDefinition, ...values: (string | number | boolean)[]) => values.map((v) => attributeProblem(a, v))
  test('of a choice is one of its options', () => {
    expect(problems(choice, 'red', 'blue', 1)).toEqual([null, 'expected one of red, green', 'expected one of red, green'])
    const many: AttributeDefinition = { ...choice, options: Array.from({ length: 13 }, (_, i) => `o${i}`) }
    expect(attributeProblem(many, 'x')).toBe(`expected one of ${many.options.slice(0, 12).join(', ')}, …`)
    expect(attributeProblem({ ...choice, options: many.options.slice(1) }, 'x')).toBe(`expected one of ${many.options.slice(1).join(', ')}`)
  })
  test('of a number is within its limits, both included', () => {
    expect(problems(number, 0, 10, -0.1, 10.1)).toEqual([null, null, 'expected at least 0', 'expected at most 10'])
    expect(problems({ ...number, min: undefined, max: undefined }, -1e9, 1e9, NaN, '1', Infinity)).toEqual([
      null,
      null,
      ...Array(3).fill('expected a number'),
    ])
  })
  test('of a text is text, of yes or no a truth value', () => {
    expect(problems(text, '', 'x', 1)).toEqual([null, null, 'expected text'])
    expect(problems(yesNo, true, false, 'yes')).toEqual([null, null, 'expected yes or no (true or false)'])
  })
})

describe('a definition', () => {
  const issues = (given: unknown) =>
    attributeDefinition.safeParse(given).error?.issues.map((i) => `${i.path.join('.')}: ${i.message}`) ?? 'taken'
  test('has each option once, and its ends in order', () => {
    expect(issues({ ...choice, options: ['a', 'a'] })).toEqual(['options: expected each option once'])
    expect(issues({ ...number, min: 2, max: 1 })).toEqual(['max: expected at least 2, the smallest allowed'])
    expect(issues({ ...number, min: 2, max: 2 })).toBe('taken')
    expect([issues({ ...number, min: 2, max: undefined }), issues({ ...number, min: undefined, max: 1 })]).toEqual(['taken', 'taken'])
  })
  test('has a default that is one of its values', () => {
    expect(issues({ ...choice, default: 'blue' })).toEqual(['default: expected one of red, green'])
    expect(issues({ ...number, default: 11 })).toEqual(['default: expected at most 10'])
    expect([issues({ ...choice, default: 'red' }), issues(yesNo), issues(text)]).toEqual(['taken', 'taken', 'taken'])
  })
  test('has a name, and options if it is a choice; it is optional unless declared as required', () => {
    expect(issues({ type: 'choice', name: 'x', options: [] })).not.toBe('taken')
    expect(issues({ type: 'choice', name: 'x', options: [''] })).not.toBe('taken')
    expect(issues({ type: 'text', name: '' })).not.toBe('taken')
    expect(issues({ type: 'colour', name: 'x' })).not.toBe('taken')
    expect(attributeDefinition.parse({ type: 'text', name: 'x' })).toEqual({ type: 'text', name: 'x', required: false })
  })
  test('is there once in a list', () => {
    const result = attributeDefinitions.safeParse([text, number, { ...yesNo, name: 'note' }])
    expect(result.error?.issues).toMatchObject([{ path: [2, 'name'], message: '"note" occurs twice' }])
    expect(attributeDefinitions.safeParse([text, number]).success).toBe(true)
  })
})

test('a label has the attributes of those above it, the nearest of a name; a circle ends', () => {
  const label = (id: number, parentId: number | null, ...attributes: AttributeDefinition[]) => [id, { id, parentId, attributes }] as const
  const near: AttributeDefinition = { ...number, max: 5 }
  const labels = new Map([label(1, null, number, text), label(2, 1, near), label(3, 2, choice), label(4, 5), label(5, 4, yesNo)])
  expect(attributesOf(3, labels)).toEqual([choice, near, text])
  expect(attributesOf(4, labels)).toEqual([yesNo])
  expect([attributesOf(null, labels), attributesOf(9, labels)]).toEqual([[], []])
})

test('a new region says the defaults by itself', () => {
  expect(defaultsOf([choice, number, text, yesNo])).toEqual({ note: '', blurred: false })
})

test('faults: what is required and missing, and values that are none', () => {
  const all = [choice, number, text, yesNo]
  expect(attributeFaults(all, {})).toEqual([{ name: 'colour', problem: null }])
  expect(attributeFaults(all, { colour: 'red', age: 11, blurred: 'no', other: 1 })).toEqual([
    { name: 'age', problem: 'expected at most 10' },
    { name: 'blurred', problem: 'expected yes or no (true or false)' },
  ])
})

test('a name that every object inherits is not a value', () => {
  expect([ownValue({}, 'constructor'), ownValue({ constructor: 'x' }, 'constructor')]).toEqual([undefined, 'x'])
})
