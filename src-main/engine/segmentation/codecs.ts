/** How encoded images are kept on disk. */
import { z } from 'zod'
import type { StoredTensor } from '../data/encodings.ts'
import type { Codec } from '../data/seen-images.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import type { EmbeddedImage } from './prompts.ts'
import type { EncodedImage } from './words.ts'

const pixels = z.int().positive()
const sizeSchema = z.object({ width: pixels, height: pixels })
const place = z.int().nonnegative()
const viewedSchema = sizeSchema.extend({
  views: z.object({ canvas: sizeSchema, windows: z.array(z.object({ x: place, y: place })).min(1) }),
})
const shownSchema = sizeSchema.extend({ shown: sizeSchema })

const packed = ({ dims, data }: Tensor): StoredTensor => ({ dims, data: data as Float32Array })
const unpacked = ({ dims, data }: StoredTensor): Tensor => tensor(data, 'float32', dims)

/** The tensors of a window have its number before their names. */
export const encodedCodec: Codec<EncodedImage> = {
  id: 'segment 1',
  pack: ({ states, ...meta }) => ({
    meta,
    tensors: Object.fromEntries(states.flatMap((state, i) => Object.entries(state).map(([name, t]) => [`${i} ${name}`, packed(t)]))),
  }),
  unpack: ({ meta, tensors }) => {
    const known = viewedSchema.safeParse(meta)
    if (!known.success) return undefined
    const states: Record<string, Tensor>[] = known.data.views.windows.map(() => ({}))
    for (const [name, t] of Object.entries(tensors)) {
      const at = name.indexOf(' ')
      const state = states[Number(name.slice(0, at))]
      if (!state) return undefined
      state[name.slice(at + 1)] = unpacked(t)
    }
    return states.every((state) => Object.keys(state).length) ? { ...known.data, states } : undefined
  },
}

/** @param shape of an embedding of the model */
export const embeddedCodec = (shape: readonly number[]): Codec<EmbeddedImage> => ({
  id: 'prompt 1',
  pack: ({ embedding, ...meta }) => ({ meta, tensors: { embedding: packed(embedding) } }),
  unpack: ({ meta, tensors: { embedding } }) => {
    const known = shownSchema.safeParse(meta)
    return known.success && embedding?.dims.join() === shape.join() ? { ...known.data, embedding: unpacked(embedding) } : undefined
  },
})
