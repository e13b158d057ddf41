import type { z } from 'zod'
import { userError } from '#shared/errors.ts'

/** What a caller hands in, as the schema wants it, or one line that names the field. */
export function valid<S extends z.ZodType>(schema: S, what: string, given: unknown): z.infer<S> {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw userError(`${what}: ${issue.path.length ? `${issue.path.join('.')}: ` : ''}${issue.message}`)
}
