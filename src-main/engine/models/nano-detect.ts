import { nanoConfig } from './nano.ts'

/**
 * The configuration of the nano detector in the layout of OWL-ViT: Nano's texts, and an image tower of Nano's width that sees
 * 192-px images as 12 × 12 patches.
 */
export const nanoDetectConfig = (vocabSize: number, eosTokenId: number) => {
  const { text_config: text, vision_config: vision } = nanoConfig(vocabSize, eosTokenId)
  return {
    model_type: 'owlvit',
    architectures: ['OwlViTForObjectDetection'],
    projection_dim: text.hidden_size, // the layout compares patches and texts in the width of the text tower
    logit_scale_init_value: 2.6592,
    text_config: { ...text, model_type: 'owlvit_text_model' },
    vision_config: {
      ...vision,
      model_type: 'owlvit_vision_model',
      image_size: 192,
      patch_size: 16,
      num_hidden_layers: 5,
      intermediate_size: 384,
    },
  } as const
}

/** The configuration of the model that looks at its boxes again: the same at 128 px, as 8 × 8 patches. */
export const nanoRefineConfig = (vocabSize: number, eosTokenId: number) => {
  const { vision_config, ...rest } = nanoDetectConfig(vocabSize, eosTokenId)
  return { ...rest, vision_config: { ...vision_config, image_size: 128 } } as const
}

/** The configuration of the model that outlines the thing in the middle of a window: a segmenter that sees as the one before does. */
export const nanoOutlineConfig = (vocabSize: number, eosTokenId: number) => {
  const { vision_config, ...rest } = nanoSegmentConfig(vocabSize, eosTokenId)
  return { ...rest, vision_config: { ...vision_config, image_size: 128 }, reduce_dim: 96 } as const
}

/** The configuration of the nano segmenter in the layout of CLIPSeg: Nano's texts, the nano detector's image tower, and a small decoder. */
export const nanoSegmentConfig = (vocabSize: number, eosTokenId: number) => {
  const { text_config, ...nano } = nanoConfig(vocabSize, eosTokenId)
  const { vision_config } = nanoDetectConfig(vocabSize, eosTokenId)
  return {
    ...nano,
    model_type: 'clipseg',
    architectures: ['CLIPSegForImageSegmentation'],
    text_config: { ...text_config, model_type: 'clipseg_text_model' },
    vision_config: { ...vision_config, model_type: 'clipseg_vision_model' },
    extract_layers: [1, 3, 4],
    reduce_dim: 64,
    decoder_num_attention_heads: 4,
    decoder_intermediate_size: 256,
    conditional_layer: 0,
    use_complex_transposed_convolution: false,
  } as const
}
