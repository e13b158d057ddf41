import { z } from 'zod'
import type { Codec } from '../data/seen-images.ts'
import type { Arrays } from '../models/detector.ts'
import type { Model } from '../models/model.ts'
import type { Extent } from './post-process.ts'

/** What is kept of an image: 7 MB for OWLv2-B/16, up to 23 MB for Grounding DINO, 0.1 MB for a small model. */
export interface Seen {
  readonly state: Arrays
  /** Size of the image. */
  readonly width: number
  readonly height: number
  readonly extent: Extent
  /** Of the model's input. */
  readonly size: readonly [height: number, width: number]
}

export const bytesOf = (arrays: Arrays) => Object.values(arrays).reduce((n, a) => n + a.byteLength, 0)

const side = z.int().positive()
const metaSchema = z.object({ width: side, height: side, extent: z.tuple([z.number(), z.number()]), size: z.tuple([side, side]) })

/** An image as it is kept on disk: its state, of the shapes that the detector says. */
export function seenCodec({ detector, grounding }: Model): Codec<Seen> {
  const shapesAt = ([height, width]: Seen['size']) =>
    Object.entries(grounding ? grounding.state(height, width) : detector!.state(detector!.boxes(height, width)))
  return {
    id: 'detect 2',
    pack: ({ state, ...meta }) => ({
      meta: { ...meta },
      tensors: Object.fromEntries(shapesAt(meta.size).map(([name, dims]) => [name, { dims, data: state[name]! }])),
    }),
    unpack: ({ meta, tensors }) => {
      const known = metaSchema.safeParse(meta)
      if (!known.success || !shapesAt(known.data.size).every(([name, dims]) => tensors[name]?.dims.join() === dims.join())) return undefined
      return { ...known.data, state: Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data])) }
    },
  }
}
