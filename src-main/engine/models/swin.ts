import { z } from 'zod'
import type { Value } from '../graph/graph.ts'
import { activations } from '../nn/activations.ts'
import { attend, relativeBias } from '../nn/attention.ts'
import { convolution } from '../nn/conv.ts'
import type { Params } from '../nn/params.ts'
import { layerNorm, linear } from '../nn/transformer.ts'
import { add, concat, equal, expand, pad, reshape, slice, transpose, where } from '../ops/index.ts'
import { activation, channels, epsilon, layers, upTo, width } from './bounds.ts'
import type { TensorList } from './tensors.ts'

/*
 * Swin (Liu et al. 2021, "Swin transformer: hierarchical vision transformer using shifted windows") as a backbone, with the
 * structure and tensor names of transformers' SwinBackbone. Tensors are [B, height, width, channels].
 */

/** The sizes of transformers' SwinConfig. */
export const swinShape = {
  patch_size: upTo(256).default(4),
  num_channels: channels,
  embed_dim: upTo(4096).default(96),
  depths: z.array(layers).min(1).max(8).default([2, 2, 6, 2]),
  num_heads: z.array(width).default([3, 6, 12, 24]),
  window_size: upTo(64).default(7),
  mlp_ratio: z.number().positive().max(64).default(4),
  qkv_bias: z.boolean().default(true),
  hidden_act: activation.default('gelu'),
  layer_norm_eps: epsilon.default(1e-5),
  use_absolute_embeddings: z.literal(false, { error: 'expected false: learned positions fit images of one size only' }).default(false),
}
export const fitsHeads = (c: { readonly num_heads: readonly number[]; readonly depths: readonly number[]; readonly embed_dim: number }) =>
  c.num_heads.length === c.depths.length && c.num_heads.every((heads, i) => (c.embed_dim * 2 ** i) % heads === 0)
export const unfitHeads = { path: ['num_heads'], message: 'expected one number for each depth, which divides the width of that stage' }

/** A backbone's configuration. Stage 0 is the embedding; one that names no stages gives the last one. */
export const swinConfig = z
  .object({
    ...swinShape,
    out_indices: z.array(z.int()).nullish(),
    out_features: z.array(z.string()).nullish(),
  })
  .transform(({ out_indices, out_features, ...c }) => {
    const stages = c.depths.length
    const named = out_features?.map((name) => (name.startsWith('stage') ? Number(name.slice(5)) : NaN))
    const given = out_indices?.map((i) => (i < 0 ? i + stages + 1 : i)) ?? named ?? [stages]
    return { ...c, outputs: given }
  })
  .refine((c) => c.outputs.length > 0 && c.outputs.every((s, i) => s >= 1 && s <= c.depths.length && s > (c.outputs[i - 1] ?? 0)), {
    path: ['out_indices'],
    message: 'expected stages in ascending order, from 1 to the number of depths',
  })
  .refine(fitsHeads, unfitHeads)
export type SwinConfig = z.output<typeof swinConfig>

/** Fixed in transformers, whatever layer_norm_eps says. */
const EPS = 1e-5
/** Added to the logits of tokens that are neighbours only because the image was rolled. */
const APART = -100

export const stageWidth = (c: SwinConfig, stage: number): number => c.embed_dim * 2 ** (stage - 1)

/** The grid of each stage for an image of this size, from the first. */
export function stageGrids(c: SwinConfig, height: number, w: number): (readonly [height: number, width: number])[] {
  const first = [Math.ceil(height / c.patch_size), Math.ceil(w / c.patch_size)] as const
  return c.depths.map((_, i) => [Math.ceil(first[0] / 2 ** i), Math.ceil(first[1] / 2 ** i)])
}

/** Elements of the largest activation for an image of this size. */
export function swinCost(c: SwinConfig, height: number, w: number): number {
  const area = c.window_size ** 2
  const most = stageGrids(c, height, w).map(([h, v], i) => {
    const tokens = Math.ceil(h / c.window_size) * Math.ceil(v / c.window_size) * area
    return tokens * Math.max(area * c.num_heads[i]!, Math.max(c.mlp_ratio, 4) * stageWidth(c, i + 1))
  })
  return Math.max(...most)
}

