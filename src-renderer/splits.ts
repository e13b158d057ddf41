/** What splits are called on the screen. Stored and exchanged is the name itself; those of the sample have words in each language. */
import { locales, wordsIn, type LocaleWords } from '#shared/locales/index.ts'
import { i18n } from './locales/index.ts'

type Known = keyof LocaleWords['splits']
const inEach = locales.map((l) => wordsIn(l.id).splits)
const known = Object.keys(inEach[0]!) as Known[]

/** A name that has no words is shown as it is. */
export const splitName = (split: string | null): string =>
  split === null ? i18n.global.t('data.noSplit') : known.includes(split as Known) ? i18n.global.t(`splits.${split}`) : split

/** The split that typed words name, so that nobody makes a second “held out” beside the first. */
export const splitOf = (words: string): string => known.find((k) => inEach.some((splits) => splits[k] === words)) ?? words

/** To choose from: those that training and blending ask for, and whatever else the project has. */
export const splitOptions = (present: Readonly<Record<string, number>> = {}) =>
  [...new Set(['train', 'val', 'test', 'heldOut', ...Object.keys(present)])].map((value) => ({ value, label: splitName(value) }))
