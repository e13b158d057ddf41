/** A record's name and description by language, at least in English. A locale may replace them by words of its own. */
import { z } from 'zod'

export const wordsSchema = z.object({ en: z.string().min(1) }).catchall(z.string().min(1))
export type Words = z.infer<typeof wordsSchema>
