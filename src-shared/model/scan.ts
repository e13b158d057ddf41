import { z } from 'zod'

/** What a scan of a folder says. `links`: those that led out of it and were not followed; where the first hundred lead. */
export const scanResult = z.object({
  images: z.number().int(),
  /** Whose names are no UTF-8, so that they cannot be asked for. */
  leftOut: z.array(z.string()),
  links: z.object({ count: z.number().int(), examples: z.array(z.object({ path: z.string(), to: z.string() })) }),
})
export type ScanResult = z.infer<typeof scanResult>
export type LinksOut = ScanResult['links']
