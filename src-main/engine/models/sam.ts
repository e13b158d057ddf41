import { sentence } from '#shared/sentences/table.ts'
import type { Value } from '../graph/graph.ts'
import { samProcessor } from '../data/sam-picture.ts'
import type { Params } from '../nn/params.ts'
import { reduceMean } from '../ops/index.ts'
import { activationName, essential } from './essence.ts'
import { defineFamily } from './model.ts'
import { type SamConfig, samConfig } from './sam-config.ts'
import { decoderTensors, samMasks } from './sam-decoder.ts'
import { encoderTensors, samEmbedding } from './sam-encoder.ts'
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
    const embed = (p: Params, pixels: Value) => samEmbedding(p, v, pixels)
    return {
      dim: v.output_channels,
      tensors: tensors(c),
      image: {
        size: v.image_size,
        patch: v.patch_size,
        anySize: false,
        unit: false,
        config: v,
        // It was never trained to describe an image by one vector, so it doesn't claim to: this is only a summary.
        embed: (p, pixels) => reduceMean(embed(p, pixels), { axes: [2, 3] }),
        activations: () => v.grid ** 2 * Math.max(v.grid ** 2, v.mlp_dim, 3 * v.hidden_size),
        tooMany: (height, width) =>
          height === v.image_size && width === v.image_size ? undefined : sentence('model.one-size', { size: v.image_size, height, width }),
      },
      prompted: {
        size: v.image_size,
        side: 4 * v.grid,
        choices: d.num_multimask_outputs,
        embedding: [1, v.output_channels, v.grid, v.grid],
        embed,
        masks: (p, embedding, prompts) => samMasks(p, c, embedding, prompts),
      },
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
