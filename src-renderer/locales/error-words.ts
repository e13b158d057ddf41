/** What went wrong, in the window's language. */
import type { Sentence } from '#shared/sentences/table.ts'
import { say } from '#shared/sentences/table.ts'
import { i18n } from './index.ts'
import { sentencesJa } from './ja/sentences/index.ts'
import { reasonWords } from './reasons.ts'

/** Of a caught error, or of a failure that was kept or sent: its sentence where it has one, its English message otherwise. */
export function errorWords(e: unknown): string {
  const { sentence, message } = (typeof e === 'object' && e ? e : { message: String(e) }) as { sentence?: Sentence; message?: string }
  const table = i18n.global.locale.value === 'ja' ? sentencesJa : undefined
  return sentence ? say(sentence, table) : reasonWords(message ?? String(e))
}
