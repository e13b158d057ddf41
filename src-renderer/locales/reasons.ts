/**
 * Why something was changed, skipped or cannot be read, in the window's language. Reports carry the sentence or, in what
 * is stored as text, its English.
 */
import { sentencesIn } from '#shared/locales/index.ts'
import type { Finding } from '#shared/model/exchange.ts'
import { sentenceIn } from '#shared/sentences/read.ts'
import { say } from '#shared/sentences/table.ts'
import { spoken } from './index.ts'

export function reasonWords(reason: string): string {
  const sentence = sentenceIn(reason)
  return sentence ? say(sentence, sentencesIn(spoken())) : reason
}

export const findingWords = ({ sentence, reason }: Finding): string =>
  sentence ? say(sentence, sentencesIn(spoken())) : reasonWords(reason)
