/** What went wrong, in the window's language. */
import { sentencesIn } from '#shared/locales/index.ts'
import { say, type Sentence } from '#shared/sentences/table.ts'
import { spoken } from './index.ts'
import { reasonWords } from './reasons.ts'

/** Of a caught error, or of a failure that was kept or sent: its sentence where it has one, its English message otherwise. */
export function errorWords(e: unknown): string {
  const { sentence, message } = (typeof e === 'object' && e ? e : { message: String(e) }) as { sentence?: Sentence; message?: string }
  return sentence ? say(sentence, sentencesIn(spoken())) : reasonWords(message ?? String(e))
}
