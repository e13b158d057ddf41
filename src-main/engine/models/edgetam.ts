import { sentence } from '#shared/sentences/table.ts'
import { type EdgeTamConfig, edgeTamConfig, repVitActivations } from './edgetam-config.ts'
import { essential } from './essence.ts'
import { defineFamily } from './model.ts'
import { repVitStages, repVitTensors } from './repvit.ts'
import { sam2DecoderTensors } from './sam2-decoder.ts'
import { maskingEssence, ofVideo, promptedByPyramid, sam2Processor } from './sam2-parts.ts'
import { checkVariances } from './sam-parts.ts'
import { TensorList } from './tensors.ts'

/*
 * EdgeTAM (Zhou et al. 2025, "EdgeTAM: on-device track anything model") for images, with the structure and tensor names of
 * transformers (models/edgetam/modeling_edgetam.py): SAM 2 with RepViT as its image encoder. Published folders are of the video
 * model, whose memory is not read.
 */

function tensors(c: EdgeTamConfig): TensorList {
  const list = new TensorList()
  repVitTensors(list, c.vision_config.backbone_config)
  sam2DecoderTensors(list, c)
  return list
}

export const edgeTam = defineFamily<EdgeTamConfig>({
  types: ['edgetam', 'edgetam_video'],
  name: 'EdgeTAM',
  can: ['prompt'],
  config: edgeTamConfig,
  describe: (c) => {
    const b = c.vision_config.backbone_config
    return {
      tensors: tensors(c),
      ...promptedByPyramid(c, {
        stages: (p, pixels) => repVitStages(p, b, pixels),
        activations: (height) => repVitActivations(b, height),
      }),
      check: checkVariances,
    }
  },
  essence: (c) => essential({ vision_config: c.vision_config, ...maskingEssence(c) }),
  parts: { edgetam_vision_model: sentence('model.one-tower', { tower: 'vision', model: 'EdgeTamModel' }) },
  landmarks: ['vision_encoder.backbone.timm_model.stem.conv1.c.weight', 'mask_decoder.mask_tokens.weight', 'no_memory_embedding'],
  saves: 'EdgeTamModel',
  processors: [sam2Processor],
  // Of the video model, and what PyTorch's layers count.
  buffers: [...ofVideo, 'spatial_perceiver*', '*.num_batches_tracked'],
})
