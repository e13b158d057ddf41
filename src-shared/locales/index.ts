/** The program's languages. A new one is a file or a folder here, and a line in `locales`. */
import type { Words } from '../model/words.ts'
import { pseudo } from './en-XA.ts'
import { sentences, type SentenceCode } from '../sentences/table.ts'
import { en } from './en/index.ts'
import { ja } from './ja/index.ts'
import type { Locale, LocaleWords } from './locale.ts'
import { filled } from './tables.ts'

export type { Locale, LocaleWords } from './locale.ts'

export const locales: readonly Locale[] = [en, ja, pseudo]

/** Falls back to English, so that the settings of a newer program still open. */
export const localeOf = (id: string): Locale => locales.find((l) => l.id === id) ?? en

/** The language for a setting; `system`: the first of the user's languages (BCP 47 tags) that the program has. */
export function chosenLocale(setting: string, systems: readonly string[]): Locale {
  if (setting !== 'system') return localeOf(setting)
  const offered = locales.filter((l) => !l.developing)
  const language = (tag: string) => tag.split('-')[0]!.toLowerCase()
  const spoken = systems.flatMap((s) => offered.find((l) => l.id === s) ?? offered.find((l) => language(l.id) === language(s)) ?? [])
  return spoken[0] ?? en
}

const otherwise = (locale: Locale) => (english: string) => locale.otherwise?.(english) ?? english

/** All words in a language; missing ones in English. */
export const wordsIn = (id: string): LocaleWords => filled(en.words, localeOf(id).words, otherwise(localeOf(id))) as LocaleWords

const filledIn = new WeakMap<Locale, Readonly<Record<SentenceCode, string>>>()

/** Error messages and reasons in a language, by code. */
export function sentencesIn(locale: Locale): Readonly<Record<SentenceCode, string>> {
  const known = filledIn.get(locale)
  if (known) return known
  const made = filled(sentences, locale.sentences, otherwise(locale)) as Record<SentenceCode, string>
  filledIn.set(locale, made)
  return made
}

/**
 * A text of a record, identified by kind, id and field; `own` holds the record's texts by language, at least English.
 */
export const recordWord = (locale: Locale, [kind, id, field]: [string, string, string], own: { readonly en: string }): string =>
  locale.records?.[kind]?.[id]?.[field] ?? (own as Readonly<Record<string, string>>)[locale.id] ?? otherwise(locale)(own.en)

/** The title of an action that is also in the native menu, for its record. */
export const menuTitle = (id: keyof LocaleWords['actions']): Words => ({
  en: en.words.actions[id],
  ...Object.fromEntries(locales.flatMap((l) => (l.words.actions?.[id] === undefined ? [] : [[l.id, l.words.actions[id]]]))),
})
