import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Tokenizer } from '../../../src-main/engine/data/tokenizer.ts'
import { countTokens, openReader } from '../../../src-main/engine/questions/tokens.ts'

const nano = join(import.meta.dirname, '../../../resources/nano')

test('counts start and end, and says how much of a long caption is read', async () => {
  const long = 'a tiger, a hedgehog, an oncoming automobile, a dango and a gem stone on a cloudy blue background'
  const { limit, counts } = countTokens(await openReader(nano), ['a cat', '', long])
  expect(limit).toBe(16)
  const tokenizer = await Tokenizer.load(nano)
  expect(counts.map((c) => c.tokens)).toEqual([tokenizer.count('a cat'), 2, tokenizer.count(long)])
  expect(counts[0]!.fits).toBe(5)
  const [, , { fits, tokens }] = counts as [unknown, unknown, { fits: number; tokens: number }]
  expect(tokens).toBeGreaterThan(limit)
  expect(tokenizer.count(long.slice(0, fits))).toBeLessThanOrEqual(limit)
  // One word more would not have been read whole.
  const next = long.indexOf(' ', fits + 1)
  expect(tokenizer.count(long.slice(0, next))).toBeGreaterThan(limit)
})

test('cuts within a language without spaces', async () => {
  const text = '雲のある青い背景の前に虎とハリネズミと宝石と団子と車がある絵文字の絵'
  const { limit, counts } = countTokens(await openReader(nano), [text])
  const tokenizer = await Tokenizer.load(nano)
  expect(counts[0]!.fits).toBeLessThan(text.length)
  expect(tokenizer.count(text.slice(0, counts[0]!.fits))).toBeLessThanOrEqual(limit)
})

test('of a text far too long, a beginning is looked at', async () => {
  const reader = await openReader(nano)
  const long = 'a cat and a dog. '.repeat(5000)
  const short = 'a cat and a dog. '.repeat(10)
  expect(countTokens(reader, [long]).counts[0]!.fits).toBe(countTokens(reader, [short]).counts[0]!.fits)
  expect(countTokens(reader, [' '.repeat(50_000) + short]).counts[0]!.fits).toBeGreaterThan(50_000)
})

test('a folder that is not a model is named', async () => {
  await expect(openReader('/nowhere/model')).rejects.toThrow('/nowhere/model/config.json')
})

describe('of a text that is too long, whole words are read, as many as fit', () => {
  /** Two tokens around a text, and one for each word. */
  let counted = 0
  const reader = (limit: number) => ({
    limit,
    tokenizer: { count: (text: string) => (counted++, text.split(/\s+/).filter(Boolean).length + 2) } as unknown as Tokenizer,
  })
  const fits = (limit: number, text: string) => countTokens(reader(limit), [text]).counts[0]!
  test.each([
    ['all of it', 5, 'a b c', 5, 5],
    ['with spaces around, all of it', 5, ' a b c  ', 5, 8],
    ['one word less', 4, 'aa bb cc', 5, 5],
    ['one word', 3, 'aa bb cc', 5, 2],
    ['none', 2, 'aa bb cc', 5, 0],
    ['up to a sign', 4, 'aa, bb cc', 5, 6],
  ])('%s', (_, limit, text, tokens, length) => {
    expect(fits(limit, text)).toEqual({ tokens, fits: length })
  })
  test('wherever the end is', () => {
    const words = Array.from({ length: 60 }, (_, i) => 'x'.repeat(1 + (i % 3)))
    for (let limit = 2; limit < 62; limit++) expect(fits(limit, words.join(' ')).fits).toBe(words.slice(0, limit - 2).join(' ').length)
  })
  test('and a long one is not counted from end to end again and again', () => {
    const text = 'x'.repeat(1000)
    const long = Array.from({ length: 3000 }, () => text).join(' ')
    counted = 0
    expect(fits(12, long)).toEqual({ tokens: 3002, fits: 10 * 1001 - 1 })
    expect(counted).toBeLessThan(30)
    expect(fits(4, 'a '.repeat(100_000))).toEqual({ tokens: 100_002, fits: 3 })
  })
})
