/** A record's name and description by language, at least in English. A locale may replace them by words of its own. */
import { z } from 'zod'

export const wordsSchema = z.object({ en: z.string().min(1) }).catchall(z.string().min(1))
export type Words = z.infer<typeof wordsSchema>

/** A setting of a record, with what it means: the words travel in its JSON schema, and forms show those of the reader's language. */
export const setting = <T extends z.ZodType>(schema: T, en: string, ja: string): T =>
  schema.meta({ description: en, words: { en, ja } satisfies Words })
