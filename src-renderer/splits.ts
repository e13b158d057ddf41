/** Display names of splits. Data always holds the split's own name; only those of the sample are translated. */
import { locales, wordsIn, type LocaleWords } from '#shared/locales/index.ts'
import { i18n } from './locales/index.ts'

type Known = keyof LocaleWords['splits']
const inEach = locales.map((l) => wordsIn(l.id).splits)
const known = Object.keys(inEach[0]!) as Known[]

/** Names without a translation are shown unchanged. */
export const splitName = (split: string | null): string =>
  split === null ? i18n.global.t('data.noSplit') : known.includes(split as Known) ? i18n.global.t(`splits.${split}`) : split

/** The split that typed words refer to, so that nobody creates a second “held out” beside the first. */
export const splitOf = (words: string): string => known.find((k) => inEach.some((splits) => splits[k] === words)) ?? words

/** The splits to choose from: those used by training and merging, and any others in the project. */
export const splitOptions = (present: Readonly<Record<string, number>> = {}) =>
  [...new Set(['train', 'val', 'test', 'heldOut', ...Object.keys(present)])].map((value) => ({ value, label: splitName(value) }))
