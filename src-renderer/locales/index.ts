import { createI18n } from 'vue-i18n'
import { localeOf, locales, wordsIn, type Locale } from '#shared/locales/index.ts'

/** Each language can be chosen by an action, which is called what its speakers call it. */
const byName = Object.fromEntries(locales.map((l) => [`language-${l.id}`, l.name]))
/** Filled from English, so that a language that lacks a word has no gap. */
const messages = (id: string) => {
  const words = wordsIn(id)
  return { ...words, actions: { ...words.actions, ...byName } }
}
/** Texts that are still in English have the forms of English, which may be fewer. */
const pluralRules = Object.fromEntries(
  locales.flatMap(({ id, plural }) =>
    plural ? [[id, (count: number, forms: number) => Math.min(plural(count, forms), forms - 1)] as const] : [],
  ),
)

export const i18n = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: Object.fromEntries(locales.map((l) => [l.id, messages(l.id)])),
  pluralRules,
})

/** The language that the window speaks now. */
export const spoken = (): Locale => localeOf(i18n.global.locale.value)

/** `?locale=` of the window's address: it wins over the settings until the tab is closed, also for languages that are not offered. */
export function askedLocale(): string | null {
  const place = 'dashi:locale'
  const asked = new URLSearchParams(location.search).get('locale')
  if (asked !== null) sessionStorage.setItem(place, asked)
  const id = sessionStorage.getItem(place)
  return locales.some((l) => l.id === id) ? id : null
}
/** To choose from in this build. */
export const offeredLocales = locales.filter((l) => !l.developing || import.meta.env.DEV)
