import { processor } from '../data/preprocess.ts'
import type { Value } from '../graph/graph.ts'
import type { Params } from '../nn/params.ts'
import { reduceMean, reshape, slice } from '../ops/index.ts'
import { activationName } from './essence.ts'
import type { Architecture, ImageTower } from './model.ts'
import type { Sam2MaskConfig } from './sam2-config.ts'
import { mapsOf, sam2Embedding, sam2Masks } from './sam2-decoder.ts'
import { oneSize } from './sam-parts.ts'

/** What SAM 2 and EdgeTAM are made of, besides their tensors. */
export function promptedByPyramid(
  c: Sam2MaskConfig,
  own: Pick<ImageTower, 'activations'> & {
    /** pixels [1, 3, size, size] → the encoder's stages [1, C, h, w], each half the size of the one before it. */
    stages(p: Params, pixels: Value): readonly Value[]
  },
): Pick<Architecture, 'dim' | 'image' | 'prompted'> {
  const { prompt_encoder_config: p, mask_decoder_config: d, grid: g } = c
  const maps = mapsOf(c)
  const total = maps.reduce((n, [channels, side]) => n + channels * side * side, 0)
  const [width] = maps[2]!
  const embed = (params: Params, pixels: Value) => sam2Embedding(params, c, own.stages(params, pixels))
  return {
    dim: width,
    image: {
      size: p.image_size,
      patch: p.patch_size,
      anySize: false,
      unit: false,
      config: c,
      // As of SAM: a summary, no more.
      embed: (params, pixels) => {
        const coarse = slice(embed(params, pixels), { axis: 1, start: total - width * g * g })
        return reduceMean(reshape(coarse, [1, width, g * g]), { axes: [2] })
      },
      activations: own.activations,
      tooMany: oneSize(p.image_size),
    },
    prompted: {
      size: p.image_size,
      side: 4 * g,
      choices: d.num_multimask_outputs,
      closesBoxes: true,
      embedding: [1, total, 1, 1],
      embed,
      masks: (params, embedding, prompts) => sam2Masks(params, c, embedding, prompts),
    },
  }
}

/** What the prompt encoder and the mask decoder compute depends on. */
export const maskingEssence = ({ prompt_encoder_config: p, mask_decoder_config: d }: Sam2MaskConfig) => ({
  prompt_encoder_config: { ...p, hidden_act: activationName(p.hidden_act) },
  mask_decoder_config: { ...d, hidden_act: undefined, layer_norm_eps: undefined },
})

export const sam2Processor = processor('Sam2', {
  size: { height: 1024, width: 1024 },
  resample: 'bilinear',
  do_center_crop: false,
  image_mean: [0.485, 0.456, 0.406],
  image_std: [0.229, 0.224, 0.225],
})

/** Tensors of the video models. */
export const ofVideo: readonly string[] = [
  'memory_*',
  'mask_downsample*',
  'object_pointer_proj*',
  'temporal_positional_encoding_projection_layer*',
  'no_memory_positional_encoding',
  'no_object_pointer',
  'occlusion_spatial_embedding_parameter',
]
