import { z } from 'zod'
import { activation, channels, epsilon, layers, only, pictureSide, upTo, width } from './bounds.ts'
import { MOST, samDecoder, samPrompts } from './sam-config.ts'

const pair = <T extends z.ZodType<number>>(of: T) =>
  z
    .union([of, z.array(of).length(2)])
    .transform((x) => (Array.isArray(x) ? (x as number[]) : [x as number, x as number]))
    .refine(([a, b]) => a === b, { error: 'expected the same number twice' })
    .transform(([a]) => a!)
const stages = <T extends z.ZodType>(of: T) => z.array(of).min(3).max(8)

/** transformers' Sam2HieraDetConfig. */
const backbone = z
  .object({
    hidden_size: width.default(96),
    num_channels: channels,
    patch_kernel_size: pair(upTo(64)).prefault(7),
    patch_stride: pair(upTo(64)).prefault(4),
    patch_padding: pair(z.int().min(0).max(64)).prefault(3),
    query_stride: pair(only(2)).prefault(2),
    window_positional_embedding_background_size: z.array(upTo(256)).length(2).default([7, 7]),
    num_query_pool_stages: z.int().min(0).max(8).default(3),
    blocks_per_stage: stages(layers).default([1, 2, 7, 2]),
    embed_dim_per_stage: stages(width).default([96, 192, 384, 768]),
    num_attention_heads_per_stage: stages(width).default([1, 2, 4, 8]),
    window_size_per_stage: stages(upTo(256)).default([8, 4, 14, 7]),
    global_attention_blocks: z.array(z.int()).max(1024).default([5, 7, 9]),
    mlp_ratio: z.number().positive().max(64).default(4),
    hidden_act: activation.default('gelu'),
    layer_norm_eps: epsilon.default(1e-6),
  })
  .superRefine((c, issues) => {
    const wrong = (path: string, message: string) => issues.addIssue({ code: 'custom', path: [path], message })
    const n = c.embed_dim_per_stage.length
    for (const key of ['blocks_per_stage', 'num_attention_heads_per_stage', 'window_size_per_stage'] as const)
      if (c[key].length !== n) wrong(key, `expected ${n} numbers, as embed_dim_per_stage has, found ${c[key].length}`)
    if (c.embed_dim_per_stage[0] !== c.hidden_size)
      wrong('hidden_size', `expected ${c.embed_dim_per_stage[0]}, the first of embed_dim_per_stage`)
    if (c.embed_dim_per_stage.some((d, i) => d % (c.num_attention_heads_per_stage[i] ?? 1)))
      wrong('num_attention_heads_per_stage', 'must divide embed_dim_per_stage')
    // A stage starts within the windows of the one before it, which pooling makes smaller.
    for (let i = 1; i <= c.num_query_pool_stages && i < n; i++) {
      if (c.window_size_per_stage[i - 1]! % 2) wrong('window_size_per_stage', 'expected even numbers before a stage that is pooled')
      if (c.embed_dim_per_stage[i] === c.embed_dim_per_stage[i - 1])
        wrong('embed_dim_per_stage', 'expected another width in each stage that is pooled')
    }
  })

/** What a vision_config says of the feature pyramid. `channels`: widths of the encoder's stages, the last first. */
export const pyramidSettings = (channels: readonly number[]) => ({
  backbone_channel_list: z.array(width).default([...channels]),
  backbone_feature_sizes: z.array(z.array(pictureSide).length(2)).default([
    [256, 256],
    [128, 128],
    [64, 64],
  ]),
  fpn_hidden_size: width.default(256),
  fpn_kernel_size: upTo(15).default(1),
  fpn_stride: only(1).default(1),
  fpn_padding: z.int().min(0).max(7).default(0),
  fpn_top_down_levels: z.array(z.int()).max(8).default([2, 3]),
  num_feature_levels: only(3).default(3),
})
export type PyramidConfig = z.output<z.ZodObject<ReturnType<typeof pyramidSettings>>>

const vision = z.object({ backbone_config: backbone.prefault({}), ...pyramidSettings([768, 384, 192, 96]) })

