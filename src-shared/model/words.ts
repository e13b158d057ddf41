/** A record's name and description by language, at least English. A locale may override them. */
import { z } from 'zod'

export const wordsSchema = z.object({ en: z.string().min(1) }).catchall(z.string().min(1))
export type Words = z.infer<typeof wordsSchema>

/** A name that is the same in every language. */
export const properName = (name: string): Words => ({ en: name, ja: name })

/**
 * A setting of a record with its description: the texts are part of its JSON schema, and forms show those of the
 * user's language.
 */
export const setting = <T extends z.ZodType>(schema: T, en: string, ja: string): T =>
  schema.meta({ description: en, words: { en, ja } satisfies Words })
