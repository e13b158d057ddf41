/** Error messages in the window's language. */
import { sentencesIn } from '#shared/locales/index.ts'
import { say, type Sentence } from '#shared/sentences/table.ts'
import { spoken } from './index.ts'
import { reasonWords } from './reasons.ts'

/**
 * The message for a caught error, or for one stored with a failed run or job: translated if it has a code, otherwise its English message.
 */
export function errorWords(e: unknown): string {
  const caught = (typeof e === 'object' && e ? e : { message: String(e) }) as { sentence?: Sentence; message?: string }
  return caught.sentence ? say(caught.sentence, sentencesIn(spoken())) : reasonWords(caught.message ?? String(e))
}
