import { z } from 'zod'
import { activation, channels, epsilon, imageTower, layers, pictureSide, tower, upTo, width } from './bounds.ts'

/** transformers' CLIPTextConfig with its defaults, since config.json holds only the fields that differ. */
export const clipText = z.object({
  vocab_size: upTo(4_000_000).default(49408),
  hidden_size: width.default(512),
  intermediate_size: width.default(2048),
  num_hidden_layers: layers.default(12),
  num_attention_heads: width.default(8),
  max_position_embeddings: upTo(8192).default(77),
  hidden_act: activation.default('quick_gelu'),
  layer_norm_eps: epsilon.default(1e-5),
  eos_token_id: z.int().default(49407),
})

/** transformers' CLIPVisionConfig. */
export const clipVision = z.object({
  hidden_size: width.default(768),
  intermediate_size: width.default(3072),
  num_hidden_layers: layers.default(12),
  num_attention_heads: width.default(12),
  num_channels: channels,
  image_size: pictureSide.default(224),
  patch_size: pictureSide.default(32),
  hidden_act: activation.default('quick_gelu'),
  layer_norm_eps: epsilon.default(1e-5),
})

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x)

/**
 * Old folders repeat a tower's configuration as `text_config_dict`. In transformers that dict is complete: it takes
 * precedence, and fields it omits get their default rather than the value in `text_config`.
 */
function towerOf(c: Record<string, unknown>, name: string, known: readonly string[]): unknown {
  const [now, older] = [c[name] ?? {}, c[`${name}_dict`]]
  if (!isRecord(now) || !isRecord(older)) return older ?? now
  return { ...Object.fromEntries(Object.entries(now).filter(([key]) => !known.includes(key))), ...older }
}

/** Whether a configuration without a `model_type` describes CLIP's two towers. */
export const describesTowers = (raw: Readonly<Record<string, unknown>>): boolean =>
  isRecord(raw['text_config']) && isRecord(raw['vision_config'])

/** A configuration with both towers as `transformers` reads them; `raw` is anything. */
export const withTowers = (raw: unknown): unknown =>
  isRecord(raw)
    ? {
        ...raw,
        text_config: towerOf(raw, 'text_config', Object.keys(clipText.shape)),
        vision_config: towerOf(raw, 'vision_config', Object.keys(clipVision.shape)),
      }
    : raw

/** The fields of a `config.json` that describe a CLIP, besides its `model_type`. */
export const clipFields = {
  projection_dim: width.default(512),
  logit_scale_init_value: z.number().default(2.6592),
  text_config: tower(clipText, 'max_position_embeddings', (c) => c.max_position_embeddings),
  vision_config: imageTower(clipVision),
}

/**
 * Schema of a CLIP folder's `config.json`. As in transformers, a missing `model_type` is accepted if both towers are
 * described.
 */
export const clipConfigSchema = z.preprocess(
  (raw) => withTowers(isRecord(raw) && raw['model_type'] === undefined && describesTowers(raw) ? { ...raw, model_type: 'clip' } : raw),
  z.object({ model_type: z.literal('clip'), ...clipFields }),
)

/** What a graph of CLIP's towers is built from. */
export type ClipConfig = Omit<z.infer<typeof clipConfigSchema>, 'model_type'> & { readonly model_type?: string }
