import type { Value } from '../graph/graph.ts'
import { activations } from '../nn/activations.ts'
import { convolution } from '../nn/conv.ts'
import type { Params } from '../nn/params.ts'
import { layerNorm, linear } from '../nn/transformer.ts'
import {
  add,
  concat,
  gather,
  linear as affine,
  matmul,
  mul,
  pad,
  patchEmbed,
  reshape,
  slice,
  softmax,
  swapLast,
  transpose,
} from '../ops/index.ts'
import type { SamConfig } from './sam-config.ts'
import type { TensorList } from './tensors.ts'

/*
 * SAM's image encoder (Kirillov et al. 2023, "Segment anything", §A; Li et al. 2022, "Exploring plain vision transformer
 * backbones"): a ViT without a class token, most layers of which attend within windows, with relative positions that are
 * decomposed into rows and columns. Tensors are [B, height, width, channels], as in transformers.
 */

type Vision = SamConfig['vision_config']
const NAME = 'vision_encoder'
/** Fixed in transformers, whatever layer_norm_eps says. */
const NECK_EPS = 1e-6
/** Heads are computed together while their attention has at most so many elements. */
const TOGETHER = 2 ** 24

/** pixels [B, 3, size, size] → [B, output_channels, g, g]. */
export function samEmbedding(p: Params, c: Vision, pixels: Value): Value {
  const { hidden_size: d, patch_size: size, grid: g, output_channels: out } = c
  const projection = `${NAME}.patch_embed.projection`
  const patches = patchEmbed(pixels, p.get(`${projection}.weight`, [d, 3, size, size]), p.get(`${projection}.bias`, [d]))
  let x = reshape(patches, [pixels.shape[0]!, g, g, d])
  if (c.use_abs_pos) x = add(x, p.get(`${NAME}.pos_embed`, [1, g, g, d]))
  for (let i = 0; i < c.num_hidden_layers; i++) x = layer(p, `${NAME}.layers.${i}`, x, c, windowOf(c, i))
  const neck = `${NAME}.neck`
  const flat = affine(x, reshape(p.get(`${neck}.conv1.weight`, [out, d, 1, 1]), [out, d]))
  const near = toFirst(layerNorm(p, `${neck}.layer_norm1`, flat, NECK_EPS))
  const y = convolution(p, `${neck}.conv2`, near, out, { kernel: [3, 3], padding: 1, bias: false })
  return channelNorm(p, `${neck}.layer_norm2`, y, NECK_EPS)
}

/** The side of layer i's windows; 0 if it attends to the whole image. */
const windowOf = (c: Vision, i: number) => (c.global_attn_indexes.includes(i) ? 0 : c.window_size)

/** [B, H, W, C] → [B, C, H, W]. */
const toFirst = (x: Value): Value => transpose(x, [0, 3, 1, 2])

/** Layer normalisation over the channels of x [B, C, H, W]. */
export const channelNorm = (p: Params, name: string, x: Value, eps: number): Value =>
  toFirst(layerNorm(p, name, transpose(x, [0, 2, 3, 1]), eps))

function layer(p: Params, name: string, x: Value, c: Vision, window: number): Value {
  return p.scoped(name, () => {
    const y = layerNorm(p, `${name}.layer_norm1`, x, c.layer_norm_eps)
    const attended = window ? inWindows(y, window, (w) => attention(p, `${name}.attn`, w, c)) : attention(p, `${name}.attn`, y, c)
    const z = add(x, attended)
    const hidden = linear(p, `${name}.mlp.lin1`, layerNorm(p, `${name}.layer_norm2`, z, c.layer_norm_eps), c.mlp_dim)
    return add(z, linear(p, `${name}.mlp.lin2`, activations[c.hidden_act](hidden), c.hidden_size))
  })
}

/**
 * Applies f to windows of `side` tokens, [B·windows, side, side, D]. A grid that they don't divide is padded with zeros.
 * @param stride by which f makes a window smaller
 */
export function inWindows(x: Value, side: number, f: (windows: Value) => Value, stride = 1): Value {
  const [b, h, w, d] = x.shape as [number, number, number, number]
  const [rows, columns] = [Math.ceil(h / side), Math.ceil(w / side)]
  const [down, right] = [rows * side - h, columns * side - w]
  const padded = down || right ? pad(x, { pads: [0, 0, 0, 0, 0, down, right, 0] }) : x
  const cut = transpose(reshape(padded, [b, rows, side, columns, side, d]), [0, 1, 3, 2, 4, 5])
  const y = f(reshape(cut, [b * rows * columns, side, side, d]))
  const [small, out] = [side / stride, y.shape[3]!]
  const joined = transpose(reshape(y, [b, rows, columns, small, small, out]), [0, 1, 3, 2, 4, 5])
  const whole = reshape(joined, [b, rows * small, columns * small, out])
  return slice(slice(whole, { axis: 1, start: 0, end: Math.floor(h / stride) }), { axis: 2, start: 0, end: Math.floor(w / stride) })
}

