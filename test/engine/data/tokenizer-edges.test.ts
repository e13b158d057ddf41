/** Tokenizers of other kinds than CLIP's, and the limits of what a tokenizer.json may ask for. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseMerges, tokenizerJson } from '../../../src-main/engine/data/clip-bpe.ts'
import { checkSteps } from '../../../src-main/engine/data/tokenizer-steps.ts'
import { Tokenizer, TOKENIZER_FILES } from '../../../src-main/engine/data/tokenizer.ts'
import { golden, goldenJson } from './golden.ts'

type Json = Record<string, unknown> & { model: { vocab: Record<string, number>; merges: (string | string[])[] }; added_tokens: object[] }
const json = goldenJson<Json>('tokenizer/tokenizer.json')
const folder = (files: Record<string, unknown>) => {
  const dir = mkdtempSync(join(tmpdir(), 'dashi-tokenizer-'))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), JSON.stringify(content))
  return dir
}
const { vocab } = json.model
const merges = json.model.merges.map((m) => (typeof m === 'string' ? m : m.join(' ')))

describe("CLIP's", () => {
  it('is what transformers makes of its vocabulary', () => {
    const { model, added_tokens, ...made } = tokenizerJson(vocab, merges) as Json
    const { model: theirs, added_tokens: special, ...rest } = json
    // Newer releases split special tokens off by the pattern too, which finds them itself.
    const specials = JSON.stringify(String.raw`<\|startoftext\|>|<\|endoftext\|>|`).slice(1, -1)
    expect(made).toEqual(JSON.parse(JSON.stringify(rest).replace(specials, '')))
    expect(added_tokens).toEqual(special)
    expect({ ...model, merges: model.merges.map((m) => [m].flat().join(' ')) }).toMatchObject({ ...theirs, merges })
  })

  it('merges are lines of two tokens, after a line of the version, with any ends of lines', () => {
    const known = { ab: 1, abc: 2, '#version:0.2': 3 }
    expect(parseMerges('#version: 0.2\r\na b\r\n\r\nab c', known, 'm')).toEqual(['a b', 'ab c'])
    expect(parseMerges('a b\n#version: 0.2', known, 'm')).toEqual(['a b', '#version: 0.2']) // at any other place it is a merge
    for (const [text, line] of [
      ['a b\nab', 2],
      ['a b c', 1],
      ['a b ', 1],
      [' ab', 1],
      ['a ', 1],
    ] as const)
      expect(() => parseMerges(text, known, 'm')).toThrow(`line ${line}: expected two tokens`)
    expect(() => parseMerges('a b\nb a', known, 'm')).toThrow('line 2: "ba" is not in vocab.json')
  })

  it('files are copied with a model where they are', () => {
    expect(TOKENIZER_FILES).toEqual(['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'vocab.json', 'merges.txt'])
  })

  it('text that just fits is whole, one more token is cut before the end', () => {
    const tokenizer = Tokenizer.from(json)
    const ids = [...tokenizer.encode('a photo of two dogs', 77)].slice(0, tokenizer.count('a photo of two dogs'))
    expect([...tokenizer.encode('a photo of two dogs', ids.length)]).toEqual(ids)
    expect([...tokenizer.encode('a photo of two dogs', ids.length - 1)]).toEqual([...ids.slice(0, -2), tokenizer.endId])
  })

  it('texts of a hundred thousand units are read to the last', () => {
    const tokenizer = Tokenizer.from(json)
    const [whole, more] = ['a '.repeat(50_000), `${'a '.repeat(50_000)}a`]
    expect([tokenizer.count(`${whole.slice(0, -2)} b`), tokenizer.count(more)]).toEqual([50_002, 50_002])
  })

  it('ids are counted from the largest, of the vocabulary or of the tokens added', () => {
    const largest = Math.max(...Object.values(vocab))
    expect(Tokenizer.from(json).vocabSize).toBe(largest + 1)
    expect(Tokenizer.from({ ...json, added_tokens: [] }).vocabSize).toBe(largest + 1)
    const added = [...json.added_tokens, { ...json.added_tokens[0], id: largest + 50, content: '<|more|>' }]
    expect(Tokenizer.from({ ...json, added_tokens: added }).vocabSize).toBe(largest + 51)
    expect(() => Tokenizer.from({ ...json, added_tokens: [{ id: 4_000_001, content: 'x' }] })).toThrow('added_tokens.0.id')
    expect(() => Tokenizer.from({ ...json, added_tokens: [{ id: 1, content: 'x'.repeat(1001) }] })).toThrow('added_tokens.0.content')
    expect(() => Tokenizer.from({ ...json, model: { ...json.model, vocab: { a: -1 } } })).toThrow('model.vocab.a')
    expect(() => Tokenizer.from({ ...json, model: { ...json.model, merges: [['a']] } })).toThrow('model.merges.0')
    expect(() => Tokenizer.from({ ...json, model: { ...json.model, type: 'WordPiece' } })).toThrow('model.type')
  })

  it('longest text is that of the configuration, where that is a length', () => {
    const longest = (model_max_length: unknown) => Tokenizer.from(json, { model_max_length }).maxLength
    expect([longest(77), longest(999_999), longest(1e6), longest(1e30), longest(null), longest(undefined), longest(2)]).toEqual([
      ...[77, 999_999],
      ...[undefined, undefined, undefined, undefined],
      2,
    ])
    expect(() => longest(1)).toThrow('tokenizer_config.json: model_max_length')
  })

  it('padding is the end where none is named, and is left out of a text again', () => {
    const padded = Tokenizer.from(json, { pad_token: '!</w>' })
    expect([padded.padId, Tokenizer.from(json, {}).padId]).toEqual([vocab['!</w>'], padded.endId])
    expect(padded.decode(padded.encode('two dogs', 20))).toBe('two dogs')
    expect(padded.decode([padded.startId!, padded.endId, padded.padId])).toBe('')
  })

  it('letters stay as they are without a normalizer; with one, a capital sigma is that of the reference everywhere', () => {
    const plain = Tokenizer.from({ ...json, normalizer: null })
    expect([...plain.encode('A', 4)]).not.toEqual([...plain.encode('a', 4)])
    expect([...plain.encode('ΟΔΟΣ', 20)]).not.toEqual([...plain.encode('ΟΔΟσ', 20)])
    const lower = Tokenizer.from(json)
    expect([...lower.encode('ΟΔΟΣ', 20)]).toEqual([...lower.encode('οδοσ', 20)])
    // What becomes a special token by being lowered is none.
    expect(lower.count('<|ENDOFTEXT|>')).toBeGreaterThan(3)
    expect(lower.count('<|endoftext|>')).toBe(3)
  })
})

describe('sentencepiece', () => {
  const pieces = ['<pad>', '</s>', '<unk>', '▁a', '▁cat', 's', '▁', 'c', 'a', 't', '!']
  const unigram = {
    version: '1.0',
    added_tokens: [0, 1, 2].map((id) => ({
      id,
      content: pieces[id]!,
      special: true,
      normalized: false,
      lstrip: false,
      rstrip: false,
      single_word: false,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }],
      pair: [],
      special_tokens: { '</s>': { id: '</s>', ids: [1], tokens: ['</s>'] } },
    },
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    model: { type: 'Unigram', unk_id: 2, vocab: pieces.map((piece, i) => [piece, i < 3 ? 0 : -i]) },
  }
  const load = (more: object = {}, config: object = { pad_token: '<pad>' }) =>
    Tokenizer.from({ ...unigram, ...more }, config, 't.json', 'c.json', 'sentencepiece')

  it('has an end and no start, and as many ids as pieces', () => {
    const tokenizer = load()
    expect([tokenizer.startId, tokenizer.endId, tokenizer.padId, tokenizer.vocabSize]).toEqual([undefined, 1, 0, 11])
    expect([...tokenizer.encode('a cats', 6)]).toEqual([3, 4, 5, 1, 0, 0])
    expect(tokenizer.decode(tokenizer.encode('a cats', 6))).toBe('a cats')
    expect(load({ added_tokens: [...unigram.added_tokens, { ...unigram.added_tokens[0], id: 30, content: '<more>' }] }).vocabSize).toBe(31)
    expect(load({}, {}).padId).toBe(1)
  })
  it('reads lower case without punctuation, with single spaces', () => {
    const tokenizer = load()
    for (const text of ['A  CATS', '  a\tcats\n', '"A", cats!', 'a (cats)', 'a_ [c]a`t~s', 'a @ cats'.replace(' @', '@')])
      expect([...tokenizer.encode(text, 6)]).toEqual([3, 4, 5, 1, 0, 0])
  })
  it('is refused where it is another kind, or adds more than an end', () => {
    expect(() => load(json)).toThrow('t.json: model: expected Unigram, or BPE with byte_fallback')
    expect(() => Tokenizer.from(unigram)).toThrow('tokenizer.json: model.type')
    expect(() => load({ post_processor: null })).toThrow('t.json: post_processor: expected one token after a text, found 0')
    const twice = { ...unigram.post_processor, single: [...unigram.post_processor.single, unigram.post_processor.single[1]] }
    expect(() => load({ post_processor: twice })).toThrow('found 2')
    expect(() => load({}, { pad_token: 'none' })).toThrow('c.json: pad_token: "none"')
  })
  it('has no older form: without a tokenizer.json there is none', async () => {
    const dir = folder({ 'vocab.json': vocab })
    await expect(Tokenizer.load(dir, 'sentencepiece')).rejects.toThrow(join(dir, 'tokenizer.json: no such file'))
    const whole = await Tokenizer.load(
      folder({ 'tokenizer.json': unigram, 'tokenizer_config.json': { pad_token: '<pad>', model_max_length: 64 } }),
      'sentencepiece',
    )
    expect([whole.padId, whole.maxLength]).toEqual([0, 64])
  })
})

describe('a padding token', () => {
  it('of the newer file counts before that of the older', async () => {
    const files = {
      'tokenizer.json': json,
      'special_tokens_map.json': { pad_token: '!</w>' },
      'tokenizer_config.json': { pad_token: 'a</w>' },
    }
    expect((await Tokenizer.load(folder(files))).padId).toBe(vocab['a</w>'])
    expect((await Tokenizer.load(folder({ ...files, 'tokenizer_config.json': {} }))).padId).toBe(vocab['!</w>'])
    const wrong = folder({ ...files, 'special_tokens_map.json': { pad_token: 5 } })
    await expect(Tokenizer.load(wrong)).rejects.toThrow(join(wrong, 'special_tokens_map.json: pad_token'))
  })
  it('is the end where the older file names none', async () => {
    const tokenizer = await Tokenizer.load(folder({ 'tokenizer.json': json, 'special_tokens_map.json': {} }))
    expect(tokenizer.padId).toBe(tokenizer.endId)
    expect(JSON.parse(readFileSync(golden('tokenizer/tokenizer.json'), 'utf8'))).toHaveProperty('model')
  })
})

describe('steps', () => {
  const check = (normalizer: unknown) => checkSteps({ pre_tokenizer: null, normalizer }, 't.json')
  const nested = (n: number) => ({ list: Array.from({ length: n }, () => ({})) })

  it('are 256 parts at most', () => {
    expect(() => check(nested(254))).not.toThrow() // with the outer two
    expect(() => check(nested(255))).toThrow('t.json: normalizer: expected at most 64 steps')
    expect(() => checkSteps({ a: nested(254), b: nested(254) }, 't.json')).not.toThrow()
  })
  it('have texts of 2,000 characters at most, except for a map of characters', () => {
    const text = (n: number) => ({ pattern: { String: 'x'.repeat(n) } })
    expect(() => check(text(2000))).not.toThrow()
    expect(() => check(text(2001))).toThrow('normalizer.pattern.String: expected at most 2000 characters, found 2001')
    expect(() => check({ precompiled_charsmap: 'x'.repeat(9000) })).not.toThrow()
    expect(() => check({ precompiled_charsmap: { x: 'x'.repeat(9000) } })).toThrow('normalizer.precompiled_charsmap.x')
  })
  it('have expressions that end', () => {
    expect(() => check([{ pattern: { Regex: 'a+' } }])).not.toThrow()
    expect(() => check([null, 3, { pattern: { Regex: '(a+)+' } }])).toThrow('normalizer.2.pattern.Regex: "(a+)+" may take forever')
    const long = `(a+)+${'b'.repeat(500)}`
    expect(() => check({ Regex: long })).toThrow(`normalizer.Regex: ${JSON.stringify(long).slice(0, 100)} may`)
    expect(() => check({ Regex: long })).not.toThrow(JSON.stringify(long).slice(0, 101))
  })
  it('make a text 64 times as long at most, all together', () => {
    const replace = (...lengths: number[]) => lengths.map((n) => ({ type: 'Replace', pattern: { String: 'a' }, content: 'x'.repeat(n) }))
    expect(() => check(replace(64))).not.toThrow()
    expect(() => check(replace(65))).toThrow('normalizer.0.content: would make a text more than 64 times as long')
    expect(() => check(replace(8, 0, 8))).not.toThrow()
    expect(() => check(replace(8, 0, 9))).toThrow('normalizer.2.content')
    expect(() => check([{ type: 'Other', content: 'x'.repeat(100) }])).not.toThrow()
  })
})
