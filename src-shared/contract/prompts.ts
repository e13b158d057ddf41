/** The prompt lab, and captions suggested by how well they suit an image. */
import { z } from 'zod'
import { captionSuggestion } from '../model/caption.ts'
import { id } from '../model/media.ts'
import { labRequest } from '../model/prompt-lab.ts'
import { method } from './method.ts'

export const promptMethods = {
  /** The job (kind `prompts`) ends with a `labResult`. What was asked before is not asked again. */
  'prompts.compare': method(labRequest, z.object({ jobId: z.string() })),
  /**
   * What the project's accepted captions say that suits an image, or a region of it, best first: by the cosine of image
   * and text. Without what it has already, and without texts that say nearly the same.
   */
  'preview.captions': method(
    z.object({
      mediaId: id,
      regionId: id.nullable().default(null),
      /** The bundled model by default. */
      model: z.string().optional(),
      limit: z.number().int().min(1).max(100).default(9),
    }),
    z.array(captionSuggestion),
  ),
}
