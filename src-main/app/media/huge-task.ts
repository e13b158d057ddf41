import { z } from 'zod'

/** `out` is a folder for a pyramid, a file for a thumbnail; it must not exist yet. `name` identifies the image in messages. */
export const hugeTask = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pyramid'), file: z.string(), name: z.string(), out: z.string() }),
  z.object({ kind: z.literal('thumbnail'), file: z.string(), name: z.string(), out: z.string(), side: z.number().int().positive() }),
])
export type HugeTask = z.infer<typeof hugeTask>
