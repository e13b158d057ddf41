import type { Value } from '../graph/graph.ts'
import { attend } from '../nn/attention.ts'
import { convolution, foldedConvolution } from '../nn/conv.ts'
import type { Params } from '../nn/params.ts'
import { layerNorm, linear } from '../nn/transformer.ts'
import { add, gather, gelu, reshape, slice, swapLast, transpose } from '../ops/index.ts'
import type { TinyVitConfig } from './mobile-sam-config.ts'
import { channelNorm, inWindows } from './sam-encoder.ts'
import type { TensorList } from './tensors.ts'

/*
 * TinyViT (Wu et al. 2022, "TinyViT: fast pretraining distillation for small vision transformers", §3.3) as MobileSAM
 * (Zhang et al. 2023, "Faster segment anything") uses it for SAM's image encoder: a stage of inverted bottlenecks, then
 * stages of attention within windows with a depthwise convolution between attention and MLP, and SAM's neck. Every
 * convolution is followed by batch normalisation. Tensors have the names of the published checkpoint.
 */

const NAME = 'image_encoder'
const [EPS, NECK_EPS] = [1e-5, 1e-6]

/** pixels [B, 3, size, size] → [B, output_channels, g, g]. */
export function tinyVitEmbedding(p: Params, c: TinyVitConfig, pixels: Value): Value {
  const [width] = c.embed_dims as [number]
  const stem = gelu(foldedConvolution(p, `${NAME}.patch_embed.seq.0`, pixels, width / 2, { kernel: 3, stride: 2 }))
  let x = foldedConvolution(p, `${NAME}.patch_embed.seq.2`, stem, width, { kernel: 3, stride: 2 })
  for (let stage = 0; stage < c.depths.length; stage++) {
    for (let i = 0; i < c.depths[stage]!; i++) {
      const name = `${NAME}.layers.${stage}.blocks.${i}`
      x = p.scoped(name, () => (stage === 0 ? bottleneck(p, name, x, c) : block(p, name, x, c, stage)))
    }
    if (stage < c.depths.length - 1) x = merge(p, `${NAME}.layers.${stage}.downsample`, x, c.embed_dims[stage + 1]!, c.strides[stage]!)
  }
  const out = c.output_channels
  const neck = `${NAME}.neck`
  const near = channelNorm(p, `${neck}.1`, convolution(p, `${neck}.0`, x, out, { kernel: [1, 1], bias: false }), NECK_EPS)
  return channelNorm(p, `${neck}.3`, convolution(p, `${neck}.2`, near, out, { kernel: [3, 3], padding: 1, bias: false }), NECK_EPS)
}

const hiddenOf = (c: TinyVitConfig) => Math.trunc(c.embed_dims[0]! * c.mbconv_expand_ratio)

/** An inverted bottleneck (Sandler et al. 2018, MobileNetV2), with GELU. */
function bottleneck(p: Params, name: string, x: Value, c: TinyVitConfig): Value {
  const hidden = hiddenOf(c)
  const wide = gelu(foldedConvolution(p, `${name}.conv1`, x, hidden, { kernel: 1 }))
  const near = gelu(foldedConvolution(p, `${name}.conv2`, wide, hidden, { kernel: 3, groups: hidden }))
  return gelu(add(foldedConvolution(p, `${name}.conv3`, near, x.shape[1]!, { kernel: 1 }), x))
}

/** To the next stage's width, at half the size with stride 2. */
function merge(p: Params, name: string, x: Value, out: number, stride: number): Value {
  const wide = gelu(foldedConvolution(p, `${name}.conv1`, x, out, { kernel: 1 }))
  const small = gelu(foldedConvolution(p, `${name}.conv2`, wide, out, { kernel: 3, stride, groups: out }))
  return foldedConvolution(p, `${name}.conv3`, small, out, { kernel: 1 })
}

