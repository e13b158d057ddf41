/** Which tensors of open_clip a tensor of `transformers` comes from. OpenAI's own names are open_clip's. */

export interface Origin {
  /** Joined along their rows. */
  readonly of: readonly string[]
  /** Only this third of the rows: queries, keys and values are stored as one. */
  readonly third?: number
  readonly thirds?: 3
  /** Stored as what features are multiplied with from the right: [into, out]. */
  readonly transposed?: true
}

type Rule = readonly [from: RegExp, to: string]

/** The Transformer of open_clip, of either tower. */
const blocks: readonly Rule[] = [
  [/^text_model\.encoder\.layers\./, '@transformer.resblocks.'],
  [/^vision_model\.encoder\.layers\./, 'visual.transformer.resblocks.'],
  [/\.self_attn\.out_proj\./, '.attn.out_proj.'],
  [/\.self_attn\.[qkv]_proj\.(weight|bias)$/, '.attn.in_proj_$1'],
  [/\.mlp\.fc1\./, '.mlp.c_fc.'],
  [/\.mlp\.fc2\./, '.mlp.c_proj.'],
  [/\.layer_norm([12])\./, '.ln_$1.'],
]
/** timm's Vision Transformer. */
const trunk: readonly Rule[] = [
  [/^vision_model\.encoder\.layers\./, 'visual.trunk.blocks.'],
  [/\.self_attn\.out_proj\./, '.attn.proj.'],
  [/\.self_attn\.[qkv]_proj\.(weight|bias)$/, '.attn.qkv.$1'],
  [/\.layer_norm([12])\./, '.norm$1.'],
]
/** Outside of the layers. `@` stands for the prefix of the text tower. */
const others: readonly Rule[] = [
  [/^text_model\.embeddings\.token_embedding\.weight$/, '@token_embedding.weight'],
  [/^text_model\.embeddings\.position_embedding\.weight$/, '@positional_embedding'],
  [/^text_model\.final_layer_norm\./, '@ln_final.'],
  [/^text_projection\.weight$/, '@text_projection'],
  [/^vision_model\.embeddings\.class_embedding$/, 'visual.class_embedding'],
  [/^vision_model\.embeddings\.patch_embedding\.weight$/, 'visual.conv1.weight'],
  [/^vision_model\.embeddings\.position_embedding\.weight$/, 'visual.positional_embedding'],
  [/^vision_model\.pre_layrnorm\./, 'visual.ln_pre.'],
  [/^vision_model\.post_layernorm\./, 'visual.ln_post.'],
  [/^visual_projection\.weight$/, 'visual.proj'],
]
const siglipOthers: readonly Rule[] = [
  [/^text_model\.head\./, '@text_projection.'],
  [/^vision_model\.embeddings\.patch_embedding\./, 'visual.trunk.patch_embed.proj.'],
  [/^vision_model\.embeddings\.position_embedding\.weight$/, 'visual.trunk.pos_embed'],
  [/^vision_model\.post_layernorm\./, 'visual.trunk.norm.'],
  [/^vision_model\.head\.probe$/, 'visual.trunk.attn_pool.latent'],
  [/^vision_model\.head\.attention\.out_proj\./, 'visual.trunk.attn_pool.proj.'],
  [/^vision_model\.head\.layernorm\./, 'visual.trunk.attn_pool.norm.'],
  [/^vision_model\.head\.mlp\./, 'visual.trunk.attn_pool.mlp.'],
]

/**
 * @param name of a tensor of CLIPModel or SiglipModel
 * @param prefix of the text tower: `text.` in a model with a text tower of its own class, else nothing
 */
export function originOf(name: string, prefix: string, siglip: boolean): Origin {
  const pooled = /^vision_model\.head\.attention\.in_proj_(weight|bias)$/.exec(name)
  if (pooled) return { of: ['q', 'kv'].map((part) => `visual.trunk.attn_pool.${part}.${pooled[1]}`) }
  const rules = siglip ? [...siglipOthers, ...(name.startsWith('vision_model.') ? trunk : blocks), ...others] : [...blocks, ...others]
  const from = rules.reduce((renamed, [pattern, to]) => renamed.replace(pattern, to), name).replace(/^@/, prefix)
  const part = /\.self_attn\.([qkv])_proj\./.exec(name)?.[1]
  if (part) return { of: [from], third: 'qkv'.indexOf(part), thirds: 3 }
  return /^(text|visual)_projection\.weight$/.test(name) ? { of: [from], transposed: true } : { of: [from] }
}
