import { z } from 'zod'
import type { Weights } from '../weights/source.ts'
import { epsilon, pictureSide, upTo, width } from './bounds.ts'

/*
 * `open_clip_config.json` (open_clip's model.py, CLIPVisionCfg and CLIPTextCfg, with its defaults) and the configuration of
 * `transformers` that describes the same model. What would change the outputs and has no counterpart there is refused by name.
 */

/** A field whose other values no family here has. */
const only = <T extends z.core.util.Literal>(value: T) =>
  z.literal(value, { error: (issue) => `expected ${JSON.stringify(value)}, found ${JSON.stringify(issue.input)}` }).nullish()
const norms = z.strictObject({ eps: epsilon.default(1e-5) }).nullish()
const acts = z.strictObject({ approximate: z.enum(['none', 'tanh']).default('none') }).nullish()

/** Blocks of another kind than CLIP's. */
const plainBlocks = {
  ls_init_value: only(null),
  block_type: z.enum(['default', 'custom']).nullish(),
  qk_norm: only(false),
  scaled_cosine_attn: only(false),
  scale_heads: only(false),
  scale_attn_inner: only(false),
  scale_attn: only(false),
  scale_fc: only(false),
}
const square = z.union([pictureSide, z.tuple([pictureSide, pictureSide]).transform(([height, w]) => (height === w ? height : NaN))])
const squareSide = square.refine((n) => !Number.isNaN(n), 'expected a square')

/** timm's towers that are SigLIP's: their names say how many heads they have, and which activation. */
const SIGLIP = /^vit_(base|large|so400m|giantopt)_patch\d+_siglip_\d+$/
const HEADS = { base: 12, large: 16, so400m: 16, giantopt: 16 } as const

const visionCfg = z.strictObject({
  layers: z.int('expected a number: ResNets are no family here').positive().max(1024).default(12),
  width: width.default(768),
  head_width: width.default(64),
  mlp_ratio: z.number().positive().max(64).default(4),
  patch_size: pictureSide.default(16),
  image_size: squareSide.default(224),
  patch_dropout: z.number().optional(),
  attentional_pool: only(false),
  attn_pooler_queries: z.number().optional(),
  attn_pooler_heads: z.number().optional(),
  no_ln_pre: only(false),
  pos_embed_type: z.enum(['learnable', 'sin_cos_2d']).optional(), // stored either way
  final_ln_after_pool: z.boolean().optional(), // the norm of the class token is the same before and after it is taken
  pool_type: only('tok'),
  output_tokens: z.boolean().optional(),
  act_kwargs: acts,
  norm_kwargs: norms,
  ...plainBlocks,
  timm_model_name: z.string().regex(SIGLIP, 'expected a ViT of SigLIP with attention pooling, as vit_base_patch16_siglip_224').nullish(),
  timm_model_pretrained: z.boolean().optional(),
  timm_pool: z.string().optional(),
  timm_proj: z.string().nullish(),
  timm_proj_bias: z.boolean().optional(),
  timm_drop: z.number().optional(),
  timm_drop_path: z.number().nullish(),
})
const textCfg = z.strictObject({
  context_length: upTo(8192).default(77),
  vocab_size: upTo(4_000_000).default(49_408),
  hf_tokenizer_name: z.string().nullish(),
  tokenizer_mode: z.string().nullish(),
  tokenizer_kwargs: z.unknown().optional(),
  width: width.default(512),
  heads: width.default(8),
  layers: upTo(1024).default(12),
  mlp_ratio: z.number().positive().max(64).default(4),
  embed_cls: only(false),
  pad_id: z.int().optional(),
  eos_id: z.int().optional(),
  no_causal_mask: z.boolean().default(false),
  final_ln_after_pool: z.boolean().optional(),
  pool_type: z.string().default('argmax'),
  proj_bias: z.boolean().default(false),
  proj_type: only('linear'),
  output_tokens: z.boolean().optional(),
  act_kwargs: acts,
  norm_kwargs: norms,
  ...plainBlocks,
  hf_model_name: only(null),
  hf_model_pretrained: z.unknown().optional(),
  hf_proj_type: z.unknown().optional(),
  hf_pooler_type: z.unknown().optional(),
})

