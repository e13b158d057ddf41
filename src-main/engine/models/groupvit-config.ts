/** What a GroupViT folder's `config.json` says, with the defaults of transformers' GroupViTConfig. */
import { z } from 'zod'
import { imageTower, tower, width } from './bounds.ts'
import { clipText, clipVision, withTowers } from './clip-config.ts'

const MOST_GROUPS = 4096
const groups = z.array(z.int().min(0).max(MOST_GROUPS)).min(1).max(64)
const vision = z.object({
  ...clipVision.shape,
  hidden_size: width.default(384),
  intermediate_size: width.default(1536),
  num_attention_heads: width.default(6),
  patch_size: clipVision.shape.patch_size.unwrap().default(16),
  hidden_act: clipVision.shape.hidden_act.unwrap().default('gelu'),
  depths: z.array(z.int().min(0).max(64)).min(1).max(64).default([6, 3, 3]),
  num_group_tokens: groups.default([64, 8, 0]),
  num_output_groups: groups.default([64, 8, 8]),
  assign_eps: z.number().positive().max(1e6).default(1),
  assign_mlp_ratio: z.array(z.number().positive().max(64)).length(2).default([0.5, 4]),
})

export const groupvitConfig = z.preprocess(
  withTowers,
  z.object({
    model_type: z.literal('groupvit'),
    projection_dim: width.default(256),
    projection_intermediate_dim: width.default(4096),
    logit_scale_init_value: z.number().default(2.6592),
    text_config: tower(
      z.object({
        ...clipText.shape,
        hidden_size: width.default(256),
        intermediate_size: width.default(1024),
        num_attention_heads: width.default(4),
      }),
      'max_position_embeddings',
      (c) => c.max_position_embeddings,
    ),
    vision_config: imageTower(
      vision
        .refine((c) => stagesOf(c).length > 0, { path: ['num_group_tokens'], message: 'expected groups in the first stage' })
        .refine((c) => c.num_group_tokens.length === c.depths.length && c.num_output_groups.length === c.depths.length, {
          path: ['num_group_tokens'],
          message: 'expected as many numbers as depths and num_output_groups have',
        })
        .refine((c) => c.num_group_tokens.every((n, i) => n === 0 || i < stagesOf(c).length), {
          path: ['num_group_tokens'],
          message: 'expected no groups after a stage without them',
        })
        .refine((c) => stagesOf(c).every(({ out }) => out > 0), {
          path: ['num_output_groups'],
          message: 'expected at least 1 where there are group tokens',
        })
        .refine((c) => stagesOf(c).every(({ tokens, out, last }) => last || out === tokens), {
          path: ['num_output_groups'],
          message: 'expected num_group_tokens but for the last stage with groups, since the next one reads them',
        }),
      { before: 0 },
    ),
  }),
)
export type GroupvitConfig = z.output<typeof groupvitConfig>
export type Vision = z.output<typeof vision>

/** The stages that group, which are the first ones: learned tokens, groups that come out, and layers. */
export function stagesOf(v: Pick<Vision, 'depths' | 'num_group_tokens' | 'num_output_groups'>) {
  const without = v.num_group_tokens.indexOf(0)
  const n = without < 0 ? v.num_group_tokens.length : without
  return v.num_group_tokens.slice(0, n).map((tokens, i) => ({ tokens, out: v.num_output_groups[i] ?? 0, last: i === n - 1 }))
}

/** Widths of a grouping block's two MLPs: over its tokens, and over channels. */
export const mixed = (v: Vision) => v.assign_mlp_ratio.map((ratio) => Math.floor(ratio * v.hidden_size)) as [number, number]
export const stageName = (i: number) => `vision_model.encoder.stages.${i}`
