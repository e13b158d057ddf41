import { z } from 'zod'
import { activation, epsilon, layers, upTo, width } from './bounds.ts'
import { bertConfig } from './bert.ts'
import { stageGrids, swinConfig } from './swin.ts'
import type { Grids } from './deformable.ts'

/** Channels are normalised in so many groups (torch.nn.GroupNorm(32, d_model)). */
export const GROUPS = 32

/** A part of a type that this family is made of; the type's default is that type. */
const partOf = (type: string) =>
  z
    .looseObject({ model_type: z.unknown() })
    .partial()
    .refine((c) => (c.model_type ?? type) === type, {
      path: ['model_type'],
      abort: true,
      error: ({ input }) =>
        `expected "${type}", the only kind that is supported here, found ${JSON.stringify((input as { model_type?: unknown }).model_type)}`,
    })

const backbone = z.preprocess((raw) => raw ?? { out_indices: [2, 3, 4] }, partOf('swin').pipe(swinConfig))
const text = z.preprocess((raw) => raw ?? {}, partOf('bert').pipe(bertConfig))
/** transformers' GroundingDinoConfig and its MMGroundingDinoConfig. */
export const groundingConfig = z
  .object({
    model_type: z.enum(['grounding-dino', 'mm-grounding-dino']),
    use_timm_backbone: z.literal(false, { error: 'expected false: of backbones, only Swin is supported' }).nullish(),
    backbone_config: backbone,
    text_config: text,
    num_queries: upTo(65_536).default(900),
    encoder_layers: layers.default(6),
    encoder_ffn_dim: width.default(2048),
    encoder_attention_heads: width.default(8),
    encoder_n_points: upTo(64).default(4),
    decoder_layers: layers.default(6),
    decoder_ffn_dim: width.default(2048),
    decoder_attention_heads: width.default(8),
    decoder_n_points: upTo(64).default(4),
    activation_function: activation.default('relu'),
    d_model: width.default(256),
    num_feature_levels: upTo(16).default(4),
    max_text_len: upTo(8192).default(256),
    positional_embedding_temperature: z.number().positive().default(20),
    layer_norm_eps: epsilon.default(1e-5),
    decoder_bbox_embed_share: z.boolean().default(true),
    decoder_cls_embed_share: z.boolean().default(true),
    position_embedding_type: z.literal('sine', { error: 'expected "sine": learned positions fit images of one size only' }).default('sine'),
    two_stage: z.literal(true, { error: "expected true: queries are chosen among the image's features" }).default(true),
    embedding_init_target: z.literal(true, { error: 'expected true: the content of queries is learned' }).default(true),
    query_dim: z.literal(4, { error: 'expected 4: queries are boxes' }).default(4),
  })
  .superRefine((c, issues) => {
    const refuse = (field: string, message: string) => issues.addIssue({ code: 'custom', path: [field], message })
    const { d_model: d, encoder_attention_heads: heads, encoder_ffn_dim: ffn } = c
    if (d % GROUPS) refuse('d_model', `expected a multiple of ${GROUPS}`)
    if (heads % 2 || d % heads || Math.floor(ffn / 2) % (heads / 2))
      refuse('encoder_attention_heads', 'expected an even number that divides d_model, and whose half divides half of encoder_ffn_dim')
    if (d % c.decoder_attention_heads) refuse('decoder_attention_heads', 'must divide d_model')
    if (c.num_feature_levels < c.backbone_config.outputs.length)
      refuse('num_feature_levels', 'expected at least one for each stage that backbone_config.out_indices names')
  })
export type GroundingConfig = z.output<typeof groundingConfig>

/** The grid of each level for an image of this size: the backbone's, then each half of the one before. */
export function levelGrids(c: GroundingConfig, height: number, w: number): Grids {
  const stages = stageGrids(c.backbone_config, height, w)
  const grids = c.backbone_config.outputs.map((stage) => stages[stage - 1]!)
  while (grids.length < c.num_feature_levels) grids.push(grids.at(-1)!.map((side) => Math.floor((side - 1) / 2) + 1) as [number, number])
  return grids
}
