import { sentence } from '#shared/sentences/table.ts'
import { samProcessor } from '../data/sam-picture.ts'
import { activationName, essential } from './essence.ts'
import { defineFamily } from './model.ts'
import { type SamConfig, samConfig } from './sam-config.ts'
import { decoderTensors, samMasks } from './sam-decoder.ts'
import { encoderTensors, samEmbedding } from './sam-encoder.ts'
import { promptedBy } from './sam-parts.ts'
import { TensorList } from './tensors.ts'

/*
 * SAM (Kirillov et al. 2023, "Segment anything") with the structure and tensor names of transformers
 * (models/sam/modeling_sam.py). An image is encoded once; a click then runs the decoder only.
 */

function tensors(c: SamConfig): TensorList {
  const list = new TensorList()
  encoderTensors(list, c.vision_config)
  decoderTensors(list, c)
  return list
}

const half = (tower: string) => sentence('model.one-tower', { tower, model: 'SamModel' })

export const sam = defineFamily<SamConfig>({
  types: ['sam'],
  name: 'SAM',
  can: ['prompt'],
  config: samConfig,
  describe: (c) => {
    const { vision_config: v, mask_decoder_config: d } = c
    return {
      tensors: tensors(c),
      ...promptedBy(v, {
        patch: v.patch_size,
        activations: () => v.grid ** 2 * Math.max(v.grid ** 2, v.mlp_dim, 3 * v.hidden_size),
        choices: d.num_multimask_outputs,
        embed: (p, pixels) => samEmbedding(p, v, pixels),
        masks: (p, embedding, prompts) => samMasks(p, c, embedding, prompts),
      }),
    }
  },
  essence: ({ vision_config: v, prompt_encoder_config: p, mask_decoder_config: d }) =>
    essential({
      vision_config: { ...v, hidden_act: activationName(v.hidden_act), mlp_ratio: undefined },
      prompt_encoder_config: { ...p, hidden_act: activationName(p.hidden_act) },
      mask_decoder_config: { ...d, hidden_act: activationName(d.hidden_act) },
    }),
  parts: { sam_vision_model: half('vision') },
  landmarks: ['vision_encoder.neck.conv1.weight', 'mask_decoder.mask_tokens.weight', 'prompt_encoder.no_mask_embed.weight'],
  saves: 'SamModel',
  processors: [samProcessor],
  buffers: ['prompt_encoder.shared_embedding.positional_embedding'], // the same as shared_image_embedding's
})
