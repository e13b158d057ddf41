/** The configuration of Nano: 96-px images as 17 tokens, texts of at most 16 tokens; trainable on two CPU cores. */
export const nanoConfig = (vocabSize: number, eosTokenId: number) =>
  ({
    model_type: 'clip',
    architectures: ['CLIPModel'],
    projection_dim: 192,
    logit_scale_init_value: 2.6592,
    text_config: {
      model_type: 'clip_text_model',
      vocab_size: vocabSize,
      hidden_size: 128,
      intermediate_size: 512,
      num_hidden_layers: 4,
      num_attention_heads: 2,
      max_position_embeddings: 16,
      hidden_act: 'quick_gelu',
      layer_norm_eps: 1e-5,
      bos_token_id: eosTokenId - 1,
      eos_token_id: eosTokenId,
      pad_token_id: eosTokenId,
    },
    vision_config: {
      model_type: 'clip_vision_model',
      hidden_size: 192,
      intermediate_size: 768,
      num_hidden_layers: 6,
      num_attention_heads: 12,
      num_channels: 3,
      image_size: 96,
      patch_size: 24,
      hidden_act: 'quick_gelu',
      layer_norm_eps: 1e-5,
    },
  }) as const

/** Nano's preprocessor_config.json in the form of `transformers`; `preprocess` in this program's own terms. */
export const nanoPreprocessor = (preprocess: object) => ({
  image_processor_type: 'CLIPImageProcessor',
  processor_class: 'CLIPProcessor',
  ...preprocess,
})
