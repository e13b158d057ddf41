import { expect, it } from 'vitest'
import { localeOf, sentencesIn } from '../../src-shared/locales/index.ts'
import { isRecovered, sentenceIn } from '../../src-shared/sentences/read.ts'
import { say, sentences, type Sentence, type SentenceCode } from '../../src-shared/sentences/table.ts'

const long = (Object.keys(sentences) as SentenceCode[]).filter(isRecovered)
const filled = (code: SentenceCode): Sentence => ({
  code,
  params: Object.fromEntries([...sentences[code].matchAll(/\{(\w+)\}/g)].map((m, i) => [m[1]!, `value${i}`])),
})

it.each(long)('reads %s from its English text, which it says again', (code) => {
  const text = say(filled(code))
  const read = sentenceIn(text)
  expect(read).toBeDefined()
  expect(say(read!)).toBe(text)
})

it('says what ended a run of an earlier version in the language of the window, with the file that it names', () => {
  const japanese = sentencesIn(localeOf('ja'))
  expect(say(sentenceIn('/a: b/c.json: cancelled')!, japanese)).toBe('/a: b/c.json：キャンセルしました')
  expect(sentenceIn('a text of nobody: at all')).toBeUndefined()
})
