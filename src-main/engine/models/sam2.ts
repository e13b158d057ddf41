import { sentence } from '#shared/sentences/table.ts'
import { processor } from '../data/preprocess.ts'
import { reduceMean, reshape, slice } from '../ops/index.ts'
import { activationName, essential } from './essence.ts'
import { hieraTensors } from './hiera.ts'
import { defineFamily } from './model.ts'
import { type Sam2Config, sam2Config } from './sam2-config.ts'
import { mapsOf, sam2DecoderTensors, sam2Embedding, sam2Masks } from './sam2-decoder.ts'
import { oneSize } from './sam-parts.ts'
import { TensorList } from './tensors.ts'

/*
 * SAM 2 and 2.1 (Ravi et al. 2024, "SAM 2: segment anything in images and videos") for images, with the structure and tensor
 * names of transformers (models/sam2/modeling_sam2.py). Published folders are of the video model, whose memory is not read.
 */

function tensors(c: Sam2Config): TensorList {
  const list = new TensorList()
  hieraTensors(list, c)
  sam2DecoderTensors(list, c)
  return list
}

export const sam2 = defineFamily<Sam2Config>({
  types: ['sam2', 'sam2_video'],
  name: 'SAM 2',
  can: ['prompt'],
  config: sam2Config,
  describe: (c) => {
    const { vision_config: v, prompt_encoder_config: p, mask_decoder_config: d, grid: g } = c
    const maps = mapsOf(c)
    const total = maps.reduce((n, [channels, side]) => n + channels * side * side, 0)
    const [width] = maps[2]!
    const b = v.backbone_config
    return {
      dim: width,
      tensors: tensors(c),
      image: {
        size: p.image_size,
        patch: p.patch_size,
        anySize: false,
        unit: false,
        config: c,
        // As of SAM: a summary, no more.
        embed: (params, pixels) => {
          const coarse = slice(sam2Embedding(params, c, pixels), { axis: 1, start: total - width * g * g })
          return reduceMean(reshape(coarse, [1, width, g * g]), { axes: [2] })
        },
        activations: () =>
          Math.max(16 * g * g * b.hidden_size * Math.max(3, b.mlp_ratio), g ** 4 * Math.max(...b.num_attention_heads_per_stage)),
        tooMany: oneSize(p.image_size),
      },
      prompted: {
        size: p.image_size,
        side: 4 * g,
        choices: d.num_multimask_outputs,
        closesBoxes: true,
        embedding: [1, total, 1, 1],
        embed: (params, pixels) => sam2Embedding(params, c, pixels),
        masks: (params, embedding, prompts) => sam2Masks(params, c, embedding, prompts),
      },
    }
  },
  essence: ({ vision_config: v, prompt_encoder_config: p, mask_decoder_config: d }) =>
    essential({
      vision_config: { ...v, backbone_config: { ...v.backbone_config, hidden_act: activationName(v.backbone_config.hidden_act) } },
      prompt_encoder_config: { ...p, hidden_act: activationName(p.hidden_act) },
      mask_decoder_config: { ...d, hidden_act: undefined, layer_norm_eps: undefined },
    }),
  parts: { sam2_vision_model: sentence('model.one-tower', { tower: 'vision', model: 'Sam2Model' }) },
  landmarks: ['vision_encoder.backbone.pos_embed_window', 'mask_decoder.mask_tokens.weight', 'no_memory_embedding'],
  saves: 'Sam2Model',
  processors: [
    processor('Sam2', {
      size: { height: 1024, width: 1024 },
      resample: 'bilinear',
      do_center_crop: false,
      image_mean: [0.485, 0.456, 0.406],
      image_std: [0.229, 0.224, 0.225],
    }),
  ],
  // Of the video model.
  buffers: [
    'memory_*',
    'mask_downsample*',
    'object_pointer_proj*',
    'temporal_positional_encoding_projection_layer*',
    'no_memory_positional_encoding',
    'no_object_pointer',
    'occlusion_spatial_embedding_parameter',
  ],
})
