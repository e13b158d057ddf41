/** The part of a configuration that decides what a trained model computes. */

/** Keys that only describe how a model was made, saved or named. */
const INCIDENTAL = new RegExp(
  `^(${[
    '_.*',
    'architectures',
    'auto_map',
    'transformers_version',
    '(torch_)?dtype',
    'torchscript',
    'use_cache',
    'return_dict',
    'output_.*',
    'initializer_.*',
    '.*dropout.*',
    '.*_dict',
    '(bos|pad|sep|cls|decoder_start)_token_id',
    'finetuning_task',
    'problem_type',
    'id2label',
    'label2id',
    'tie_word_embeddings',
    'gradient_checkpointing',
  ].join('|')})$`,
)

export function essential(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value ?? undefined
  return Object.fromEntries(Object.entries(value).flatMap(([key, v]) => (INCIDENTAL.test(key) ? [] : [[key, essential(v)]])))
}

/** Aliases of activation functions. */
const ACTIVATIONS: Record<string, string> = { gelu_python: 'gelu', gelu_fast: 'gelu_new', gelu_pytorch_tanh: 'gelu_new', swish: 'silu' }
export const activationName = (name: string): string => ACTIVATIONS[name] ?? name