type Issue = readonly [field: readonly string[], expected: unknown, found: unknown]

/** What CLIP, or SigLIP, has in these fields and the other has not. */
function unlike({ vision_cfg: v, text_cfg: t, init_logit_bias: bias }: z.output<typeof modelFields>): Issue | undefined {
  const siglip = Boolean(v.timm_model_name)
  const fields: Issue[] = siglip
    ? [
        [['vision_cfg', 'timm_pool'], 'map', v.timm_pool],
        [['vision_cfg', 'timm_proj'], 'none', v.timm_proj ?? 'none'],
        [['text_cfg', 'no_causal_mask'], true, t.no_causal_mask],
        [['text_cfg', 'proj_bias'], true, t.proj_bias],
        [['text_cfg', 'pool_type'], 'last', t.pool_type],
      ]
    : [
        [['text_cfg', 'no_causal_mask'], false, t.no_causal_mask],
        [['text_cfg', 'proj_bias'], false, t.proj_bias],
        [['text_cfg', 'pool_type'], 'argmax', t.pool_type],
        [['init_logit_bias'], null, bias ?? null],
      ]
  return fields.find(([, expected, found]) => expected !== found)
}
const modelFields = z.strictObject({
  embed_dim: width,
  quick_gelu: z.boolean().default(false),
  custom_text: z.boolean().optional(),
  init_logit_scale: z.number().optional(),
  init_logit_bias: z.number().nullish(),
  nonscalar_logit_scale: z.boolean().optional(),
  vision_cfg: visionCfg,
  text_cfg: textCfg,
})
const level = z.tuple([z.number(), z.number(), z.number()])
export const openClipSchema = z.looseObject({
  model_cfg: modelFields.superRefine((c, issues) => {
    const issue = unlike(c)
    if (issue) {
      const [path, expected, found] = issue
      issues.addIssue({
        code: 'custom',
        path: [...path],
        message: `expected ${JSON.stringify(expected)}, found ${JSON.stringify(found) ?? 'nothing'}`,
      })
    }
  }),
  preprocess_cfg: z
    .looseObject({
      mean: level.default([0.48145466, 0.4578275, 0.40821073]),
      std: level.default([0.26862954, 0.26130258, 0.27577711]),
      interpolation: z.enum(['bicubic', 'bilinear']).default('bicubic'),
      resize_mode: z.enum(['shortest', 'squash']).default('shortest'),
    })
    .prefault({}),
})
export type OpenClipConfig = z.output<typeof openClipSchema>

const actOf = (quick: boolean, kwargs: z.output<typeof acts>) =>
  quick ? 'quick_gelu' : kwargs?.approximate === 'tanh' ? 'gelu_pytorch_tanh' : 'gelu'

/** What the text towers of both have in common, in the names of transformers. */
const textConfigOf = (t: OpenClipConfig['model_cfg']['text_cfg'], quick: boolean) => ({
  vocab_size: t.vocab_size,
  hidden_size: t.width,
  intermediate_size: Math.trunc(t.width * t.mlp_ratio),
  num_hidden_layers: t.layers,
  num_attention_heads: t.heads,
  max_position_embeddings: t.context_length,
  hidden_act: actOf(quick, t.act_kwargs),
  layer_norm_eps: t.norm_kwargs?.eps ?? 1e-5,
})

/** `config.json` of a CLIPModel. */
export function clipConfigOf({ model_cfg: { quick_gelu: quick, embed_dim, vision_cfg: v, text_cfg: t } }: OpenClipConfig) {
  return {
    model_type: 'clip',
    architectures: ['CLIPModel'],
    projection_dim: embed_dim,
    text_config: {
      model_type: 'clip_text_model',
      ...textConfigOf(t, quick),
      eos_token_id: 2, // stands for the largest id, which is where open_clip reads a text
    },
    vision_config: {
      model_type: 'clip_vision_model',
      hidden_size: v.width,
      intermediate_size: Math.trunc(v.width * v.mlp_ratio),
      num_hidden_layers: v.layers,
      num_attention_heads: Math.floor(v.width / v.head_width),
      image_size: v.image_size,
      patch_size: v.patch_size,
      hidden_act: actOf(quick, v.act_kwargs),
      layer_norm_eps: v.norm_kwargs?.eps ?? 1e-5,
    },
  }
}

