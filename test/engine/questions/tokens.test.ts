import { join } from 'node:path'
import { expect, test } from 'vitest'
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
