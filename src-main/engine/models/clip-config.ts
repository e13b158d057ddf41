import { z } from 'zod'
import { activationNames } from '../nn/activations.ts'

/*
 * Bounds far above any CLIP (the largest has 48 layers of width 1,664), so that no number in a config.json makes us build
 * something of that size before the tensors are looked at, which are what a width is then held to.
 */
const upTo = (max: number) =>
  z
    .int()
    .positive()
    .max(max, { error: (issue) => `expected at most ${max}, found ${String(issue.input)}` })
const width = upTo(65_536)
const layers = upTo(1024)
/** Of one image or text: numbers in the largest array between two layers. 2²⁶ of them take 256 MB. */
const MAX_ACTIVATIONS = 2 ** 26

const activation = z.enum(activationNames, {
  error: (issue) => `expected one of ${activationNames.join(', ')}, found ${JSON.stringify(issue.input)}`,
})
const epsilon = z.number().nonnegative().max(1)

/** transformers' CLIPTextConfig; the defaults are its own, for a config.json holds only what differs. */
const textConfig = z.object({
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
const visionConfig = z.object({
  hidden_size: width.default(768),
  intermediate_size: width.default(3072),
  num_hidden_layers: layers.default(12),
  num_attention_heads: width.default(12),
  num_channels: z
    .int()
    .default(3)
    .refine((n) => n === 3, { error: (issue) => `expected 3 (red, green, blue), found ${String(issue.input)}` }),
  image_size: upTo(16_384).default(224),
  patch_size: upTo(16_384).default(32),
  hidden_act: activation.default('quick_gelu'),
  layer_norm_eps: epsilon.default(1e-5),
})

interface Tower {
  readonly hidden_size: number
  readonly intermediate_size: number
  readonly num_attention_heads: number
}

/** Numbers in the largest array that a tower makes between two layers, of one sequence of so many tokens. */
export const activationsOf = (c: Tower, tokens: number): number =>
  tokens * Math.max(c.num_attention_heads * tokens, c.intermediate_size, 3 * c.hidden_size)

/** Tokens of an image: its whole patches, and the class token. */
export const imageTokenCount = ({ patch_size: p }: { patch_size: number }, height: number, width: number): number =>
  1 + Math.floor(height / p) * Math.floor(width / p)

/** Why so many tokens are refused; undefined where they are not. */
export const tooMany = (c: Tower, tokens: number): string | undefined =>
  activationsOf(c, tokens) > MAX_ACTIVATIONS
    ? `makes ${tokens} tokens of each input, more than fit the memory with ${c.num_attention_heads} heads of attention`
    : undefined

const tower = <T extends z.ZodType<Tower>>(schema: T, size: keyof z.output<T> & string, tokens: (c: z.output<T>) => number) =>
  schema
    .refine((c) => c.hidden_size % c.num_attention_heads === 0, { path: ['num_attention_heads'], message: 'must divide hidden_size' })
    .superRefine((c, issues) => {
      const problem = tooMany(c, tokens(c))
      if (problem) issues.addIssue({ code: 'custom', path: [size], message: problem })
    })

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x)

/**
 * Old folders repeat a tower as `text_config_dict`. In transformers that is a whole configuration: it wins, and where it
 * says nothing, the default wins over `text_config`.
 */
function towerOf(c: Record<string, unknown>, name: string, known: readonly string[]): unknown {
  const [now, older] = [c[name] ?? {}, c[`${name}_dict`]]
  if (!isRecord(now) || !isRecord(older)) return older ?? now
  return { ...Object.fromEntries(Object.entries(now).filter(([key]) => !known.includes(key))), ...older }
}

/** A configuration without a `model_type` that describes CLIP's two towers. */
export const describesTowers = (raw: Readonly<Record<string, unknown>>): boolean =>
  isRecord(raw['text_config']) && isRecord(raw['vision_config'])

/** `config.json` of a CLIP folder. One without a `model_type` is read by CLIPModel too, if it describes CLIP's towers. */
export const clipConfigSchema = z.preprocess(
  (raw) => {
    if (!isRecord(raw)) return raw
    return {
      ...raw,
      ...(raw['model_type'] === undefined && describesTowers(raw) ? { model_type: 'clip' } : {}),
      text_config: towerOf(raw, 'text_config', Object.keys(textConfig.shape)),
      vision_config: towerOf(raw, 'vision_config', Object.keys(visionConfig.shape)),
    }
  },
  z.object({
    model_type: z.literal('clip'),
    projection_dim: width.default(512),
    logit_scale_init_value: z.number().default(2.6592),
    text_config: tower(textConfig, 'max_position_embeddings', (c) => c.max_position_embeddings),
    vision_config: tower(
      visionConfig.refine((c) => c.patch_size <= c.image_size, { path: ['patch_size'], message: 'must not exceed image_size' }),
      'image_size',
      (c) => imageTokenCount(c, c.image_size, c.image_size),
    ),
  }),
)

export type ClipConfig = z.infer<typeof clipConfigSchema>
