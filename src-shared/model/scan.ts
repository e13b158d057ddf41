import { z } from 'zod'

/** Files that are no images, by ending; `reason` in words. */
export const skippedFiles = z.array(z.object({ ending: z.string(), files: z.number().int(), example: z.string(), reason: z.string() }))
export type SkippedFiles = z.infer<typeof skippedFiles>

/** What a scan of a folder says. `links`: those that led out of it and were not followed; where the first hundred lead. */
export const scanResult = z.object({
  images: z.number().int(),
  /** Whose names are no UTF-8, so that they cannot be asked for. */
  leftOut: z.array(z.string()),
  /** Files that are no images that can be taken. */
  skipped: skippedFiles.default([]),
  /** Of all images of the project, once all were looked at. */
  unreadable: z.number().int().default(0),
  links: z.object({ count: z.number().int(), examples: z.array(z.object({ path: z.string(), to: z.string() })) }),
})
export type ScanResult = z.infer<typeof scanResult>
export type LinksOut = ScanResult['links']
