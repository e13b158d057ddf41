import { z } from 'zod'
import { imageTower, pictureSide, tower, upTo, width } from './bounds.ts'
import { clipText, clipVision } from './clip-config.ts'

/** transformers' OwlViTTextConfig, and its Owlv2TextConfig, with their defaults: CLIP's with a shorter context. */
const textConfig = clipText.omit({ eos_token_id: true }).extend({ max_position_embeddings: upTo(8192).default(16) })

/** transformers' OwlViTVisionConfig; Owlv2VisionConfig has smaller patches. */
const visionConfig = (patch: number) => clipVision.extend({ image_size: pictureSide.default(768), patch_size: pictureSide.default(patch) })

/** Schema of `config.json`. A tower that is left out, or null, has transformers' defaults. */
export const owlConfig = <Type extends string>(type: Type, { patch }: { readonly patch: number }) =>
  z
    .object({
      model_type: z.literal(type),
      projection_dim: width.default(512),
      logit_scale_init_value: z.number().default(2.6592),
      text_config: z.preprocess(
        (raw) => raw ?? {},
        tower(textConfig, 'max_position_embeddings', (c) => c.max_position_embeddings),
      ),
      vision_config: z.preprocess((raw) => raw ?? {}, imageTower(visionConfig(patch))),
    })
    // The class head projects patches to the width of the text tower and compares them with projected texts.
    .refine((c) => c.text_config.hidden_size === c.projection_dim, {
      path: ['projection_dim'],
      error: 'must equal text_config.hidden_size, since texts are compared with patches in a space of that width',
    })

export type OwlConfig = Omit<z.output<ReturnType<typeof owlConfig>>, 'model_type'>
