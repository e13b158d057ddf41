import { samProcessor } from '../data/sam-picture.ts'
import { activationName, essential } from './essence.ts'
import { activationsOf, type MobileSamConfig, mobileSamConfig } from './mobile-sam-config.ts'
import { defineFamily } from './model.ts'
import { decoderTensors, samMasks } from './sam-decoder.ts'
import { checkVariances, promptedBy } from './sam-parts.ts'
import { TensorList } from './tensors.ts'
import { tinyVitEmbedding, tinyVitTensors } from './tiny-vit.ts'

/*
 * MobileSAM (Zhang et al. 2023, "Faster segment anything: towards lightweight SAM for mobile applications"): SAM with
 * TinyViT as its image encoder. transformers has no such class, so a folder has the tensors of the published checkpoint
 * under their own names; docs/models.md says how it is made.
 */

/** The published names of SAM's parts whose names in transformers differ. */
const PUBLISHED: readonly (readonly [RegExp, string])[] = [
  [/^shared_image_embedding\.positional_embedding$/, 'prompt_encoder.pe_layer.positional_encoding_gaussian_matrix'],
  [/^prompt_encoder\.point_embed\./, 'prompt_encoder.point_embeddings.'],
  [/^prompt_encoder\.mask_embed\.conv1\./, 'prompt_encoder.mask_downscaling.0.'],
  [/^prompt_encoder\.mask_embed\.layer_norm1\./, 'prompt_encoder.mask_downscaling.1.'],
  [/^prompt_encoder\.mask_embed\.conv2\./, 'prompt_encoder.mask_downscaling.3.'],
  [/^prompt_encoder\.mask_embed\.layer_norm2\./, 'prompt_encoder.mask_downscaling.4.'],
  [/^prompt_encoder\.mask_embed\.conv3\./, 'prompt_encoder.mask_downscaling.6.'],
  [/^mask_decoder\.upscale_conv1\./, 'mask_decoder.output_upscaling.0.'],
  [/^mask_decoder\.upscale_layer_norm\./, 'mask_decoder.output_upscaling.1.'],
  [/^mask_decoder\.upscale_conv2\./, 'mask_decoder.output_upscaling.3.'],
  [/\.layer_norm(\d|_final_attn)\./, '.norm$1.'],
]

/** Where a tensor that transformers' SAM names so is in a published checkpoint. `depth`: layers of the IoU head. */
export function publishedName(name: string, depth: number): string {
  const head = /^(mask_decoder\.(?:output_hypernetworks_mlps\.\d+|iou_prediction_head))\.(?:(proj_in|proj_out)|layers\.(\d+))\.(.+)$/.exec(
    name,
  )
  if (head) {
    const [, at, end, layer, rest] = head
    const last = (at!.endsWith('iou_prediction_head') ? depth : 3) - 1
    return `${at}.layers.${end === 'proj_in' ? 0 : end ? last : Number(layer) + 1}.${rest}`
  }
  for (const [own, published] of PUBLISHED) if (own.test(name)) return name.replace(own, published)
  return name
}

function tensors(c: MobileSamConfig): TensorList {
  const list = new TensorList()
  tinyVitTensors(list, c.vision_config)
  const masks = new TensorList()
  decoderTensors(masks, c)
  for (const [name, spec] of masks) list.set(publishedName(name, c.mask_decoder_config.iou_head_depth), spec)
  return list
}

export const mobileSam = defineFamily<MobileSamConfig>({
  types: ['mobile_sam'],
  name: 'MobileSAM',
  can: ['prompt'],
  config: mobileSamConfig,
  describe: (c) => {
    const { vision_config: v, mask_decoder_config: d } = c
    return {
      tensors: tensors(c),
      ...promptedBy(v, {
        patch: v.patch,
        activations: () => activationsOf(v),
        choices: d.num_multimask_outputs,
        embed: (p, pixels) => tinyVitEmbedding(p, v, pixels),
        masks: (p, embedding, prompts) =>
          samMasks(
            p.renamed((name) => publishedName(name, d.iou_head_depth)),
            c,
            embedding,
            prompts,
          ),
      }),
      check: checkVariances,
    }
  },
  essence: ({ vision_config, prompt_encoder_config: p, mask_decoder_config: d }) =>
    essential({
      vision_config,
      prompt_encoder_config: { ...p, hidden_act: activationName(p.hidden_act) },
      mask_decoder_config: { ...d, hidden_act: activationName(d.hidden_act) },
    }),
  landmarks: ['image_encoder.patch_embed.seq.0.c.weight', 'image_encoder.neck.0.weight', 'mask_decoder.mask_tokens.weight'],
  saves: 'MobileSAM',
  processors: [samProcessor],
  // Of ImageNet's classifier, which the published file still has, and what PyTorch's layers count and look up.
  buffers: ['image_encoder.norm_head.*', 'image_encoder.head.*', '*.num_batches_tracked', '*.attention_bias_idxs', '*.attn.ab'],
})
