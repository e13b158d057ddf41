import { describe, expect, it } from 'vitest'
import { sifted, thinned, type Found } from '../../src-renderer/found.ts'
import { splitWords, withWords, wordOf } from '../../src-renderer/prompt-words.ts'

const found = (label: string, score: number, x: number): Found => ({ label, labelId: null, score, box: [x, 0, 10, 10] })

describe('what a model found', () => {
  // Two dogs in nearly the same place, a cat there too, and a dog elsewhere.
  const all = [found('dog', 0.4, 1), found('dog', 0.9, 0), found('cat', 0.3, 0), found('dog', 0.2, 50)]

  it('is shown best first; of a label’s boxes that overlap, the best', () => {
    expect(thinned(all, 0.5)).toEqual([1, 2, 3])
    expect(thinned(all, 0.9)).toEqual([1, 0, 2, 3]) // they overlap by 9 of 11
    expect(thinned(all, 1)).toEqual([1, 0, 2, 3])
  })
  it('is left out below the threshold, and after so many of a label', () => {
    const order = thinned(all, 1)
    expect(sifted(all, order, { threshold: 0.3, overlap: 1, most: 0 })).toEqual([1, 0, 2])
    expect(sifted(all, order, { threshold: 0, overlap: 1, most: 1 })).toEqual([1, 2])
  })
  it('is the same whether suppressed before or after the threshold, so a slider need not suppress again', () => {
    for (const threshold of [0, 0.25, 0.35, 0.5]) {
      const above = all.filter((f) => f.score >= threshold)
      const suppressedLater = thinned(above, 0.5).map((i) => above[i]!)
      expect(sifted(all, thinned(all, 0.5), { threshold, overlap: 0.5, most: 0 }).map((i) => all[i])).toEqual(suppressedLater)
    }
  })
})

describe('typed words', () => {
  const labels = [
    { id: 1, name: 'Dog', synonyms: ['puppy'], prompts: ['a photo of a dog'] },
    { id: 2, name: 'puppy dog', synonyms: [], prompts: [] },
  ]
  it('are parted by commas of either script', () => {
    expect(splitWords(' dog, red   apple；車輪、犬 ,, ')).toEqual(['dog', 'red apple', '車輪', '犬'])
  })
  it('are spelt as the label that they belong to, by name, synonym or prompt', () => {
    expect(wordOf('dog', labels)).toMatchObject({ word: 'Dog', label: { id: 1 } })
    expect(wordOf('Puppy', labels)).toMatchObject({ word: 'puppy', label: { id: 1 } })
    expect(wordOf('A photo of a dog', labels)).toMatchObject({ word: 'a photo of a dog', label: { id: 1 } })
    expect(wordOf('wheel', labels)).toEqual({ word: 'wheel', label: null })
  })
  it('are there once, whatever their case', () => expect(withWords(['Dog'], ['dog', 'cat', 'Cat'])).toEqual(['Dog', 'cat']))
})
