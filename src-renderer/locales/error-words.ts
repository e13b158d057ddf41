/** What went wrong, in the window's language. */
import { sentencesIn } from '#shared/locales/index.ts'
import { sentenceIn } from '#shared/sentences/read.ts'
import { say, type Sentence } from '#shared/sentences/table.ts'
import { spoken } from './index.ts'
import { reasonWords } from './reasons.ts'

/** Of a caught error, or of what a failed run or job kept: its sentence where it has one, its English message otherwise. */
export function errorWords(e: unknown): string {
  const caught = (typeof e === 'object' && e ? e : { message: String(e) }) as { sentence?: Sentence; message?: string }
  const message = caught.message ?? String(e)
  const sentence = caught.sentence ?? sentenceIn(message)
  return sentence ? say(sentence, sentencesIn(spoken())) : reasonWords(message)
}
