import type { Value } from '../graph/graph.ts'
import { activations } from '../nn/activations.ts'
import { attend } from '../nn/attention.ts'
import { convolution } from '../nn/conv.ts'
import type { Params } from '../nn/params.ts'
import { layerNorm, linear } from '../nn/transformer.ts'
import { add, expand, gemm, maxPool, reshape, slice, transpose } from '../ops/index.ts'
import { bicubicMatrix } from './interpolate.ts'
import { inWindows } from './sam-encoder.ts'
import type { HieraConfig } from './sam2-config.ts'
import type { TensorList } from './tensors.ts'

/*
 * SAM 2's image encoder (Ravi et al. 2024, "SAM 2: segment anything in images and videos", §C; Ryali et al. 2023, "Hiera";
 * Bolya et al. 2023, "Window attention is bugged", for its positions): a Transformer in stages, each half the size of the one
 * before it, whose queries are pooled where a stage begins. Tensors are [B, height, width, channels].
 */

const BACKBONE = 'vision_encoder.backbone'

/** pixels [1, 3, size, size] → what each stage ends with, [1, C, h, w]. */
export function hieraStages(p: Params, c: HieraConfig, pixels: Value): Value[] {
  const { patch_kernel_size: k, patch_stride: stride, patch_padding: padding } = c
  const patches = convolution(p, `${BACKBONE}.patch_embed.projection`, pixels, c.hidden_size, { kernel: [k, k], stride, padding })
  let x = transpose(patches, [0, 2, 3, 1])
  x = add(x, positions(p, c, x.shape[1]!, x.shape[2]!))
  const ends: Value[] = []
  let n = 0
  c.blocks_per_stage.forEach((blocks, stage) => {
    for (let i = 0; i < blocks; i++, n++) {
      const name = `${BACKBONE}.blocks.${n}`
      const place = { stage, isFirst: stage > 0 && i === 0, isGlobal: c.global_attention_blocks.includes(n) }
      x = p.scoped(name, () => block(p, name, x, c, place))
    }
    ends.push(transpose(x, [0, 3, 1, 2]))
  })
  return ends
}

/** Positions of the whole image, resampled, plus those within each window of the first stage. */
function positions(p: Params, c: HieraConfig, h: number, w: number): Value {
  const [gh, gw] = c.window_positional_embedding_background_size as [number, number]
  const [d, s] = [c.hidden_size, c.window_size_per_stage[0]!]
  const matrix = p.graph.constant(bicubicMatrix(gh, gw, h, w), 'float32', [h * w, gh * gw])
  const global = gemm(matrix, reshape(p.get(`${BACKBONE}.pos_embed`, [1, d, gh, gw]), [d, gh * gw]), undefined, { transB: true })
  const window = transpose(p.get(`${BACKBONE}.pos_embed_window`, [1, d, s, s]), [0, 2, 3, 1])
  const tiled = expand(reshape(window, [1, s, 1, s, d]), [h / s, s, w / s, s, d])
  return add(reshape(global, [1, h, w, d]), reshape(tiled, [1, h, w, d]))
}

interface Place {
  readonly stage: number
  /** Whether it is the first block of a stage after the first, which is wider and half the size. */
  readonly isFirst: boolean
  readonly isGlobal: boolean
}

function block(p: Params, name: string, x: Value, c: HieraConfig, { stage, isFirst, isGlobal }: Place): Value {
  const out = c.embed_dim_per_stage[stage]!
  const heads = c.num_attention_heads_per_stage[stage]!
  const side = isGlobal ? 0 : c.window_size_per_stage[isFirst ? stage - 1 : stage]!
  const y = layerNorm(p, `${name}.layer_norm1`, x, c.layer_norm_eps)
  const kept = isFirst ? pooled(linear(p, `${name}.proj`, y, out)) : x
  const seen = (grid: Value) => attention(p, `${name}.attn`, grid, out, heads, isFirst)
  const z = add(kept, side ? inWindows(y, side, seen, isFirst ? 2 : 1) : seen(y))
  const wide = linear(p, `${name}.mlp.proj_in`, layerNorm(p, `${name}.layer_norm2`, z, c.layer_norm_eps), Math.trunc(out * c.mlp_ratio))
  return add(z, linear(p, `${name}.mlp.proj_out`, activations[c.hidden_act](wide), out))
}

/** The maximum of each 2 × 2 cells. */
const pooled = (x: Value): Value => transpose(maxPool(transpose(x, [0, 3, 1, 2]), { kernel: [2, 2], stride: 2 }), [0, 2, 3, 1])

/** Self-attention over grids [B, h, w, D] → [B, h, w, out], or of half the size if the queries are pooled. */
function attention(p: Params, name: string, x: Value, out: number, heads: number, isPooled: boolean): Value {
  const [b, h, w] = x.shape as [number, number, number]
  const qkv = reshape(linear(p, `${name}.qkv`, x, 3 * out), [b, h * w, 3 * out])
  const part = (i: number) => slice(qkv, { axis: 2, start: i * out, end: (i + 1) * out })
  const [qh, qw] = isPooled ? [h / 2, w / 2] : [h, w]
  const q = isPooled ? reshape(pooled(reshape(part(0), [b, h, w, out])), [b, qh * qw, out]) : part(0)
  const y = p.scoped(name, () => attend(q, part(1), part(2), { heads }))
  return reshape(linear(p, `${name}.proj`, y, out), [b, qh, qw, out])
}

export function hieraTensors(list: TensorList, c: HieraConfig): void {
  const { affine, conv, norm, embedding } = list.in('image')
  const d = c.hidden_size
  conv(`${BACKBONE}.patch_embed.projection`, d, 3, c.patch_kernel_size)
  embedding(`${BACKBONE}.pos_embed`, [1, d, ...c.window_positional_embedding_background_size])
  embedding(`${BACKBONE}.pos_embed_window`, [1, d, c.window_size_per_stage[0]!, c.window_size_per_stage[0]!])
  let n = 0
  c.blocks_per_stage.forEach((blocks, stage) => {
    for (let i = 0; i < blocks; i++, n++) {
      const name = `${BACKBONE}.blocks.${n}`
      const out = c.embed_dim_per_stage[stage]!
      const into = stage > 0 && i === 0 ? c.embed_dim_per_stage[stage - 1]! : out
      if (into !== out) affine(`${name}.proj`, out, into)
      norm(`${name}.layer_norm1`, into)
      affine(`${name}.attn.qkv`, 3 * out, into)
      affine(`${name}.attn.proj`, out, out)
      norm(`${name}.layer_norm2`, out)
      affine(`${name}.mlp.proj_in`, Math.trunc(out * c.mlp_ratio), out)
      affine(`${name}.mlp.proj_out`, out, Math.trunc(out * c.mlp_ratio))
    }
  })
}
