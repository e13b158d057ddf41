import { z } from 'zod'
import { layers, only, upTo, width } from './bounds.ts'
import { MOST } from './sam-config.ts'
import { checkPyramid, pyramidSettings, type Refused, sam2Masking, withGrid } from './sam2-config.ts'

const even = width.refine((n) => n % 2 === 0, { error: 'expected an even number' })
const stages = <T extends z.ZodType>(of: T) => z.array(of).min(3).max(8)

/** timm's models of RepViT's first form: widths and numbers of blocks of the stages. */
const RepViTs = {
  repvit_m1: { embed_dim: [48, 96, 192, 384], depth: [2, 2, 14, 2] },
  repvit_m2: { embed_dim: [64, 128, 256, 512], depth: [2, 2, 12, 2] },
  repvit_m3: { embed_dim: [64, 128, 256, 512], depth: [4, 4, 18, 2] },
} as const
type RepVit = keyof typeof RepViTs
const names = Object.keys(RepViTs) as [RepVit, ...RepVit[]]

/** What differs from the named model. */
const modelArgs = z.looseObject({
  in_chans: only(3).default(3),
  features_only: z.literal(true, { error: 'expected true: the pyramid is made of the features of each stage' }),
  out_indices: z.array(z.int()).optional(),
  embed_dim: stages(even).optional(),
  depth: stages(layers).optional(),
  mlp_ratio: z.union([upTo(64), stages(upTo(64))]).default(2),
  kernel_size: upTo(31)
    .refine((n) => n % 2 === 1, { error: 'expected an odd number' })
    .default(3),
  legacy: z.literal(true, { error: 'expected true, as RepViT-M1 to M3 have it' }).default(true),
})

/** transformers' TimmWrapperConfig, of a RepViT. */
const backbone = z
  .looseObject({
    model_type: z.literal('timm_wrapper', { error: (issue) => `expected "timm_wrapper", found ${JSON.stringify(issue.input)}` }).optional(),
    architecture: z
      .enum(names, { error: (issue) => `expected one of ${names.join(', ')}, found ${JSON.stringify(issue.input)}` })
      .default('repvit_m1'),
    model_args: modelArgs.prefault({ features_only: true }),
  })
  .transform(({ architecture, model_args: { out_indices, mlp_ratio, kernel_size, ...own } }, issues) => {
    const { embed_dim = [...RepViTs[architecture].embed_dim], depth = [...RepViTs[architecture].depth] } = own
    const n = embed_dim.length
    const ratios = typeof mlp_ratio === 'number' ? embed_dim.map(() => mlp_ratio) : mlp_ratio
    const wrong = (key: string, message: string) => issues.addIssue({ code: 'custom', path: ['model_args', key], message })
    if (depth.length !== n) wrong('depth', `expected ${n} numbers, as embed_dim has, found ${depth.length}`)
    if (ratios.length !== n) wrong('mlp_ratio', `expected ${n} numbers, as embed_dim has, found ${ratios.length}`)
    const all = embed_dim.map((_, i) => i)
    if (String(out_indices ?? all) !== String(all)) wrong('out_indices', `expected all stages, [${all.join(', ')}]`)
    return { embed_dim, depth, mlp_ratio: ratios, kernel_size }
  })
export type RepVitConfig = z.output<typeof backbone>

/** transformers' EdgeTamConfig, and the part of EdgeTamVideoConfig that concerns images. */
export const edgeTamConfig = z
  .object({
    vision_config: z.object({ backbone_config: backbone.prefault({}), ...pyramidSettings([384, 192, 96, 48]) }).prefault({}),
    ...sam2Masking,
  })
  .transform(withGrid)
  .superRefine((c, issues) => {
    const refused: Refused = (path, message) => issues.addIssue({ code: 'custom', path: [...path], message })
    const { embed_dim: widths } = c.vision_config.backbone_config
    checkPyramid(c, { widths: [widths, 'backbone_config'], stride: [4, "RepViT's stem"] }, refused)
    const size = ['prompt_encoder_config', 'image_size']
    const coarsest = 2 ** (widths.length + 1)
    if (c.prompt_encoder_config.image_size % coarsest !== 0)
      refused(size, `expected a multiple of ${coarsest}, the cells of the last stage`)
    if (repVitActivations(c.vision_config.backbone_config, c.prompt_encoder_config.image_size) > MOST)
      refused(size, 'makes more of an image than fits the memory')
  })
export type EdgeTamConfig = z.output<typeof edgeTamConfig>

/** Elements of the largest activation for one image of `size` pixels a side. */
export const repVitActivations = (c: RepVitConfig, size: number): number =>
  Math.max(...c.embed_dim.map((width, stage) => (size / 2 ** (stage + 2)) ** 2 * width * Math.max(2, c.mlp_ratio[stage] ?? 1)))
