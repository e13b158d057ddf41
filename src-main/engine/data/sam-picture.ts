import { z } from 'zod'
import { must, type PreprocessConfig, processor, type Processor, side } from './preprocess.ts'

const { schema } = processor('Sam', {
  size: { height: 1024, width: 1024 },
  resample: 'bilinear',
  do_center_crop: false,
  image_mean: [0.485, 0.456, 0.406],
  image_std: [0.229, 0.224, 0.225],
})

/** SAM's image processor: the longest edge is resized, the rest padded, so `size` of the result is the padded one. */
export const samProcessor: Processor = {
  name: 'Sam',
  schema: z
    .looseObject({
      do_resize: must('resizing', 'SAM'),
      do_pad: must('padding', 'SAM'),
      size: z.object({ longest_edge: side }, { error: 'expected {longest_edge}, in pixels' }).nullish(),
      pad_size: z.object({ height: side, width: side }, { error: 'expected {height, width}, in pixels' }).nullish(),
    })
    .transform(({ size, pad_size, ...rest }, issues): PreprocessConfig => {
      const { longest_edge } = size ?? { longest_edge: 1024 }
      const padded = pad_size ?? { height: 1024, width: 1024 }
      if (longest_edge > Math.min(padded.height, padded.width))
        issues.addIssue({ code: 'custom', path: ['pad_size'], message: `expected at least size.longest_edge, ${longest_edge}` })
      const parsed = schema.safeParse({ ...rest, size: padded, do_center_crop: false })
      if (parsed.success) return { ...parsed.data, longest_edge }
      for (const { path, message } of parsed.error.issues) issues.addIssue({ code: 'custom', path: [...path], message })
      return z.NEVER
    }),
}
