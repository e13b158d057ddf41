import { z } from 'zod'
import { activation, channels, epsilon, imageTower, layers, pictureSide, tower, upTo, width } from './bounds.ts'

/** transformers' OwlViTTextConfig, and its Owlv2TextConfig, with their defaults. */
const textConfig = z.object({
  vocab_size: upTo(4_000_000).default(49408),
  hidden_size: width.default(512),
  intermediate_size: width.default(2048),
  num_hidden_layers: layers.default(12),
  num_attention_heads: width.default(8),
  max_position_embeddings: upTo(8192).default(16),
  hidden_act: activation.default('quick_gelu'),
  layer_norm_eps: epsilon.default(1e-5),
})

/** transformers' OwlViTVisionConfig; Owlv2VisionConfig has smaller patches. */
const visionConfig = (patch: number) =>
  z.object({
    hidden_size: width.default(768),
    intermediate_size: width.default(3072),
    num_hidden_layers: layers.default(12),
    num_attention_heads: width.default(12),
    num_channels: channels,
    image_size: pictureSide.default(768),
    patch_size: pictureSide.default(patch),
    hidden_act: activation.default('quick_gelu'),
    layer_norm_eps: epsilon.default(1e-5),
  })

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
