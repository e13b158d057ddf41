/** What a record is called, and what it says of itself, in each language of the window. */
import { z } from 'zod'

export const wordsSchema = z.object({ en: z.string().min(1), ja: z.string().min(1) })
export type Words = z.infer<typeof wordsSchema>