/** The prompt encoder and the mask decoder, of which SAM 2 and EdgeTAM have the same. */
export const sam2Masking = {
  prompt_encoder_config: samPrompts
    .extend({ image_size: pair(pictureSide).prefault(1024), patch_size: pair(pictureSide).prefault(16) })
    .prefault({}),
  mask_decoder_config: samDecoder
    .safeExtend({
      /** Its MLPs are as deep as the Transformer. */
      num_hidden_layers: only(2).default(2),
      dynamic_multimask_via_stability: z.boolean().default(true),
      dynamic_multimask_stability_delta: z.number().default(0.05),
      dynamic_multimask_stability_thresh: z.number().default(0.98),
    })
    .prefault({}),
}
type Masking = { [K in keyof typeof sam2Masking]: z.output<(typeof sam2Masking)[K]> }

/** With the number of cells along a side of the coarsest map. */
export const withGrid = <T extends Masking>(c: T): T & { readonly grid: number } => ({
  ...c,
  grid: Math.floor(c.prompt_encoder_config.image_size / c.prompt_encoder_config.patch_size),
})

/** What the prompt encoder and the mask decoder depend on. */
export interface Sam2MaskConfig extends Masking {
  readonly vision_config: PyramidConfig
  readonly grid: number
}

export type Refused = (path: readonly string[], message: string) => void

/** An encoder's widths of stages and pixels of the first one's cells, each with what says so. */
interface Stages {
  readonly widths: readonly [is: readonly number[], of: string]
  readonly stride: readonly [is: number, of: string]
}

/** Whether the encoder fits the pyramid, and the pyramid the rest. */
export function checkPyramid(
  { vision_config: v, prompt_encoder_config: p, mask_decoder_config: d, grid: g }: Sam2MaskConfig,
  { widths, stride }: Stages,
  refused: Refused,
): void {
  const same = (path: string[], found: unknown, expected: unknown, said: string) => {
    if (String(found) !== String(expected)) refused(path, `expected ${String(expected)}, which ${said} says, found ${String(found)}`)
  }
  same(['prompt_encoder_config', 'hidden_size'], p.hidden_size, v.fpn_hidden_size, 'vision_config.fpn_hidden_size')
  same(['mask_decoder_config', 'hidden_size'], d.hidden_size, v.fpn_hidden_size, 'vision_config.fpn_hidden_size')
  same(['vision_config', 'backbone_channel_list'], v.backbone_channel_list, widths[0].toReversed(), widths[1])
  const sizes = [4, 2, 1].map((by) => [by * g, by * g])
  same(['vision_config', 'backbone_feature_sizes'], v.backbone_feature_sizes, sizes, 'prompt_encoder_config')
  same(['prompt_encoder_config', 'patch_size'], p.patch_size, 4 * stride[0], stride[1])
  if (16 * g * g * v.fpn_hidden_size > MOST) refused(['prompt_encoder_config', 'image_size'], 'makes maps that do not fit the memory')
}

/** transformers' Sam2Config, and the part of Sam2VideoConfig that concerns images. */
export const sam2Config = z
  .object({ vision_config: vision.prefault({}), ...sam2Masking })
  .transform(withGrid)
  .superRefine((c, issues) => {
    const refused: Refused = (path, message) => issues.addIssue({ code: 'custom', path: [...path], message })
    const { vision_config: v, prompt_encoder_config: p, grid: g } = c
    const b = v.backbone_config
    checkPyramid(c, { widths: [b.embed_dim_per_stage, 'embed_dim_per_stage'], stride: [b.patch_stride, 'patch_stride'] }, refused)
    const pools = b.embed_dim_per_stage.length - 1
    if (b.num_query_pool_stages !== pools)
      refused(
        ['vision_config', 'backbone_config', 'num_query_pool_stages'],
        `expected ${pools}, which the number of stages says, found ${b.num_query_pool_stages}`,
      )
    const size = ['prompt_encoder_config', 'image_size']
    if (p.image_size % (b.patch_stride * 2 ** pools) !== 0 || (4 * g) % b.window_size_per_stage[0]! !== 0)
      refused(size, 'expected a multiple of the patches of all stages and of the first windows')
    if (g ** 4 * Math.max(...b.num_attention_heads_per_stage) > 2 * MOST || 16 * g * g * b.hidden_size * 4 > MOST)
      refused(size, 'makes more tokens of an image than fit the memory')
  })
export type Sam2Config = z.output<typeof sam2Config>
export type HieraConfig = Sam2Config['vision_config']['backbone_config']
