/** A record of what we wrote into a folder, to distinguish it from what others added. */
import { z } from 'zod'

/**
 * Path with '/' → size in bytes and time of the last write (ms; 0: not recorded). An empty folder ends with '/' and
 * has zeros.
 */
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
