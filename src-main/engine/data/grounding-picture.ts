import { z } from 'zod'
import { must, type PreprocessConfig, processor, type Processor, side } from './preprocess.ts'

const { schema } = processor('GroundingDino', {
  size: { shortest_edge: 800 },
  resample: 'bilinear',
  do_center_crop: false,
  image_mean: [0.485, 0.456, 0.406],
  image_std: [0.229, 0.224, 0.225],
})

const sizes = z.union(
  [
    z.strictObject({ shortest_edge: side, longest_edge: side }),
    z.strictObject({ height: side, width: side }),
    side.transform((shortest_edge) => ({ shortest_edge, longest_edge: undefined })),
  ],
  { error: 'expected {shortest_edge, longest_edge} or {height, width}, in pixels' },
)

/**
 * Grounding DINO's image processor: the shortest edge becomes `shortest_edge`, unless the longest would exceed `longest_edge`,
 * so that the size depends on the image. Alone in its batch, an image is not padded.
 */
export const groundingProcessor: Processor = {
  name: 'GroundingDino',
  schema: z
    .looseObject({
      do_resize: must('resizing', 'Grounding DINO'),
      size: sizes.nullish(),
      max_size: side.nullish(),
      pad_size: z.null({ error: 'expected null: an image alone is not padded' }).optional(),
    })
    .transform(({ size, max_size, ...rest }, issues): PreprocessConfig => {
      const given = size ?? { shortest_edge: 800, longest_edge: 1333 }
      const isFixed = 'height' in given
      const parsed = schema.safeParse({ ...rest, size: isFixed ? given : { shortest_edge: given.shortest_edge }, do_center_crop: false })
      if (parsed.success) return isFixed ? parsed.data : { ...parsed.data, within: given.longest_edge ?? max_size ?? 1333 }
      for (const { path, message } of parsed.error.issues) issues.addIssue({ code: 'custom', path: [...path], message })
      return z.NEVER
    }),
}