/** Attention within windows, a depthwise convolution, and the MLP, on x [B, C, H, W]. */
function block(p: Params, name: string, x: Value, c: TinyVitConfig, stage: number): Value {
  const [b, d, h, w] = x.shape as [number, number, number, number]
  const side = c.window_sizes[stage]!
  const grid = transpose(x, [0, 2, 3, 1])
  const attended = add(
    grid,
    inWindows(grid, side, (windows) => attention(p, `${name}.attn`, windows, c.num_heads[stage]!)),
  )
  const near = foldedConvolution(p, `${name}.local_conv`, transpose(attended, [0, 3, 1, 2]), d, { kernel: c.local_conv_size, groups: d })
  const tokens = swapLast(reshape(near, [b, d, h * w]))
  const hidden = gelu(linear(p, `${name}.mlp.fc1`, layerNorm(p, `${name}.mlp.norm`, tokens, EPS), Math.trunc(d * c.mlp_ratio)))
  return reshape(swapLast(add(tokens, linear(p, `${name}.mlp.fc2`, hidden, d))), [b, d, h, w])
}

/** Attention over windows [B, s, s, D] whose logits have a learned bias for each head and distance in rows and columns. */
function attention(p: Params, name: string, windows: Value, heads: number): Value {
  const [b, s, , d] = windows.shape as [number, number, number, number]
  const t = s * s
  const x = layerNorm(p, `${name}.norm`, reshape(windows, [b, t, d]), EPS)
  // Of each head, its queries, keys and values stand together.
  const qkv = reshape(linear(p, `${name}.qkv`, x, 3 * d), [b, t, heads, 3 * (d / heads)])
  const part = (i: number) => {
    const own = slice(qkv, { axis: 3, start: i * (d / heads), end: (i + 1) * (d / heads) })
    return reshape(own, [b, t, d])
  }
  const apart = Int32Array.from({ length: t * t }, (_, i) => {
    const [from, to] = [Math.floor(i / t), i % t]
    return Math.abs(Math.floor(from / s) - Math.floor(to / s)) * s + Math.abs((from % s) - (to % s))
  })
  const bias = gather(p.get(`${name}.attention_biases`, [heads, t]), p.graph.constant(apart, 'int32', [t, t]), { axis: 1 })
  const y = p.scoped(name, () => attend(part(0), part(1), part(2), { heads, bias }))
  return reshape(linear(p, `${name}.proj`, y, d), [b, s, s, d])
}

export function tinyVitTensors(list: TensorList, c: TinyVitConfig): void {
  const { weight, affine, norm, normalised, embedding } = list.in('image')
  const [first] = c.embed_dims as [number]
  normalised(`${NAME}.patch_embed.seq.0`, first / 2, 3, 3)
  normalised(`${NAME}.patch_embed.seq.2`, first, first / 2, 3)
  c.embed_dims.forEach((d, stage) => {
    for (let i = 0; i < c.depths[stage]!; i++) {
      const name = `${NAME}.layers.${stage}.blocks.${i}`
      if (stage === 0) {
        const hidden = hiddenOf(c)
        normalised(`${name}.conv1`, hidden, d, 1)
        normalised(`${name}.conv2`, hidden, 1, 3)
        normalised(`${name}.conv3`, d, hidden, 1)
        continue
      }
      embedding(`${name}.attn.attention_biases`, [c.num_heads[stage]!, c.window_sizes[stage]! ** 2])
      norm(`${name}.attn.norm`, d)
      affine(`${name}.attn.qkv`, 3 * d, d)
      affine(`${name}.attn.proj`, d, d)
      normalised(`${name}.local_conv`, d, 1, c.local_conv_size)
      norm(`${name}.mlp.norm`, d)
      affine(`${name}.mlp.fc1`, Math.trunc(d * c.mlp_ratio), d)
      affine(`${name}.mlp.fc2`, d, Math.trunc(d * c.mlp_ratio))
    }
    const next = c.embed_dims[stage + 1]
    if (next === undefined) return
    const name = `${NAME}.layers.${stage}.downsample`
    normalised(`${name}.conv1`, next, d, 1)
    normalised(`${name}.conv2`, next, 1, 3)
    normalised(`${name}.conv3`, next, next, 1)
  })
  const out = c.output_channels
  weight(`${NAME}.neck.0.weight`, [out, c.embed_dims.at(-1)!, 1, 1])
  norm(`${NAME}.neck.1`, out)
  weight(`${NAME}.neck.2.weight`, [out, out, 3, 3])
  norm(`${NAME}.neck.3`, out)
}
