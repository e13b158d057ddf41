/** What the bench `step` measures. Sizes are given to both sides as a configuration of transformers' CLIP. */
export const VIT_S = {
  projection_dim: 384,
  text_config: { vocab_size: 8, hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 1 },
  vision_config: {
    hidden_size: 384,
    intermediate_size: 1536,
    num_hidden_layers: 12,
    num_attention_heads: 6,
    image_size: 128,
    patch_size: 16,
    hidden_act: 'gelu',
  },
}
const VIT_B32 = { projection_dim: 512 }

interface Case {
  /** `ft`: the image tower and a classifier of 10 classes; `captions`: both towers by CLIP's loss; `features`: of the image tower. */
  readonly kind: 'ft' | 'captions' | 'features'
  readonly config: object
  readonly batch: number
}

export const cases = {
  's-ft': { kind: 'ft', config: VIT_S, batch: 16 },
  'b32-ft': { kind: 'ft', config: VIT_B32, batch: 32 },
  'b32-captions': { kind: 'captions', config: VIT_B32, batch: 32 },
  's-features': { kind: 'features', config: VIT_S, batch: 16 },
  'b32-features': { kind: 'features', config: VIT_B32, batch: 32 },
} as const satisfies Record<string, Case>

export type CaseName = keyof typeof cases
