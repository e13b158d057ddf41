import { z } from 'zod'
import { activation, channels, epsilon, layers, pictureSide, upTo, width } from './bounds.ts'

/** Elements of one head's attention over the whole grid: 2²⁶ float32 take 256 MB. */
export const MOST = 2 ** 26

const vision = z
  .object({
    hidden_size: width.default(768),
    output_channels: width.default(256),
    num_hidden_layers: layers.default(12),
    num_attention_heads: width.default(12),
    num_channels: channels,
    image_size: pictureSide.default(1024),
    patch_size: pictureSide.default(16),
    hidden_act: activation.default('gelu'),
    layer_norm_eps: epsilon.default(1e-6),
    qkv_bias: z.boolean().default(true),
    mlp_ratio: z.number().positive().max(64).default(4),
    mlp_dim: width.nullish(),
    use_abs_pos: z.boolean().default(true),
    use_rel_pos: z.boolean().default(true),
    window_size: z.int().min(0).max(16_384).default(14),
    global_attn_indexes: z.array(z.int()).max(1024).default([2, 5, 8, 11]),
    num_pos_feats: width.default(128),
  })
  .refine((c) => c.hidden_size % c.num_attention_heads === 0, { path: ['num_attention_heads'], message: 'must divide hidden_size' })
  .refine((c) => c.patch_size <= c.image_size, { path: ['patch_size'], message: 'must not exceed image_size' })
  .transform((c) => ({
    ...c,
    grid: Math.floor(c.image_size / c.patch_size),
    mlp_dim: c.mlp_dim ?? Math.trunc(c.hidden_size * c.mlp_ratio),
  }))
  .refine((c) => c.grid ** 4 <= MOST && c.grid ** 2 * Math.max(c.mlp_dim, 3 * c.hidden_size) <= MOST, {
    path: ['image_size'],
    message: 'makes more tokens of an image than fit the memory',
  })

export const samPrompts = z.object({
  hidden_size: width.default(256),
  image_size: pictureSide.default(1024),
  patch_size: pictureSide.default(16),
  mask_input_channels: upTo(4096)
    .default(16)
    .refine((n) => n % 4 === 0, { error: 'expected a multiple of 4' }),
  num_point_embeddings: z.literal(4).default(4),
  hidden_act: activation.default('gelu'),
  layer_norm_eps: epsilon.default(1e-6),
})

export const samDecoder = z
  .object({
    hidden_size: width.default(256),
    hidden_act: activation.default('relu'),
    mlp_dim: width.default(2048),
    num_hidden_layers: layers.default(2),
    num_attention_heads: width.default(8),
    attention_downsample_rate: width.default(2),
    num_multimask_outputs: upTo(64).default(3),
    iou_head_depth: z.int().min(2).max(64).default(3),
    iou_head_hidden_dim: width.default(256),
    layer_norm_eps: epsilon.default(1e-6),
  })
  .refine((c) => c.hidden_size % 8 === 0, { path: ['hidden_size'], message: 'expected a multiple of 8' })
  .refine((c) => [1, 2, c.attention_downsample_rate].every((rate) => Math.floor(c.hidden_size / rate) % c.num_attention_heads === 0), {
    path: ['num_attention_heads'],
    message: 'must divide hidden_size, its half, and hidden_size / attention_downsample_rate',
  })

/** transformers' SamConfig. */
export const samConfig = z
  .object({
    vision_config: vision.prefault({}),
    prompt_encoder_config: samPrompts.prefault({}),
    mask_decoder_config: samDecoder.prefault({}),
  })
  .superRefine(({ vision_config: v, prompt_encoder_config: p, mask_decoder_config: d }, issues) => {
    const same = (path: string[], found: number, expected: number, of: string) => {
      if (found !== expected) issues.addIssue({ code: 'custom', path, message: `expected ${expected}, which ${of} says, found ${found}` })
    }
    same(['prompt_encoder_config', 'hidden_size'], p.hidden_size, v.output_channels, 'vision_config.output_channels')
    same(['mask_decoder_config', 'hidden_size'], d.hidden_size, v.output_channels, 'vision_config.output_channels')
    same(['vision_config', 'num_pos_feats'], v.num_pos_feats, v.output_channels / 2, 'half of vision_config.output_channels')
    same(['prompt_encoder_config', 'image_size'], p.image_size, v.image_size, 'vision_config.image_size')
    same(['prompt_encoder_config', 'patch_size'], Math.floor(p.image_size / p.patch_size), v.grid, "the image encoder's grid")
  })
export type SamConfig = z.output<typeof samConfig>

/** What the prompt encoder and the mask decoder depend on. */
export interface MaskConfig extends Pick<SamConfig, 'prompt_encoder_config' | 'mask_decoder_config'> {
  readonly vision_config: Pick<SamConfig['vision_config'], 'num_pos_feats' | 'grid'>
}