/** Multi-head self-attention over a square grid [B, s, s, D]. */
function attention(p: Params, name: string, x: Value, c: Vision): Value {
  const [b, s, , d] = x.shape as [number, number, number, number]
  const heads = c.num_attention_heads
  const [t, width] = [s * s, d / heads]
  const qkv = transpose(reshape(linear(p, `${name}.qkv`, x, 3 * d, { bias: c.qkv_bias }), [b, t, 3, heads, width]), [2, 0, 3, 1, 4])
  const near = c.use_rel_pos ? (['h', 'w'] as const).map((axis) => offsets(p, `${name}.rel_pos_${axis}`, s, width)) : undefined
  const most = Math.max(1, Math.floor(TOGETHER / (b * t * t)))
  const parts: Value[] = []
  for (let from = 0; from < heads; from += most) {
    const n = Math.min(most, heads - from)
    const own = slice(qkv, { axis: 2, start: from, end: from + n })
    const part = (i: number) => reshape(slice(own, { axis: 0, start: i, end: i + 1 }), [b, n, t, width])
    const q = part(0)
    let logits = matmul(mul(q, width ** -0.5), swapLast(part(1))) // [B, n, T, T]
    if (near) logits = withPositions(logits, q, near[0]!, near[1]!, s)
    parts.push(matmul(softmax(logits), part(2)))
  }
  const y = transpose(concat(parts, { axis: 1 }), [0, 2, 1, 3])
  return linear(p, `${name}.proj`, reshape(y, [b, s, s, d]), d)
}

/** The learned vector of each offset between two positions of an axis, [s, s, width]; table [2s − 1, width]. */
function offsets(p: Params, name: string, s: number, width: number): Value {
  const at = Int32Array.from({ length: s * s }, (_, i) => Math.floor(i / s) - (i % s) + s - 1)
  return gather(p.get(name, [2 * s - 1, width]), p.graph.constant(at, 'int32', [s, s]))
}

/**
 * Logits [B, n, s·s, s·s] plus q·r for the offsets of rows and for those of columns (Li et al. 2022, MViTv2, eq. 3); added
 * one after the other, in place. Queries [B, n, s·s, d].
 */
function withPositions(logits: Value, q: Value, rows: Value, columns: Value, s: number): Value {
  const [b, n, t, d] = q.shape as [number, number, number, number]
  const grid = reshape(q, [b, n, s, s, d])
  const down = matmul(grid, swapLast(rows)) // [B, n, row, column, key's row]
  const right = transpose(matmul(transpose(grid, [0, 1, 3, 2, 4]), swapLast(columns)), [0, 1, 3, 2, 4])
  const wide = add(reshape(logits, [b, n, t, s, s]), reshape(down, [b, n, t, s, 1]))
  return reshape(add(wide, reshape(right, [b, n, t, 1, s])), [b, n, t, t])
}

export function encoderTensors(list: TensorList, c: Vision): void {
  const { weight, bias, affine: map, norm, embedding } = list.in('image')
  const { hidden_size: d, patch_size: size, grid: g, output_channels: out } = c
  weight(`${NAME}.patch_embed.projection.weight`, [d, 3, size, size])
  bias(`${NAME}.patch_embed.projection.bias`, [d])
  if (c.use_abs_pos) embedding(`${NAME}.pos_embed`, [1, g, g, d])
  for (let i = 0; i < c.num_hidden_layers; i++) {
    const at = `${NAME}.layers.${i}`
    const table = [2 * (windowOf(c, i) || g) - 1, d / c.num_attention_heads]
    for (const axis of c.use_rel_pos ? ['h', 'w'] : []) embedding(`${at}.attn.rel_pos_${axis}`, table)
    map(`${at}.attn.qkv`, 3 * d, d, { biased: c.qkv_bias })
    map(`${at}.attn.proj`, d, d)
    map(`${at}.mlp.lin1`, c.mlp_dim, d)
    map(`${at}.mlp.lin2`, d, c.mlp_dim)
    norm(`${at}.layer_norm1`, d)
    norm(`${at}.layer_norm2`, d)
  }
  weight(`${NAME}.neck.conv1.weight`, [out, d, 1, 1])
  weight(`${NAME}.neck.conv2.weight`, [out, out, 3, 3])
  norm(`${NAME}.neck.layer_norm1`, out)
  norm(`${NAME}.neck.layer_norm2`, out)
}
