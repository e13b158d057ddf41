import type { Locale } from '../locale.ts'
import { joined } from '../tables.ts'
import * as areas from './areas.ts'
import { change } from './history.ts'
import { sentencesJa } from './sentences/index.ts'

/** Japanese has no plural: one form is for any count. */
export const ja = {
  id: 'ja',
  name: '日本語',
  direction: 'ltr',
  complete: true,
  words: joined(areas),
  change,
  sentences: sentencesJa,
} satisfies Locale
