/** What a record is called, and what it says of itself: by language, in English at least. A locale may have words of its own instead. */
import { z } from 'zod'

export const wordsSchema = z.object({ en: z.string().min(1) }).catchall(z.string().min(1))
export type Words = z.infer<typeof wordsSchema>
