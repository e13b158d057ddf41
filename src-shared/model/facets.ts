/** Counts of images by facet, and results of checking their files. */
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
  /**
   * At the top level and along the path to the folder in the filter; `folders`: it has subfolders. Paths as in the
   * filter.
   */
  folders: z.array(z.object({ rootId: id, path: z.string(), count, folders: z.boolean() })),
  /** Estimated from a sample: exact counts have to be requested. */
  approximate: z.boolean(),
})
export type Facets = z.infer<typeof facets>

/** Results of checking files. */
export const checkedFiles = z.object({ checked: count, unreadable: count, repaired: count })
export type CheckedFiles = z.infer<typeof checkedFiles>
