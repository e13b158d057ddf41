import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Tokenizer } from '@huggingface/tokenizers'
import { beforeAll, describe, expect, test } from 'vitest'
import { endToken, startToken } from '../../../src-main/engine/data/clip-bpe.ts'
import { trainBpe, writeTokenizer } from '../../../src-main/engine/data/train-bpe.ts'
import { captionsFor, fillTemplate, tokenizerTexts, zeroShotTemplates } from '../../../src-main/app/pretrain/captions.ts'
import { concepts, emojiWords } from '../../../src-main/app/sample/concepts.ts'
import golden from '../../parity/sample/tokenizer.json' with { type: 'json' }

const corpus = emojiWords()
const bpe = trainBpe(corpus, 2000)

describe('byte-level BPE', () => {
  let tokenizer: Tokenizer
  beforeAll(async () => {
    const dir = process.env.DASHI_TOKENIZER_OUT ?? mkdtempSync(join(tmpdir(), 'dashi-tokenizer-'))
    await writeTokenizer(dir, bpe, 32)
    const json = (name: string) => JSON.parse(readFileSync(join(dir, name), 'utf8')) as object
    tokenizer = new Tokenizer(json('tokenizer.json'), json('tokenizer_config.json'))
  })

  test.each(golden)("gives the ids of transformers' CLIPTokenizerFast: $text", ({ text, ids }) => {
    expect(tokenizer.encode(text).ids).toEqual(ids)
  })

  test('has the size asked for, the bytes first and the end token last, as CLIP pools where the highest id is', () => {
    expect(bpe.vocab.size).toBe(2000)
    expect(bpe.vocab.get('!')).toBe(0)
    expect(bpe.vocab.get('!</w>')).toBe(256)
    expect(bpe.vocab.get(startToken)).toBe(1998)
    expect(bpe.vocab.get(endToken)).toBe(1999)
  })

  test('does not depend on the order of the texts', () => {
    const again = trainBpe([...corpus].reverse(), 600)
    expect(again).toEqual(trainBpe(corpus, 600))
  })

  test('merges the commonest pair first, and stops where no pair occurs twice', () => {
    const { merges, vocab } = trainBpe(['low low low', 'lower', 'new'], 4000)
    expect(merges[0]).toEqual(['l', 'o'])
    expect(merges[1]).toEqual(['lo', 'w</w>'])
    expect(vocab.size).toBe(512 + merges.length + 2)
  })
})

describe('captions', () => {
  const apple = concepts().find((c) => c.name === 'red apple')!

  test('name the concept, in several ways, without repetition', () => {
    const captions = captionsFor(apple)
    expect(captions.slice(0, 3)).toEqual(['red apple', 'a drawing of a red apple', 'a picture of a red apple'])
    expect(captions.some((c) => c.includes('fruit'))).toBe(true)
    expect(new Set(captions).size).toBe(captions.length)
    for (const concept of concepts()) expect(captionsFor(concept).length, concept.name).toBeGreaterThan(7)
  })

  test('templates take the article that the name needs', () => {
    expect(fillTemplate('a drawing of {}', 'owl')).toBe('a drawing of an owl')
    expect(fillTemplate('a drawing of {}', 'grapes')).toBe('a drawing of grapes')
    expect(fillTemplate('{}', 'owl')).toBe('owl')
    expect(zeroShotTemplates.every((t) => t.split('{}').length === 2)).toBe(true)
  })

  test('common words are one token each', () => {
    const { vocab } = trainBpe(tokenizerTexts(), 4096)
    for (const word of ['drawing', 'apple', 'animal', 'vehicle', 'clothing', 'red', 'building'])
      expect(vocab.has(`${word}</w>`), word).toBe(true)
  })
})
