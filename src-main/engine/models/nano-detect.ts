import { nanoConfig } from './nano.ts'

/** The configuration of the nano detector in the layout of OWL-ViT: Nano's widths and patches, on 240-px images as 10 × 10 of them. */
export const nanoDetectConfig = (vocabSize: number, eosTokenId: number) => {
  const { text_config: text, vision_config: vision } = nanoConfig(vocabSize, eosTokenId)
  return {
    model_type: 'owlvit',
    architectures: ['OwlViTForObjectDetection'],
    projection_dim: text.hidden_size, // the layout compares patches and texts in the width of the text tower
    logit_scale_init_value: 2.6592,
    text_config: { ...text, model_type: 'owlvit_text_model' },
    vision_config: { ...vision, model_type: 'owlvit_vision_model', image_size: 10 * vision.patch_size, num_hidden_layers: 4 },
  } as const
}