/** `config.json` of a SiglipModel, with the sizes that only the tensors of timm's tower have. */
export function siglipConfigOf({ model_cfg: { vision_cfg: v, text_cfg: t } }: OpenClipConfig, weights: Weights) {
  const size = SIGLIP.exec(v.timm_model_name!)![1] as keyof typeof HEADS
  const shape = (name: string) => weights.info(`visual.trunk.${name}`).shape
  const [d = 0, , patch = 0] = shape('patch_embed.proj.weight')
  return {
    model_type: 'siglip',
    architectures: ['SiglipModel'],
    text_config: {
      model_type: 'siglip_text_model',
      ...textConfigOf(t, false),
      projection_size: d,
    },
    vision_config: {
      model_type: 'siglip_vision_model',
      hidden_size: d,
      intermediate_size: shape('blocks.0.mlp.fc1.weight')[0] ?? 0,
      num_hidden_layers: depthOf(weights, 'visual.trunk.blocks'),
      num_attention_heads: HEADS[size],
      image_size: v.image_size,
      patch_size: patch,
      hidden_act: size === 'giantopt' ? 'gelu_pytorch_tanh' : 'gelu',
      layer_norm_eps: 1e-6,
    },
  }
}

/** How many layers there are whose names begin so. */
function depthOf(weights: Weights, before: string): number {
  const inside = weights.names().filter((name) => name.startsWith(`${before}.`))
  const numbers = inside.map((name) => Number(name.slice(before.length + 1).split('.')[0]))
  return Math.max(-1, ...numbers) + 1
}

/**
 * The configuration of a state dict without one, from its shapes, as OpenAI's loader reads them (openai/CLIP model.py,
 * build_model): heads are 64 wide.
 */
export function configFromShapes(weights: Weights, quick: boolean): OpenClipConfig {
  const shape = (name: string) => weights.info(name).shape
  const [context = 0, d = 0] = shape('positional_embedding')
  const [visionWidth = 0, , patch = 0] = shape('visual.conv1.weight')
  const grid = Math.round(Math.sqrt((shape('visual.positional_embedding')[0] ?? 1) - 1))
  // Half a row more, since the product with the width is cut off.
  const ratio = (before: string, of: number) => ((shape(`${before}transformer.resblocks.0.mlp.c_fc.weight`)[0] ?? 0) + 0.5) / of
  return openClipSchema.parse({
    model_cfg: {
      embed_dim: shape('text_projection')[1],
      quick_gelu: quick,
      vision_cfg: {
        layers: depthOf(weights, 'visual.transformer.resblocks'),
        width: visionWidth,
        patch_size: patch,
        image_size: grid * patch,
        mlp_ratio: ratio('visual.', visionWidth),
      },
      text_cfg: {
        context_length: context,
        vocab_size: shape('token_embedding.weight')[0],
        width: d,
        heads: Math.floor(d / 64),
        layers: depthOf(weights, 'transformer.resblocks'),
        mlp_ratio: ratio('', d),
      },
    },
  })
}

/** `preprocessor_config.json` of the same preparation. */
export function preprocessorOf({ model_cfg: { vision_cfg: v }, preprocess_cfg: p }: OpenClipConfig) {
  const size = { height: v.image_size, width: v.image_size }
  const squashed = p.resize_mode === 'squash'
  return {
    image_processor_type: v.timm_model_name ? 'SiglipImageProcessor' : 'CLIPImageProcessor',
    do_resize: true,
    size: squashed ? size : { shortest_edge: v.image_size },
    resample: p.interpolation === 'bicubic' ? 3 : 2,
    do_center_crop: !squashed,
    crop_size: size,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: p.mean,
    image_std: p.std,
    do_convert_rgb: true,
  }
}
