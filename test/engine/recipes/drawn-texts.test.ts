/** Which text stands for a label in a step. */
import { expect, test } from 'vitest'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { DrawnTexts } from '../../../src-main/engine/recipes/drawn-texts.ts'

const classes = [
  { name: 'dog', phrases: ['a dog', 'a puppy', 'a hound'] },
  { name: 'cat' },
  { name: 'cup', phrase: 'a cup', templates: ['the rim of {}', 'a dog'] },
]
const read = async (templates: string[]) => {
  const asked: string[] = []
  const embed = (texts: readonly string[]) => {
    asked.push(...texts)
    return Promise.resolve(Float32Array.from(texts.flatMap((_, i) => [i, -i])))
  }
  const texts = await DrawnTexts.read(classes, templates, embed)
  return { asked, drawn: (label: number, n = 60) => Array.from({ length: n }, (_, i) => asked[texts.draw(label, Rng.of(i))[0]!]!), texts }
}

test('any of its words in any template, each about as often; or in its own templates', async () => {
  const { asked, drawn } = await read(['{}', 'see {}.'])
  expect(asked).toHaveLength(new Set(asked).size) // a text that two labels share is embedded once
  const dogs = drawn(0, 600)
  expect([...new Set(dogs)].sort()).toEqual(['a dog', 'a hound', 'a puppy', 'see a dog.', 'see a hound.', 'see a puppy.'])
  for (const text of new Set(dogs)) expect(dogs.filter((t) => t === text).length).toBeGreaterThan(60)
  expect([...new Set(drawn(1))].sort()).toEqual(['cat', 'see cat.'])
  expect([...new Set(drawn(2))].sort()).toEqual(['a dog', 'the rim of a cup'])
})

test('a label of one text is always that text; all labels of a step come in their order', async () => {
  const { asked, texts, drawn } = await read(['{}'])
  expect(new Set(drawn(1))).toEqual(new Set(['cat']))
  const rows = texts.drawAll(Rng.of(3))
  expect(rows).toHaveLength(3 * 2)
  expect(asked[rows[2]!]).toBe('cat')
  expect(texts.drawAll(Rng.of(3))).toEqual(rows)
})
