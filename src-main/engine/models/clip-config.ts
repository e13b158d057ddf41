import { z } from 'zod'

const activation = z.enum(['gelu', 'gelu_new', 'gelu_pytorch_tanh', 'quick_gelu', 'relu'])
const size = z.int().positive()

/** transformers' CLIPTextConfig; the defaults are its own, for a config.json holds only what differs. */
const textConfig = z.object({
  vocab_size: size.default(49408),
  hidden_size: size.default(512),
  intermediate_size: size.default(2048),
  num_hidden_layers: size.default(12),
  num_attention_heads: size.default(8),
  max_position_embeddings: size.default(77),
  hidden_act: activation.default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
  eos_token_id: z.int().default(49407),
})

/** transformers' CLIPVisionConfig. */
const visionConfig = z.object({
  hidden_size: size.default(768),
  intermediate_size: size.default(3072),
  num_hidden_layers: size.default(12),
  num_attention_heads: size.default(12),
  num_channels: size.default(3),
  image_size: size.default(224),
  patch_size: size.default(32),
  hidden_act: activation.default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
})

const tower = <T extends z.ZodType<{ hidden_size: number; num_attention_heads: number }>>(schema: T) =>
  schema.refine((c) => c.hidden_size % c.num_attention_heads === 0, {
    path: ['num_attention_heads'],
    message: 'must divide hidden_size',
  })

/** `config.json` of a CLIP folder. Old folders repeat the towers as `text_config_dict`, which wins, as in transformers. */
export const clipConfigSchema = z.preprocess(
  (raw) => {
    if (typeof raw !== 'object' || raw === null) return raw
    const c = raw as Record<string, object | undefined>
    return {
      ...c,
      text_config: { ...c['text_config'], ...c['text_config_dict'] },
      vision_config: { ...c['vision_config'], ...c['vision_config_dict'] },
    }
  },
  z.object({
    model_type: z.literal('clip'),
    projection_dim: size.default(512),
    logit_scale_init_value: z.number().default(2.6592),
    text_config: tower(textConfig),
    vision_config: tower(visionConfig.refine((c) => c.patch_size <= c.image_size, { path: ['patch_size'], message: 'must not exceed image_size' })),
  }),
)

export type ClipConfig = z.infer<typeof clipConfigSchema>
