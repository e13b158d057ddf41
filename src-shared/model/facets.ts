/** How many images there are of each kind, and what a look at their files came to. */
import { z } from 'zod'
import { id } from './media.ts'

const count = z.number().int()
const counted = z.array(z.object({ value: z.string().nullable(), count }))
export const facets = z.object({
  total: count,
  labelled: count,
  unlabelled: count,
  /** Images by label id. */
  labels: z.array(z.object({ labelId: id, count })),
  splits: counted,
  review: counted,
  tags: counted,
  /** Persons' names and checkpoints' ids. */
  authors: z.array(z.object({ kind: z.enum(['person', 'checkpoint']), name: z.string(), count })),
  proposed: count,
  doubtful: count,
  duplicates: count,
  openComments: count,
  unreadable: count,
  incomplete: count,
  /** At the top, and along the way to the one in the filter; `folders`: there are some in it. Paths as in the filter. */
  folders: z.array(z.object({ rootId: id, path: z.string(), count, folders: z.boolean() })),
  /** Reckoned from a sample: ask for the exact ones. */
  approximate: z.boolean(),
})
export type Facets = z.infer<typeof facets>

/** What looking at files came to. */
export const checkedFiles = z.object({ checked: count, unreadable: count, repaired: count })
export type CheckedFiles = z.infer<typeof checkedFiles>
