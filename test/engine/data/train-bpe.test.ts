/** The tokenizer that pre-training learns, on the example of the paper that proposed it (Sennrich et al. 2016, section 3.2). */
import { readdirSync, readFileSync } from 'node:fs'
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

test('its files say what transformers wants to know', async () => {
  const dir = temporaryFolder()
  await writeTokenizer(dir, trainBpe(texts, 530), 32)
  const read = (name: string) => readFileSync(join(dir, name), 'utf8')
  const special = { bos_token: '<|startoftext|>', eos_token: '<|endoftext|>', unk_token: '<|endoftext|>', pad_token: '<|endoftext|>' }
  expect(JSON.parse(read('special_tokens_map.json'))).toEqual(special)
  expect(JSON.parse(read('tokenizer_config.json'))).toEqual({
    ...special,
    add_prefix_space: false,
    do_lower_case: true,
    model_max_length: 32,
    tokenizer_class: 'CLIPTokenizer',
  })
  expect(JSON.parse(read('vocab.json'))).toEqual(Object.fromEntries(trainBpe(texts, 530).vocab))
  expect(readdirSync(dir).sort()).toEqual([
    'merges.txt',
    'special_tokens_map.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'vocab.json',
  ])
  for (const name of readdirSync(dir)) expect(read(name).endsWith('\n')).toBe(true)
})

test('a token that two merges make has one id, and a vocabulary of bytes alone learns nothing', () => {
  // "abc" from ab + c in the one, from a + bc in the other.
  const { merges, vocab } = trainBpe([...times(9, 'abx'), ...times(8, 'bcy'), ...times(4, 'abcz'), ...times(4, 'qabc')], 600)
  expect(new Set(merges.map((pair) => pair.join(''))).size).toBeLessThanOrEqual(merges.length)
  expect(vocab.size).toBe(514 + new Set(merges.map((pair) => pair.join(''))).size)
  expect([...vocab.values()]).toEqual(Array.from(vocab.values(), (_, i) => i))
  expect(trainBpe(texts, 514).merges).toEqual([])
  expect(trainBpe(texts, 515).merges).toHaveLength(1)
  expect(trainBpe([], 600).merges).toEqual([])
})

test('of pairs that occur equally often the first by its letters is joined, in whatever order they are met', () => {
  for (const words of [
    ['cd', 'ab'],
    ['ab', 'cd'],
  ])
    expect(
      spelt(
        trainBpe(
          words.flatMap((word) => times(3, word)),
          515,
        ).merges,
      ),
    ).toEqual(['a+b</w>'])
})
