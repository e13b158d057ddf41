/** The languages of the program. A new one is a file or a folder here, and a line in `locales`. */
import { pseudo } from './en-XA.ts'
import { en } from './en/index.ts'
import { ja } from './ja/index.ts'
import type { Locale, LocaleWords } from './locale.ts'
import { filled } from './tables.ts'

export type { Locale, LocaleWords } from './locale.ts'

export const locales: readonly Locale[] = [en, ja, pseudo]

/** English where there is no such language, so that the settings of a newer program still open. */
export const localeOf = (id: string): Locale => locales.find((l) => l.id === id) ?? en

/** The language that a setting stands for; `system`: the first of the reader's own (BCP 47 tags) that the program speaks. */
export function chosenLocale(setting: string, systems: readonly string[]): Locale {
  if (setting !== 'system') return localeOf(setting)
  const offered = locales.filter((l) => !l.developing)
  const language = (tag: string) => tag.split('-')[0]!.toLowerCase()
  const spoken = systems.flatMap((s) => offered.find((l) => l.id === s) ?? offered.find((l) => language(l.id) === language(s)) ?? [])
  return spoken[0] ?? en
}

const otherwise = (locale: Locale) => (english: string) => locale.otherwise?.(english) ?? english

/** All words in a language, those that it lacks in English. */
export const wordsIn = (id: string): LocaleWords => filled(en.words, localeOf(id).words, otherwise(localeOf(id))) as LocaleWords

/** A text of a record (`own`: by language, English at least) of the kind, id and field. */
export const recordWord = (locale: Locale, [kind, id, field]: [string, string, string], own: { readonly en: string }): string =>
  locale.records?.[kind]?.[id]?.[field] ?? (own as Readonly<Record<string, string>>)[locale.id] ?? otherwise(locale)(own.en)
