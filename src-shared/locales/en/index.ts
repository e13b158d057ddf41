import { joined } from '../tables.ts'
import * as areas from './areas.ts'

const words = joined(areas)
/** The source language: all others have these keys, or a subset. */
export type EnglishWords = typeof words

export const en = { id: 'en', name: 'English', direction: 'ltr', complete: true, words } as const
