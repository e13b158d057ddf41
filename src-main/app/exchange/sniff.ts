/** Which format a file is in: the first of the list that takes it for its own. */
import type { FormatName } from '#shared/model/exchange.ts'
import { formats } from './formats.ts'
import { peekAt } from './peek.ts'

/** By name and content; null where it is none of ours. */
export function detectFile(file: string): FormatName | null {
  const peek = peekAt(file)
  return Object.values(formats).find((f) => f.recognises?.(peek))?.name ?? null
}
