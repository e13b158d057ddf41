import { describe, expect, it } from 'vitest'
import { chosenLocale, localeOf, locales, recordWord, wordsIn } from '../../../src-shared/locales/index.ts'

/** Every text of a table, by its path in it. */
const texts = (table: object, under = ''): [string, string][] =>
  Object.entries(table).flatMap(([key, value]) =>
    typeof value === 'string' ? [[under + key, value] as [string, string]] : texts(value as object, `${under}${key}.`),
  )
const values = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()
const english = new Map(texts(wordsIn('en')))

describe.each(locales.map((l) => [l.id, l] as const))('the locale %s', (id, locale) => {
  it('says who it is', () => {
    expect(new Intl.Locale(id).toString()).toBe(id)
    expect(locale.name).not.toBe('')
  })
  it('has no words but those of English, with the same values in them', () => {
    for (const [path, text] of texts(locale.words)) {
      expect(english.has(path), path).toBe(true)
      expect(values(text), path).toEqual(values(english.get(path)!))
      expect(text.trim(), path).not.toBe('')
    }
  })
  it('has all of them where it says that it is complete', () => {
    if (locale.complete)
      expect(
        texts(locale.words)
          .map(([path]) => path)
          .sort(),
      ).toEqual([...english.keys()].sort())
  })
  it('leaves no gap in the window', () => {
    const shown = texts(wordsIn(id))
    expect(shown.map(([path]) => path)).toEqual([...english.keys()])
    expect(shown.filter(([path, text]) => String(values(text)) !== String(values(english.get(path)!)))).toEqual([])
  })
})

describe('locales', () => {
  it('are apart from each other', () => {
    expect(new Set(locales.map((l) => l.id)).size).toBe(locales.length)
    expect(new Set(locales.map((l) => l.name)).size).toBe(locales.length)
  })
  it('are the first that the reader’s system asks for, never one for developers only', () => {
    expect(chosenLocale('system', ['fr-FR', 'ja-JP', 'en-GB']).id).toBe('ja')
    expect(
      chosenLocale(
        'system',
        locales.filter((l) => l.developing).map((l) => l.id),
      ).id,
    ).toBe('en')
    expect(chosenLocale('ja', ['en']).id).toBe('ja')
  })
  it('say what a record is called: by their own word, by the record’s, in English', () => {
    const title = { en: 'Uniform soup', ja: '一様なスープ' }
    const place: [string, string, string] = ['merge', 'uniform', 'title']
    expect(recordWord(localeOf('ja'), place, title)).toBe('一様なスープ')
    expect(recordWord(localeOf('ja'), place, { en: 'Uniform soup' })).toBe('Uniform soup')
    const own = { ...localeOf('ja'), records: { merge: { uniform: { title: '均等' } } } }
    expect(recordWord(own, place, title)).toBe('均等')
  })
})
