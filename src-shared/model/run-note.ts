/** What people say about a run. */
import { z } from 'zod'
import { text } from './text.ts'

export const runNote = z.object({
  /** Instead of the name that it was started with; null: none. */
  name: text().trim().min(1).max(200).nullable(),
  note: text().max(10_000),
  tags: z.array(text().trim().min(1).max(60)).max(40),
  /** Listed before the others. */
  pinned: z.boolean(),
})
export type RunNote = z.infer<typeof runNote>
export const noNote: RunNote = { name: null, note: '', tags: [], pinned: false }
