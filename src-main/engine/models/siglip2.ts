import { z } from 'zod'
import { sentence } from '#shared/sentences/table.ts'
import { processor, side, type PreprocessConfig, type Processor } from '../data/preprocess.ts'
import { imageTower, upTo } from './bounds.ts'
import { defineFamily } from './model.ts'
import { inOneSpace, otherSpace, type SiglipConfig, siglipRecord, siglipText, siglipVision } from './siglip.ts'

/*
 * SigLIP 2 with NaFlex (Tschannen et al. 2025, "SigLIP 2", §2.4.2) after transformers (models/siglip2): SigLIP whose images
 * have any grid of patches, with the positions resampled to it. Checkpoints of SigLIP 2 for one size are of the family SigLIP.
 * transformers keeps an image's aspect ratio and pads with patches that nobody attends to; here all images of a batch have one
 * size, so they are stretched to the square of as many patches, as the checkpoints for one size have them.
 */

const vision = siglipVision
  .omit({ image_size: true })
  .extend({
    num_patches: upTo(65_536)
      .refine((n) => Number.isInteger(Math.sqrt(n)), 'expected a square number')
      .default(256),
  })
  .transform(({ num_patches, ...c }) => ({ ...c, image_size: Math.sqrt(num_patches) * c.patch_size, flexible: true }))
const siglip2Config = z
  .object({ text_config: siglipText, vision_config: imageTower(vision, { before: 0 }).prefault({}) })
  .refine(inOneSpace, otherSpace)

const plain = processor('Siglip2', {
  size: { height: 256, width: 256 },
  resample: 'bilinear',
  do_center_crop: false,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
})
type Fields = Record<string, unknown>
/** The largest square of whole patches that has no more of them than the file allows. */
const squareOf: Processor = {
  name: plain.name,
  schema: z
    .looseObject({ patch_size: side.nullish(), max_num_patches: upTo(65_536).nullish(), size: z.unknown().optional() })
    .transform(({ patch_size, max_num_patches, ...json }): Fields => {
      const edge = Math.floor(Math.sqrt(max_num_patches ?? 256)) * (patch_size ?? 16)
      return { ...json, size: { height: edge, width: edge }, do_center_crop: false }
    })
    .pipe(plain.schema as z.ZodType<PreprocessConfig, Fields>),
}

const half = (part: string) => sentence('model.one-tower', { tower: part, model: 'Siglip2Model' })

export const siglip2 = defineFamily<SiglipConfig>({
  ...siglipRecord,
  types: ['siglip2'],
  name: 'SigLIP 2 NaFlex',
  config: siglip2Config,
  parts: { siglip2_text_model: half('text'), siglip2_vision_model: half('vision') },
  saves: 'Siglip2Model',
  processors: [squareOf],
})