/** pixels [B, 3, H, W] → the features [B, h, w, C] of each stage of `outputs`. */
export const swinFeatures = (p: Params, c: SwinConfig, pixels: Value): Value[] =>
  swinStages(p, c, pixels, () => false).flatMap((x, i) =>
    c.outputs.includes(i + 1) ? layerNorm(p, `hidden_states_norms.stage${i + 1}`, x, EPS) : [],
  )

/**
 * pixels [B, 3, H, W] → what each stage ends with, [B, h, w, C].
 * @param whole whether windows of a grid are not shifted
 */
export function swinStages(p: Params, c: SwinConfig, pixels: Value, whole: (h: number, w: number) => boolean): Value[] {
  const [, , height, w] = pixels.shape as [number, number, number, number]
  const size = c.patch_size
  const projection = { kernel: [size, size], stride: size }
  const patches = convolution(p, 'embeddings.patch_embeddings.projection', padded(pixels, [size, size], 2), c.embed_dim, projection)
  let x = layerNorm(p, 'embeddings.norm', transpose(patches, [0, 2, 3, 1]), EPS)
  return stageGrids(c, height, w).map((grid, i) => {
    const stage = `encoder.layers.${i}`
    const shift = whole(...grid) ? 0 : Math.floor(c.window_size / 2)
    for (let k = 0; k < c.depths[i]!; k++) x = block(p, `${stage}.blocks.${k}`, x, c, c.num_heads[i]!, k % 2 ? shift : 0)
    const end = x
    if (i + 1 < c.depths.length) x = merged(p, `${stage}.downsample`, x)
    return end
  })
}

/** x with zeros at the bottom and right, so that its two sides, of which `axis` is the first, are multiples of `by`. */
function padded(x: Value, by: readonly [number, number], axis = 1): Value {
  const ends = x.shape.map((size, i) => (i === axis || i === axis + 1 ? (by[i - axis]! - (size % by[i - axis]!)) % by[i - axis]! : 0))
  return ends.some(Boolean) ? pad(x, { pads: [...x.shape.map(() => 0), ...ends] }) : x
}

/** x rolled up and left by `by` pixels, or back. */
function rolled(x: Value, by: number): Value {
  return [1, 2].reduce((y, axis) => {
    const size = y.shape[axis]!
    const at = ((by % size) + size) % size
    return at ? concat([slice(y, { axis, start: at }), slice(y, { axis, start: 0, end: at })], { axis }) : y
  }, x)
}

function block(p: Params, name: string, x: Value, c: SwinConfig, heads: number, shift: number): Value {
  const [, h, w, d] = x.shape as [number, number, number, number]
  return p.block(name, () => {
    const whole = padded(layerNorm(p, `${name}.layernorm_before`, x, c.layer_norm_eps), [c.window_size, c.window_size])
    const attended = rolled(windowed(p, `${name}.attention`, rolled(whole, shift), c, heads, shift), -shift)
    const y = add(x, p.branch(name, slice(slice(attended, { axis: 1, start: 0, end: h }), { axis: 2, start: 0, end: w })))
    const inner = layerNorm(p, `${name}.layernorm_after`, y, c.layer_norm_eps)
    const hidden = activations[c.hidden_act](linear(p, `${name}.intermediate.dense`, inner, Math.trunc(c.mlp_ratio * d)))
    return add(y, p.branch(name, linear(p, `${name}.output.dense`, hidden, d)))
  })
}

