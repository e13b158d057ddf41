/** The tokenizer that pre-training learns, on the example of the paper that proposed it (Sennrich et al. 2016, section 3.2). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Tokenizer } from '../../../src-main/engine/data/tokenizer.ts'
import { trainBpe, writeTokenizer } from '../../../src-main/engine/data/train-bpe.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const times = (n: number, word: string) => Array<string>(n).fill(word)
const texts = [...times(5, 'low'), ...times(2, 'lower'), ...times(6, 'newest'), ...times(3, 'widest')]
const spelt = (merges: readonly (readonly [string, string])[]) => merges.map((pair) => pair.join('+'))

test('the pair that occurs most is joined first; of equals the first by its letters', () => {
  expect(spelt(trainBpe(texts, 519).merges)).toEqual(['e+s', 'es+t</w>', 'l+o', 'e+w', 'ew+est</w>'])
})

test('texts in another order, in capitals or with other spaces teach the same', () => {
  const other = [[...texts].reverse().join('  \n '), ' '].map((t) => t.toUpperCase())
  expect(trainBpe(other, 530)).toEqual(trainBpe(texts, 530))
})

test('pairs that occur once are left apart, however large the vocabulary may be', () => {
  expect(trainBpe(['ab', 'cd'], 1000).merges).toEqual([])
  expect(spelt(trainBpe(['ab', 'ab', 'cd'], 1000).merges)).toEqual(['a+b</w>'])
  // a a a a</w>, twice: a+a four times; then aa a a</w>
  expect(spelt(trainBpe(['aaaa aaaa'], 1000).merges)).toEqual(['a+a', 'a+a</w>', 'aa+aa</w>'])
})

test('ids: 256 bytes, the same at the end of a word, one a merge, then where a text begins and ends', () => {
  const { vocab, merges } = trainBpe(texts, 520)
  const id = (token: string) => vocab.get(token)
  expect([id('!'), id('~'), id('¡'), id('ÿ'), id('Ā'), id('!</w>'), id('es')]).toEqual([0, 93, 94, 187, 188, 256, 512])
  expect([vocab.size, merges.length, id('<|startoftext|>'), id('<|endoftext|>')]).toEqual([520, 6, 518, 519])
  expect(new Set(vocab.values()).size).toBe(520)
})

test('written into a folder it is read as any tokenizer, and gives texts back', async () => {
  const [dir, bpe] = [join(temporaryFolder(), 'new', 'folder'), trainBpe(texts, 530)]
  await writeTokenizer(dir, bpe, 9)
  const tokenizer = await Tokenizer.load(dir)
  expect([tokenizer.vocabSize, tokenizer.maxLength, tokenizer.startId, tokenizer.endId, tokenizer.padId]).toEqual([
    bpe.vocab.size,
    9,
    bpe.vocab.size - 2,
    bpe.vocab.size - 1,
    bpe.vocab.size - 1,
  ])
  const ids = tokenizer.encode('Newest é', 9)
  expect(tokenizer.decode(ids)).toBe('newest é')
  expect([...ids].slice(0, 2)).toEqual([tokenizer.startId, bpe.vocab.get('newest</w>')])
  expect(readFileSync(join(dir, 'merges.txt'), 'utf8').split('\n').slice(0, 3)).toEqual(['#version: 0.2', 'e s', 'es t</w>'])
})
