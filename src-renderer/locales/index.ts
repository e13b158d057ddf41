import { createI18n } from 'vue-i18n'
import { type Locale, localeOf, locales, recordWord, wordsIn } from '#shared/locales/index.ts'
import type { Words } from '#shared/model/words.ts'

/** Texts that are not translated use the plural forms of English, of which there may be fewer. */
const pluralRules = Object.fromEntries(
  locales.flatMap(({ id, plural }) =>
    plural ? [[id, (count: number, forms: number) => Math.min(plural(count, forms), forms - 1)] as const] : [],
  ),
)

export const i18n = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  // Missing words are filled in from English. Records add words of their own (actions/words.ts).
  messages: Object.fromEntries(locales.map((l) => [l.id, wordsIn(l.id)])),
  pluralRules,
})

/** The current language of the window. */
export const spoken = (): Locale => localeOf(i18n.global.locale.value)

/** `?locale=` in the window's address overrides the settings until the tab is closed, also for languages that are not offered. */
export function askedLocale(): string | null {
  const place = 'dashi:locale'
  const asked = new URLSearchParams(location.search).get('locale')
  if (asked !== null) sessionStorage.setItem(place, asked)
  const id = sessionStorage.getItem(place)
  return locales.some((l) => l.id === id) ? id : null
}
/** The languages to choose from in this build. */
export const offeredLocales = locales.filter((l) => !l.developing || import.meta.env.DEV)

/** A text of a record (`place`: its kind, id and field) in the window's language; English where the record has none. */
export const wordOf = (place: [kind: string, id: string, field: string], own: Words): string => recordWord(spoken(), place, own)
