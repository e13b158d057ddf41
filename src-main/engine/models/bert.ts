import { z } from 'zod'
import type { Value } from '../graph/graph.ts'
import { activations } from '../nn/activations.ts'
import { attend } from '../nn/attention.ts'
import type { Params } from '../nn/params.ts'
import { layerNorm, linear } from '../nn/transformer.ts'
import { add, cast, gather, greater, reshape, slice, tanh } from '../ops/index.ts'
import { activation, activationsOf, epsilon, layers, upTo, width } from './bounds.ts'
import type { TextTower } from './model.ts'
import type { TensorList } from './tensors.ts'

/*
 * BERT (Devlin et al. 2019, "BERT: pre-training of deep bidirectional transformers") as an encoder of tokens or as a text tower,
 * with the structure and tensor names of transformers' BertModel.
 */

/** transformers' BertConfig. */
export const bertConfig = z
  .object({
    vocab_size: upTo(4_000_000).default(30_522),
    hidden_size: width.default(768),
    num_hidden_layers: layers.default(12),
    num_attention_heads: width.default(12),
    intermediate_size: width.default(3072),
    hidden_act: activation.default('gelu'),
    max_position_embeddings: upTo(8192).default(512),
    type_vocab_size: upTo(1024).default(2),
    layer_norm_eps: epsilon.default(1e-12),
    pad_token_id: z
      .int()
      .min(0)
      .nullish()
      .transform((id) => id ?? 0),
    position_embedding_type: z.literal('absolute', { error: 'expected "absolute"' }).nullish(),
    is_decoder: z.literal(false, { error: 'expected false: tokens read those before and after them' }).nullish(),
  })
  .refine((c) => c.hidden_size % c.num_attention_heads === 0, { path: ['num_attention_heads'], message: 'must divide hidden_size' })
export type BertConfig = z.output<typeof bertConfig>

/**
 * ids and positions [T] (int32) → features [1, T, D].
 * @param mask added to the attention's logits [T, T]
 */
export function bertFeatures(p: Params, c: BertConfig, ids: Value, positions: Value, mask: Value): Value {
  const { hidden_size: d, layer_norm_eps: eps } = c
  const at = 'embeddings'
  const words = gather(p.get(`${at}.word_embeddings.weight`, [c.vocab_size, d]), ids)
  const kind = slice(p.get(`${at}.token_type_embeddings.weight`, [c.type_vocab_size, d]), { axis: 0, start: 0, end: 1 })
  const places = gather(p.get(`${at}.position_embeddings.weight`, [c.max_position_embeddings, d]), positions)
  let x = layerNorm(p, `${at}.LayerNorm`, reshape(add(add(words, kind), places), [1, ids.shape[0]!, d]), eps)
  for (let i = 0; i < c.num_hidden_layers; i++) x = layer(p, `encoder.layer.${i}`, x, c, mask)
  return x
}

/** How many tokens a text tower reads: captions are shorter than BERT's 512, and attention grows with the square. */
const CONTEXT = 128
const WORDS = 'embeddings.word_embeddings.weight'

/** BERT as a text tower, with BertModel's pooler as what is read: [B, D]. */
export function bertText(c: BertConfig): TextTower {
  const context = Math.min(c.max_position_embeddings, CONTEXT)
  return {
    ...{ context, vocabulary: c.vocab_size, table: WORDS, width: c.hidden_size, before: 1 },
    activations: activationsOf(c, context),
    at: (ids) =>
      Math.max(
        0,
        ids.findLastIndex((id) => id !== c.pad_token_id),
      ),
    tokens: (p, ids) => gather(p.get(WORDS, [c.vocab_size, c.hidden_size]), ids),
    embed: (p, tokens, at) => pooled(p, c, tokens, at),
  }
}

/** Tokens [B, T, D] → tanh of a linear layer of the first token's feature, [B, D]. Padding, which follows `at` [B], is not attended to. */
function pooled(p: Params, c: BertConfig, tokens: Value, at: Value): Value {
  const [b, length, d] = tokens.shape as [number, number, number]
  const order = at.graph.constant(
    Float32Array.from({ length }, (_, i) => i),
    'float32',
    [1, 1, 1, length],
  )
  const isText = greater(add(reshape(cast(at, 'float32'), [b, 1, 1, 1]), 1), order)
  const head = (name: string, rows: number, n: number) =>
    slice(p.get(`embeddings.${name}.weight`, [rows, d]), { axis: 0, start: 0, end: n })
  const placed = add(
    add(tokens, head('token_type_embeddings', c.type_vocab_size, 1)),
    head('position_embeddings', c.max_position_embeddings, length),
  )
  let x = layerNorm(p, 'embeddings.LayerNorm', placed, c.layer_norm_eps)
  for (let i = 0; i < c.num_hidden_layers; i++) x = layer(p, `encoder.layer.${i}`, x, c, isText)
  return tanh(linear(p, 'pooler.dense', reshape(slice(x, { axis: 1, start: 0, end: 1 }), [b, d]), d))
}

function layer(p: Params, name: string, x: Value, c: BertConfig, mask: Value): Value {
  const { hidden_size: d, layer_norm_eps: eps } = c
  return p.block(name, () => {
    const project = (part: string) => linear(p, `${name}.attention.self.${part}`, x, d)
    const attended = attend(project('query'), project('key'), project('value'), { heads: c.num_attention_heads, mask })
    const y = layerNorm(p, `${name}.attention.output.LayerNorm`, add(linear(p, `${name}.attention.output.dense`, attended, d), x), eps)
    const hidden = activations[c.hidden_act](linear(p, `${name}.intermediate.dense`, y, c.intermediate_size))
    return layerNorm(p, `${name}.output.LayerNorm`, add(linear(p, `${name}.output.dense`, hidden, d), y), eps)
  })
}

export function bertTensors(list: TensorList, c: BertConfig): void {
  const { embedding, affine, norm } = list.in('text')
  const d = c.hidden_size
  embedding('embeddings.word_embeddings.weight', [c.vocab_size, d])
  embedding('embeddings.position_embeddings.weight', [c.max_position_embeddings, d])
  embedding('embeddings.token_type_embeddings.weight', [c.type_vocab_size, d])
  norm('embeddings.LayerNorm', d)
  for (let i = 0; i < c.num_hidden_layers; i++) {
    const name = `encoder.layer.${i}`
    for (const part of ['query', 'key', 'value']) affine(`${name}.attention.self.${part}`, d, d)
    affine(`${name}.attention.output.dense`, d, d)
    norm(`${name}.attention.output.LayerNorm`, d)
    affine(`${name}.intermediate.dense`, c.intermediate_size, d)
    affine(`${name}.output.dense`, d, c.intermediate_size)
    norm(`${name}.output.LayerNorm`, d)
  }
}
