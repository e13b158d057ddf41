import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { DashiError, dataError, saidBy, userError } from '#shared/errors.ts'
import { errorOf, failureOf, failureSchema } from '#shared/model/failure.ts'
import { say, sentence, sentences, sentenceSchema, type SentenceCode } from '#shared/sentences/table.ts'
import { sentencesJa } from '../../src-renderer/locales/ja/sentences/index.ts'

const codes = Object.keys(sentences) as SentenceCode[]
const namesIn = (template: string) => [...template.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!).sort()

it('names the file, then the problem, in the reader’s language', () => {
  const e = dataError('a.zip', sentence('in-field', { field: 'name', problem: sentence('cancelled') }))
  expect(e.message).toBe('a.zip: name: cancelled')
  expect(say(e.sentence!, sentencesJa)).toBe('a.zip：name：キャンセルしました')
})

it('leaves alone what only looks like a name in braces', () => {
  expect(say(sentence('as-said', { said: '{file} of {constructor}' }))).toBe('{file} of {constructor}')
  expect(userError('a text {file}').message).toBe('a text {file}')
})

it('keeps its sentence across threads and processes', () => {
  const failure = failureSchema.parse(structuredClone(failureOf(userError(sentence('as-said', { said: 'no' })))))
  const e = errorOf(failure)
  expect(e).toBeInstanceOf(DashiError)
  expect(saidBy(e)).toEqual({ code: 'as-said', params: { said: 'no' } })
  expect(sentenceSchema.safeParse({ code: 'made-up', params: {} }).success).toBe(false)
})

it.each(codes)('%s asks for the same names in Japanese as in English', (code) => {
  expect(namesIn(sentencesJa[code])).toEqual(namesIn(sentences[code]))
})

it('is listed in docs/errors.md, which npm run errors writes anew', () => {
  const rows = codes.map(
    (code) => `| \`${code}\` | ${sentences[code].replaceAll('|', '\\|')} | ${sentencesJa[code].replaceAll('|', '\\|')} |`,
  )
  const page = [
    '# Errors by their codes',
    '',
    'What Dashi answers where something cannot be done. A window says it in its own language, the terminal in English;',
    'a name in braces stands for what it is about. An error without a code is said in English everywhere.',
    '',
    '| Code | English | Japanese |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
  if (process.env['DASHI_WRITE_ERRORS']) writeFileSync('docs/errors.md', page)
  expect(existsSync('docs/errors.md') && readFileSync('docs/errors.md', 'utf8')).toBe(page)
})
