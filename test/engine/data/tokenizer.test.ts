import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Tokenizer } from '../../../src-main/engine/data/tokenizer.ts'
import { golden, goldenJson } from './golden.ts'

const cases = goldenJson<[length: number, text: string, ids: number[], count: number][]>('tokenizer.json')
const tokenizer = await Tokenizer.load(golden('tokenizer'))

describe('Tokenizer gives the ids that CLIPTokenizerFast gives', () => {
  it.each(cases)('padded or cut to %d: %j', (length, text, ids, count) => {
    expect([...tokenizer.encode(text, length)]).toEqual(ids)
    expect(tokenizer.count(text)).toBe(count)
  })

  it('many texts row by row', () => {
    const rows = cases.filter(([length]) => length === 32)
    expect([
      ...tokenizer.encodeAll(
        rows.map(([, text]) => text),
        32,
      ),
    ]).toEqual(rows.flatMap(([, , ids]) => ids))
  })
})

describe('texts that people did not mean have the ids that transformers gives them', () => {
  const { texts, refused } = goldenJson<{ texts: [text: string, ids: number[], count: number][]; refused: string[] }>('odd-texts.json')

  it.each(texts)('%j', (text, ids, count) => {
    expect([...tokenizer.encode(text, 77)]).toEqual(ids)
    expect(tokenizer.count(text)).toBe(count)
  })

  it('cut to 77, each keeps its end', () => {
    const long = texts.filter(([, , count]) => count > 77)
    expect(long.length).toBeGreaterThan(8)
    for (const [text] of long) expect([...tokenizer.encode(text, 77)].slice(-2).map((id) => id === tokenizer.endId)).toEqual([false, true])
  })

  // transformers raises on them; they come from other programs' mistakes, and a caption that has one is still a caption.
  it.each(refused)('half a surrogate pair reads as the replacement character: %j', (text) => {
    expect([...tokenizer.encode(text, 77)]).toEqual([...tokenizer.encode(text.replace(/[\ud800-\udfff]/gu, '\ufffd'), 77)])
  })
})

it('reads a hundred thousand characters at most, whatever follows', () => {
  expect(tokenizer.count('a '.repeat(200_000))).toBe(50_002)
})

it('tells what a model needs to know', () => {
  expect(tokenizer.vocabSize).toBe(826)
  expect([tokenizer.startId, tokenizer.endId, tokenizer.padId]).toEqual([824, 825, 825])
  expect(tokenizer.maxLength).toBe(77)
})

it('turns ids back into text', () => {
  expect(tokenizer.decode(tokenizer.encode('A photo of two dogs 笑顔!', 32))).toBe('a photo of two dogs 笑顔 !')
  expect(tokenizer.decode(tokenizer.encode('', 8))).toBe('')
})

describe('a folder', () => {
  const json = goldenJson<Record<string, unknown>>('tokenizer/tokenizer.json')
  const folder = (files: Record<string, unknown>) => {
    const dir = mkdtempSync(join(tmpdir(), 'dashi-tokenizer-'))
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content))
    }
    return dir
  }

  it('may name its padding token in tokenizer_config.json, or as older ones do in special_tokens_map.json', async () => {
    const bang = (json.model as { vocab: Record<string, number> }).vocab['!</w>']!
    const now = await Tokenizer.load(folder({ 'tokenizer.json': json, 'tokenizer_config.json': { pad_token: { content: '!</w>' } } }))
    const before = await Tokenizer.load(folder({ 'tokenizer.json': json, 'special_tokens_map.json': { pad_token: '!</w>' } }))
    expect([now.padId, before.padId]).toEqual([bang, bang])
    expect([...now.encode('', 4)]).toEqual([now.startId, now.endId, bang, bang])
    expect((await Tokenizer.load(folder({ 'tokenizer.json': json }))).padId).toBe(tokenizer.endId)
  })

  const { vocab, merges } = json.model as { vocab: Record<string, number>; merges: (string | string[])[] }
  const older = {
    'vocab.json': vocab,
    'merges.txt': ['#version: 0.2', ...merges.map((m) => (typeof m === 'string' ? m : m.join(' '))), ''].join('\n'),
  }

  it('of an older release has vocab.json and merges.txt alone, and gives the same ids', async () => {
    const slow = await Tokenizer.load(folder(older))
    for (const [length, text, ids] of cases) expect([...slow.encode(text, length)]).toEqual(ids)
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['a vocabulary without merges', { 'vocab.json': vocab }, 'merges.txt: no such file'],
    ['a vocabulary without an end', { ...older, 'vocab.json': { a: 0, '<|startoftext|>': 1 } }, 'vocab.json: <|endoftext|>: expected'],
    ['a vocabulary of names', { ...older, 'vocab.json': { a: 'b' } }, 'vocab.json: a: '],
    ['a merge of one token', { ...older, 'merges.txt': '#version: 0.2\na\n' }, 'merges.txt: line 2: expected two tokens'],
    ['a merge that the vocabulary lacks', { ...older, 'merges.txt': 'q zz\n' }, 'merges.txt: line 1: "qzz" is not in vocab.json'],
    ['no tokenizer.json', {}, 'tokenizer.json: no such file'],
    [
      'cut off',
      { 'tokenizer.json': readFileSync(golden('tokenizer/tokenizer.json'), 'utf8').slice(0, 5000) },
      'tokenizer.json: expected JSON',
    ],
    ['another kind of model', { 'tokenizer.json': { ...json, model: { type: 'Unigram', vocab: [] } } }, 'tokenizer.json: model.type: '],
    ['no end token', { 'tokenizer.json': { ...json, post_processor: null } }, 'tokenizer.json: post_processor: expected one token before'],
    [
      'an unknown normalizer',
      { 'tokenizer.json': { ...json, normalizer: { type: 'Upside' } } },
      'tokenizer.json: cannot be used (Unknown Normalizer',
    ],
    [
      'a pattern that backtracks',
      { 'tokenizer.json': { ...json, pre_tokenizer: { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Removed', invert: true } } },
      'tokenizer.json: pre_tokenizer.pattern.Regex: "(a+)+$" may take forever',
    ],
    [
      'an unknown padding token',
      { 'tokenizer.json': json, 'tokenizer_config.json': { pad_token: '[PAD]' } },
      'tokenizer_config.json: pad_token: "[PAD]" is not',
    ],
    ['a wrong config', { 'tokenizer.json': json, 'tokenizer_config.json': { pad_token: 3 } }, 'tokenizer_config.json: pad_token: '],
  ])('with %s is refused', async (_, files, problem) => {
    const dir = folder(files)
    await expect(Tokenizer.load(dir)).rejects.toThrow(join(dir, problem))
  })
})
