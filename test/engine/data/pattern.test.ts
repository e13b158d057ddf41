import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wordPattern } from '../../../src-main/engine/data/clip-bpe.ts'
import { isLinear } from '../../../src-main/engine/data/pattern.ts'

const r = String.raw
const words = r`'s|'t|'re|'ve|'m|'ll|'d`

describe('is run', () => {
  it.each([
    ["CLIP's", wordPattern],
    ["CLIP's with its special tokens", r`<\|startoftext\|>|<\|endoftext\|>|${wordPattern}`],
    ["GPT-2's", r`${words}| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`],
    ["Llama's", r`(?i:${words})|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`],
    ["Qwen's", r`(?i:${words})|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`],
    ['white space', r`\s+`],
    ['a character', '.'],
    ['a range of characters', '[一-龥ぁ-ん]+'],
    ['a group of words', '(?:cat|dog)s?'],
  ])('%s', (_, pattern) => expect(isLinear(pattern)).toBe(true))
})

describe('is not run', () => {
  it.each([
    '(a+)+$',
    '(a|a)*b',
    r`(\p{L}+)*X`,
    r`(\s+)+`,
    '(x+x+)+y',
    '([a-z]+)*',
    '(.*)*z',
    '.*.*=.*',
    '(?:a|b)+',
    '(?:(?:a+)+)?$',
    '(?>a+)+',
    'a+b',
    'a*a*a*b',
    '(a?){40}a{40}',
    '(a{1,1000}){1,1000}',
    'a{2,}{3,}',
    'a{1,99999}',
    'a{0,32}a{0,32}b',
    '(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)b',
    '((a|a)|(a|a))',
    '(?=a+b)',
    '(?<!a*b)',
    r`(a)\1+`,
    r`\k<n>`,
    '(?<n>a)',
    r`\s*[\r\n]+x`,
    '(a',
    'a)',
    '[a',
    '*',
    '\\',
    `${'a'.repeat(3000)}`,
  ])('%s', (pattern) => expect(isLinear(pattern)).toBe(false))
})

it('every accepted pattern terminates', () => {
  // Patterns of the pieces that regular expressions go wrong with.
  const piece = fc.constantFrom(
    'a',
    'b',
    '[ab]',
    '.',
    'a+',
    'a*',
    'a?',
    '[ab]+',
    '.*',
    '(a|b)',
    '(a|a)',
    '(?:a|ab)',
    '(a+)+',
    '(a*)*',
    'a{0,3}',
    'a{2}',
    '|',
    '$',
    '(?=a)',
  )
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
      const pattern = pieces.join('')
      if (!isLinear(pattern)) return
      expect('a'.repeat(20_000).concat('c').replaceAll(new RegExp(pattern, 'gu'), '')).toMatch(/^[abc]*$/) // what backtracks never comes back
    }),
    { numRuns: 300 },
  )
})

describe('each piece of an expression by itself', () => {
  const run = [
    ['kinds of letters', [r`\p{L}+`, r`\P{Lu}`, r`\p{Script=Han}*`, r`\p{}`]],
    ['numbered characters', [r`\u00e9+`, r`\uABCD`, r`\x41+`, r`\xfF`]],
    ['escaped characters', [r`\n+`, r`\d+`, r`\.`, r`\(`, r`\|`, r`\s`]],
    ['classes', ['[ab]', '[^ab]+', r`[\]a]+`, '[[:alpha:]]+', '[[:^alpha:]x]', r`[^\s\p{L}]+`]],
    ['repeats', ['a?', 'a*', 'a+', 'a??', 'a*?', 'a+?', 'a?+', 'a*+', 'a++', 'a{3}', 'a{2,3}', 'a{12,13}', 'a{2,}', 'a{,3}', 'a{,13}']],
    ['groups', ['(a)', '(?:a)', '(?i:a)', '(?im:a)', '(?ims:ab|cd)', '(?>a)', '(ab|cd)?']],
    ['alternatives', ['a|b', '(a)|b', 'a||b', 'a|', '', '|a']],
    ['white space at an end', [r`\s+(?!\S)`, r`\s*[\r\n]+`, r`\s*[\r\n]`, r`a|\s*[\r\n]|b`]],
  ] as const
  it.each(run)('%s', (_, patterns) => {
    expect(patterns.filter((pattern) => !isLinear(pattern))).toEqual([])
  })
  const refused = [
    ['letters without braces', [r`\pL`, r`\p{L`, r`\PL`]],
    ['numbers cut short', [r`\u12`, r`\x4`, r`\u`, r`\x`, r`\xg1`, r`\u12g4`, r`\x{41}`]],
    ['references and other expressions', [r`\1`, r`\9`, r`\g1`, r`\k`, r`\K`, r`\R`, r`\X`, '(?=a)', '(?!a)', '(?<=a)', '(?x:a)', '(?#a)']],
    ['classes that do not end', ['[', '[]', '[a', r`[\]`]],
    ['repeats of nothing or of repeats', ['?', '+a', '{2}', 'a{2}?', 'a{2}+', 'a{2}{3}', 'a{2}*', 'a{x}', 'a{1,2,3}']],
    ['groups within groups, or with repeats', ['((a))', '(a+)', '(a?)', '(a){2}', '(a)+', '(a)*', '(a']],
    ['what backtracks over white space', [r`\s+(?!\S)a`, r`\s*[\r\n]+a`, r`\s+(?!\w)`]],
  ] as const
  it.each(refused)('but not %s', (_, patterns) => {
    expect(patterns.filter((pattern) => isLinear(pattern))).toEqual([])
  })
})