/** Attention within windows of x [B, h, w, C], which was rolled by `shift` pixels. */
function windowed(p: Params, name: string, x: Value, c: SwinConfig, heads: number, shift: number): Value {
  const [b, h, w, d] = x.shape as [number, number, number, number]
  const side = c.window_size
  const [rows, columns, area] = [h / side, w / side, side * side]
  const cut = transpose(reshape(x, [b, rows, side, columns, side, d]), [0, 1, 3, 2, 4, 5])
  const windows = reshape(cut, [b * rows * columns, area, d])
  const project = (part: string) => linear(p, `${name}.self.${part}`, windows, d, { bias: c.qkv_bias })
  const bias = relativeBias(p, `${name}.self.relative_position_bias_table`, [side, side], heads)
  const mask = shift ? apart(x, c, shift) : undefined
  const attended = p.scoped(name, () => attend(project('query'), project('key'), project('value'), { heads, bias, mask }))
  const y = linear(p, `${name}.output.dense`, attended, d)
  return reshape(transpose(reshape(y, [b, rows, columns, side, side, d]), [0, 1, 3, 2, 4, 5]), [b, h, w, d])
}

/** Which tokens of each window of a rolled image x were not neighbours before: [B·windows, 1, area, area]. */
function apart(x: Value, { window_size: side }: SwinConfig, shift: number): Value {
  const [b, h, w] = x.shape as [number, number, number, number]
  const part = (at: number, size: number) => Number(at >= size - side) + Number(at >= size - shift)
  const [rows, columns, area] = [h / side, w / side, side * side]
  const windows = rows * columns
  const parts = Float32Array.from({ length: windows * area }, (_, i) => {
    const [window, token] = [Math.floor(i / area), i % area]
    const y = Math.floor(window / columns) * side + Math.floor(token / side)
    const across = (window % columns) * side + (token % side)
    return 3 * part(y, h) + part(across, w)
  })
  const of = (shape: readonly number[]) => x.graph.constant(parts, 'float32', shape)
  const mask = where(equal(of([1, windows, 1, area, 1]), of([1, windows, 1, 1, area])), x.graph.scalar(0), APART)
  // Made for one image and repeated in the graph, which may be built for any number of them.
  return reshape(expand(mask, [b, windows, 1, area, area]), [b * windows, 1, area, area])
}

/** Each 2 × 2 pixels become one of twice the width. */
function merged(p: Params, name: string, x: Value): Value {
  const whole = padded(x, [2, 2])
  const d = x.shape[3]!
  const corner = (row: number, column: number) => slice(slice(whole, { axis: 1, start: row, step: 2 }), { axis: 2, start: column, step: 2 })
  const four = concat([corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)], { axis: 3 })
  return linear(p, `${name}.reduction`, layerNorm(p, `${name}.norm`, four, EPS), 2 * d, { bias: false })
}

export function swinTensors(list: TensorList, c: SwinConfig): void {
  const { weight, bias, affine, norm } = list.in('image')
  const projection = 'embeddings.patch_embeddings.projection'
  weight(`${projection}.weight`, [c.embed_dim, 3, c.patch_size, c.patch_size])
  bias(`${projection}.bias`, [c.embed_dim])
  norm('embeddings.norm', c.embed_dim)
  c.depths.forEach((depth, i) => {
    const d = stageWidth(c, i + 1)
    const inner = Math.trunc(c.mlp_ratio * d)
    for (let k = 0; k < depth; k++) {
      const name = `encoder.layers.${i}.blocks.${k}`
      for (const part of ['query', 'key', 'value']) affine(`${name}.attention.self.${part}`, d, d, { biased: c.qkv_bias })
      list.in('image').embedding(`${name}.attention.self.relative_position_bias_table`, [(2 * c.window_size - 1) ** 2, c.num_heads[i]!])
      affine(`${name}.attention.output.dense`, d, d)
      affine(`${name}.intermediate.dense`, inner, d)
      affine(`${name}.output.dense`, d, inner)
      for (const at of ['before', 'after']) norm(`${name}.layernorm_${at}`, d)
    }
    if (i + 1 < c.depths.length) {
      affine(`encoder.layers.${i}.downsample.reduction`, 2 * d, 4 * d, { biased: false })
      norm(`encoder.layers.${i}.downsample.norm`, 4 * d)
    }
  })
  for (const stage of c.outputs) norm(`hidden_states_norms.stage${stage}`, stageWidth(c, stage))
}
