/** What `config.json` says of the model, whichever release of `transformers` wrote it. */
import { z } from 'zod'
import { type ClipConfig, clipConfigSchema } from '../models/clip-config.ts'
import { readJson } from '../weights/json.ts'

/** Keys that say how a model was made, saved or is called, not what it computes once it is trained. */
const INCIDENTAL =
  /^(_.*|architectures|auto_map|transformers_version|(torch_)?dtype|torchscript|use_cache|return_dict|output_.*|initializer_.*|.*dropout.*|.*_dict|(bos|pad|sep|cls|decoder_start)_token_id|finetuning_task|problem_type|id2label|label2id|tie_word_embeddings|gradient_checkpointing)$/

/** Names of one function. */
const ACTIVATIONS: Record<string, string> = { gelu_python: 'gelu', gelu_fast: 'gelu_new', gelu_pytorch_tanh: 'gelu_new', swish: 'silu' }

/**
 * A configuration with the defaults of `transformers` filled in and without what does not change an output: two that are equal
 * by {@link configDifference} describe one model. A family that is not known here is taken as it is written.
 */
export function effectiveConfig(file: string): unknown {
  const raw = readJson(file, z.record(z.string(), z.unknown()))
  return raw['model_type'] === 'clip' ? effectiveClip(readJson(file, clipConfigSchema)) : essential(raw)
}

function effectiveClip({ text_config: text, vision_config: vision, ...rest }: ClipConfig): unknown {
  const act = (name: string) => ACTIVATIONS[name] ?? name
  // The legacy id 2 means the largest id of a text, which is the last of the vocabulary.
  const eos = text.eos_token_id === 2 ? text.vocab_size - 1 : text.eos_token_id
  return {
    ...(essential(rest) as object),
    logit_scale_init_value: undefined, // where training began
    text_config: { ...text, hidden_act: act(text.hidden_act), eos_token_id: eos },
    vision_config: { ...vision, hidden_act: act(vision.hidden_act) },
  }
}

function essential(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value ?? undefined
  return Object.fromEntries(Object.entries(value).flatMap(([key, v]) => (INCIDENTAL.test(key) ? [] : [[key, essential(v)]])))
}

const CLOSE = 1e-6

/** `FIELD: expected A, found B` for the first field in which two JSON values differ; numbers may, by a float32's rounding. */
export function configDifference(a: unknown, b: unknown, at = ''): string | undefined {
  if (a === b) return undefined
  if (typeof a === 'number' && typeof b === 'number' && Math.abs(a - b) <= CLOSE * Math.min(Math.abs(a), Math.abs(b))) return undefined
  if (typeof a === 'object' && typeof b === 'object' && a && b && Array.isArray(a) === Array.isArray(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = configDifference(a[key as never], b[key as never], Array.isArray(a) ? `${at}[${key}]` : at ? `${at}.${key}` : key)
      if (found) return found
    }
    return undefined
  }
  return `${at || 'document'}: expected ${show(a)}, found ${show(b)}`
}

const show = (x: unknown) => (x === undefined ? 'nothing' : JSON.stringify(x).slice(0, 60))
