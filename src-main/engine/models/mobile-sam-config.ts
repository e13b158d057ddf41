import { z } from 'zod'
import { layers, pictureSide, upTo, width } from './bounds.ts'
import { MOST, samDecoder, samPrompts } from './sam-config.ts'

const stages = <T extends z.ZodType>(of: T) => z.array(of).min(2).max(8)
const even = width.refine((n) => n % 2 === 0, { error: 'expected an even number' })

/** Defaults: TinyViT-5M at 1024 pixels, as published. */
const vision = z
  .object({
    image_size: pictureSide.default(1024),
    output_channels: width.default(256),
    embed_dims: stages(even).default([64, 128, 160, 320]),
    depths: stages(layers).default([2, 2, 6, 2]),
    num_heads: stages(width).default([2, 4, 5, 10]),
    window_sizes: stages(upTo(64)).default([7, 7, 14, 7]),
    /** Of the convolution between two stages. In the published model the last has 1, so that the grid is SAM's. */
    strides: z
      .array(z.union([z.literal(1), z.literal(2)]))
      .max(7)
      .default([2, 2, 1]),
    mlp_ratio: z.number().positive().max(64).default(4),
    mbconv_expand_ratio: z.number().positive().max(64).default(4),
    local_conv_size: upTo(31)
      .refine((n) => n % 2 === 1, { error: 'expected an odd number' })
      .default(3),
  })
  .superRefine((c, issues) => {
    const n = c.embed_dims.length
    const wrong = (path: string, message: string) => issues.addIssue({ code: 'custom', path: [path], message })
    for (const key of ['depths', 'num_heads', 'window_sizes'] as const)
      if (c[key].length !== n) wrong(key, `expected ${n} numbers, as embed_dims has, found ${c[key].length}`)
    if (c.strides.length !== n - 1) wrong('strides', `expected ${n - 1} numbers, one less than embed_dims has, found ${c.strides.length}`)
    c.embed_dims.forEach((d, i) => {
      if (i > 0 && d % (c.num_heads[i] ?? 1) !== 0) wrong('num_heads', 'must divide embed_dims')
    })
    if (c.image_size % patchOf(c) !== 0) wrong('image_size', `expected a multiple of ${patchOf(c)}, found ${c.image_size}`)
    if (activationsOf(c) > MOST) wrong('image_size', 'makes more tokens of an image than fit the memory')
  })
  .transform((c) => ({ ...c, patch: patchOf(c), grid: c.image_size / patchOf(c), num_pos_feats: c.output_channels / 2 }))
export type TinyVitConfig = z.output<typeof vision>

/** Side in pixels of a cell of the embedding. */
const patchOf = ({ strides }: { readonly strides: readonly number[] }) => strides.reduce((a, b) => a * b, 4)

/** Elements of the largest activation between two layers, for one image. */
export function activationsOf(
  c: Pick<TinyVitConfig, 'image_size' | 'embed_dims' | 'strides' | 'mbconv_expand_ratio' | 'mlp_ratio' | 'num_heads' | 'window_sizes'>,
) {
  let cells = (c.image_size / 4) ** 2
  let most = Math.max(2 * cells * c.embed_dims[0]!, cells * c.embed_dims[0]! * c.mbconv_expand_ratio)
  for (let i = 1; i < c.embed_dims.length; i++) {
    cells /= (c.strides[i - 1] ?? 1) ** 2
    const [d, side] = [c.embed_dims[i]!, c.window_sizes[i] ?? 1]
    most = Math.max(most, cells * d * Math.max(3, c.mlp_ratio), cells * side * side * (c.num_heads[i] ?? 1))
  }
  return most
}

/** SAM's parts with the epsilon of the published code, where transformers has another. */
export const mobileSamConfig = z
  .object({
    vision_config: vision.prefault({}),
    prompt_encoder_config: samPrompts.prefault({}),
    mask_decoder_config: z.preprocess(
      (c) => (typeof (c ?? {}) === 'object' ? { layer_norm_eps: 1e-5, ...(c as object | undefined) } : c),
      samDecoder,
    ),
  })
  .superRefine(({ vision_config: v, prompt_encoder_config: p, mask_decoder_config: d }, issues) => {
    const same = (path: string[], found: number, expected: number, of: string) => {
      if (found !== expected) issues.addIssue({ code: 'custom', path, message: `expected ${expected}, which ${of} says, found ${found}` })
    }
    same(['prompt_encoder_config', 'hidden_size'], p.hidden_size, v.output_channels, 'vision_config.output_channels')
    same(['mask_decoder_config', 'hidden_size'], d.hidden_size, v.output_channels, 'vision_config.output_channels')
    same(['prompt_encoder_config', 'image_size'], p.image_size, v.image_size, 'vision_config.image_size')
  })
export type MobileSamConfig = z.output<typeof mobileSamConfig>
