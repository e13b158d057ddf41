/** What we wrote into a folder, so that it is known again as ours, and what others put there since as theirs. */
import { z } from 'zod'

/** Path with '/' → bytes, and when it was last written (ms; 0 where that is not told). An empty folder ends with '/' and has zeros. */
export const writtenFiles = z.record(z.string(), z.tuple([z.number(), z.number()]))
export type WrittenFiles = z.infer<typeof writtenFiles>

/** The file `.dashi-KIND` in a folder that we may replace. */
export const ownerMark = z.object({
  about: z.string().optional(),
  kind: z.string(),
  version: z.literal(1),
  made: z.string(),
  files: writtenFiles,
})
export type OwnerMark = z.infer<typeof ownerMark>
