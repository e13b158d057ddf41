/** Text that can be stored, data that is the same, and what somebody else changed meanwhile. */
import { describe, expect, test } from 'vitest'
import { changedMeanwhile, ConflictError, type Conflict, sameData } from '#shared/model/conflict.ts'
import { isCarried, parseStored, repaired, repairedDeep, text } from '#shared/model/text.ts'

const half = '\ud83d'

describe('text', () => {
  test('with a NUL or half of a character is not stored, but repaired at its length', () => {
    expect(['a', '', '😀', 'a\0b', `a${half}`].map(isCarried)).toEqual([true, true, true, false, false])
    expect([repaired('a\0b'), repaired(`a${half}b`), repaired('😀')]).toEqual(['a\ufffdb', 'a\ufffdb', '😀'])
    expect([text().safeParse('a\0').success, text().safeParse('a').success]).toEqual([false, true])
  })
  test('deep in a value too, keys as well; what needs no repair is the value itself', () => {
    const fine = { a: ['b', { c: 'd' }], n: [1, 2], nothing: null, yes: true }
    expect(repairedDeep(fine)).toBe(fine)
    expect(repairedDeep({ a: ['b\0', 1], [`k${half}`]: 'v', n: null })).toEqual({ a: ['b\ufffd', 1], 'k\ufffd': 'v', n: null })
    expect(repairedDeep(['a', 'b\0'])).toEqual(['a', 'b\ufffd'])
    expect([repairedDeep('x\0'), repairedDeep(3), repairedDeep(null), repairedDeep(false)]).toEqual(['x\ufffd', 3, null, false])
    const numbers = [1, 2]
    expect(repairedDeep({ numbers }).numbers).toBe(numbers)
  })
  test('that an earlier version stored is repaired as it is read', () => {
    expect(parseStored('{"a":"b\\u0000c","d":["\\ud83d","\\ud83d\\ude00"]}')).toEqual({ a: 'b\ufffdc', d: ['\ufffd', '😀'] })
    expect([parseStored('"\\u00e9"'), parseStored('{"a":1}'), parseStored('"\\uD83D"')]).toEqual(['é', { a: 1 }, '\ufffd'])
  })
})

describe('the same data', () => {
  const pairs: [unknown, unknown, boolean][] = [
    [1, 1, true],
    [0, -0, true],
    ['1', 1, false],
    [null, undefined, false],
    [null, {}, false],
    [{}, null, false],
    [[], {}, false],
    [{ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 }, true],
    [{ a: 1 }, { a: 1, b: undefined }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [[1, 2], [2, 1], false],
    [[1], [1, 2], false],
    [1, { a: 1 }, false],
  ]
  test.each(pairs)('%j and %j: %s', (a, b, same) => expect(sameData(a, b)).toBe(same))
})

describe('changed meanwhile', () => {
  test('is what is neither what it was nor what this window wants', () => {
    const base = { label: 1, z: 1, locked: false }
    expect(changedMeanwhile({ label: 2, z: 1, locked: true }, base, { label: 3, z: 2, locked: true })).toEqual([
      { field: 'label', base: 1, theirs: 2, mine: 3 },
    ])
    expect(changedMeanwhile({ label: 1 }, base, { label: 3 })).toEqual([])
    expect(changedMeanwhile({ label: 2 }, base, { z: 5 })).toEqual([{ field: 'z', base: 1, theirs: null, mine: 5 }])
    expect(changedMeanwhile({ label: 2 }, base, { label: undefined })).toEqual([])
  })
  test('null and missing are equal', () => {
    expect(changedMeanwhile({}, { text: null }, { text: 'a' })).toEqual([])
    expect(changedMeanwhile({ text: null }, { text: 'b' }, { text: null })).toEqual([])
  })
  test('fields that the base does not speak of count where it is whole', () => {
    expect(changedMeanwhile({ side: 'left' }, {}, { side: 'right' })).toEqual([])
    expect(changedMeanwhile({ side: 'left' }, {}, { side: 'right' }, true)).toEqual([
      { field: 'side', base: null, theirs: 'left', mine: 'right' },
    ])
    expect(changedMeanwhile({}, {}, { side: 'right' }, true)).toEqual([])
  })
  test('is described in one line', () => {
    const changed: Conflict = {
      entity: 'region',
      id: 3,
      how: 'changed',
      removing: false,
      fields: [
        { field: 'z', base: 1, theirs: 2, mine: 3 },
        { field: 'note', base: null, theirs: 'x'.repeat(100), mine: '' },
      ],
    }
    const gone: Conflict = { ...changed, id: 4, how: 'removed' }
    const line = (...conflicts: Conflict[]) => new ConflictError(conflicts)
    expect(line(changed).fault).toBe('conflict')
    expect(line(changed).message).toContain('region 3: z is 2 now, it was 1; note is "')
    expect(line(changed).message).toContain(`${'x'.repeat(59)}… now, it was null`)
    const note = (length: number) =>
      line({ ...changed, fields: [{ field: 'note', base: null, theirs: 'y'.repeat(length - 2), mine: '' }] }).message
    expect([note(60).includes('…'), note(61).includes('…')]).toEqual([false, true])
    expect(line(gone).message).toContain('region 4 was removed')
    expect(line(gone).message).not.toContain('more')
    expect(line(gone, changed, changed).message).toContain('(and 2 more)')
    expect(line(gone, changed).message).not.toContain('region 3')
  })
})
