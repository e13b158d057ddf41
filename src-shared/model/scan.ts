import { z } from 'zod'

/** Skipped files by extension, with the reason in words. */
export const skippedFiles = z.array(z.object({ ending: z.string(), files: z.number().int(), example: z.string(), reason: z.string() }))
export type SkippedFiles = z.infer<typeof skippedFiles>

/**
 * The result of scanning a folder. `links`: those that lead out of it and were not followed, with the targets of the
 * first hundred.
 */
export const scanResult = z.object({
  images: z.number().int(),
  /** Files whose names are not UTF-8, so that they cannot be opened by name. */
  leftOut: z.array(z.string()),
  /** Files that are not importable images. */
  skipped: skippedFiles.default([]),
  /** Unreadable images in the whole project, once all have been checked. */
  unreadable: z.number().int().default(0),
  links: z.object({ count: z.number().int(), examples: z.array(z.object({ path: z.string(), to: z.string() })) }),
})
export type ScanResult = z.infer<typeof scanResult>
export type LinksOut = ScanResult['links']
