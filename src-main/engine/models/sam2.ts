import { sentence } from '#shared/sentences/table.ts'
import { activationName, essential } from './essence.ts'
import { hieraStages, hieraTensors } from './hiera.ts'
import { defineFamily } from './model.ts'
import { type Sam2Config, sam2Config } from './sam2-config.ts'
import { sam2DecoderTensors } from './sam2-decoder.ts'
import { maskingEssence, ofVideo, promptedByPyramid, sam2Processor } from './sam2-parts.ts'
import { TensorList } from './tensors.ts'

/*
 * SAM 2 and 2.1 (Ravi et al. 2024, "SAM 2: segment anything in images and videos") for images, with the structure and tensor
 * names of transformers (models/sam2/modeling_sam2.py). Published folders are of the video model, whose memory is not read.
 */

function tensors(c: Sam2Config): TensorList {
  const list = new TensorList()
  hieraTensors(list, c.vision_config.backbone_config)
  sam2DecoderTensors(list, c)
  return list
}

export const sam2 = defineFamily<Sam2Config>({
  types: ['sam2', 'sam2_video'],
  name: 'SAM 2',
  can: ['prompt'],
  config: sam2Config,
  describe: (c) => {
    const { grid: g } = c
    const b = c.vision_config.backbone_config
    return {
      tensors: tensors(c),
      ...promptedByPyramid(c, {
        stages: (p, pixels) => hieraStages(p, b, pixels),
        activations: () =>
          Math.max(16 * g * g * b.hidden_size * Math.max(3, b.mlp_ratio), g ** 4 * Math.max(...b.num_attention_heads_per_stage)),
      }),
    }
  },
  essence: (c) => {
    const { vision_config: v } = c
    const { backbone_config: b } = v
    return essential({ vision_config: { ...v, backbone_config: { ...b, hidden_act: activationName(b.hidden_act) } }, ...maskingEssence(c) })
  },
  parts: { sam2_vision_model: sentence('model.one-tower', { tower: 'vision', model: 'Sam2Model' }) },
  landmarks: ['vision_encoder.backbone.pos_embed_window', 'mask_decoder.mask_tokens.weight', 'no_memory_embedding'],
  saves: 'Sam2Model',
  processors: [sam2Processor],
  buffers: ofVideo,
})
