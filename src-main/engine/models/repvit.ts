import type { Value } from '../graph/graph.ts'
import { convolution, folded, foldedConvolution } from '../nn/conv.ts'
import type { Params } from '../nn/params.ts'
import { add, conv, gelu, mul, reduceMean, relu, sigmoid } from '../ops/index.ts'
import type { RepVitConfig } from './edgetam-config.ts'
import type { TensorList } from './tensors.ts'

/*
 * RepViT (Wang et al. 2023, "RepViT: revisiting mobile CNN from ViT perspective", §3) as EdgeTAM's image encoder: a token mixer
 * and a channel mixer in each block, as a Transformer has them, both of convolutions. Every convolution is followed by batch
 * normalisation. Tensors [B, C, h, w] have the names of timm (models/repvit.py), whose model of features transformers wraps.
 */

const NAME = 'vision_encoder.backbone.timm_model'

/** pixels [B, 3, size, size] → what each stage ends with; the first is at a quarter of the size. */
export function repVitStages(p: Params, c: RepVitConfig, pixels: Value): Value[] {
  const [first] = c.embed_dim as [number]
  const stem = gelu(foldedConvolution(p, `${NAME}.stem.conv1`, pixels, first / 2, { kernel: 3, stride: 2 }))
  let x = foldedConvolution(p, `${NAME}.stem.conv2`, stem, first, { kernel: 3, stride: 2 })
  return c.embed_dim.map((width, stage) => {
    const at = `${NAME}.stages_${stage}`
    const shape = { ratio: c.mlp_ratio[stage]!, kernel: c.kernel_size }
    if (stage > 0) x = p.scoped(at, () => downsampled(p, `${at}.downsample`, x, width, shape))
    for (let i = 0; i < c.depth[stage]!; i++) {
      const name = `${at}.blocks.${i}`
      x = p.scoped(name, () => block(p, name, x, shape, excites(i)))
    }
    return x
  })
}

/** Every other block has squeeze-and-excitation. */
const excites = (i: number) => i % 2 === 0

interface Shape {
  readonly ratio: number
  readonly kernel: number
}

function block(p: Params, name: string, x: Value, { ratio, kernel }: Shape, excited: boolean): Value {
  const mixed = tokenMixer(p, `${name}.token_mixer`, x, kernel)
  return channelMixer(p, `${name}.channel_mixer`, excited ? excitation(p, `${name}.se`, mixed) : mixed, ratio)
}

/** To the next stage's width at half the size (fig. 5 d). */
function downsampled(p: Params, name: string, x: Value, width: number, shape: Shape): Value {
  const before = block(p, `${name}.pre_block`, x, shape, false)
  const own = { kernel: shape.kernel, stride: 2, groups: x.shape[1]! }
  const half = foldedConvolution(p, `${name}.spatial_downsample`, before, x.shape[1]!, own)
  const wide = foldedConvolution(p, `${name}.channel_downsample`, half, width, { kernel: 1 })
  return channelMixer(p, `${name}.ffn`, wide, shape.ratio)
}

/**
 * Depthwise: a k × k convolution, one of 1 × 1, and the identity, added up. The three are one convolution here (structural
 * re-parameterisation, Ding et al. 2021, "RepVGG", §3.3).
 */
function tokenMixer(p: Params, name: string, x: Value, kernel: number): Value {
  const c = x.shape[1]!
  const [near, here] = [folded(p, `${name}.conv`), folded(p, `${name}.conv1`)]
  const weight = Float32Array.from(near.weight)
  const cells = kernel * kernel
  here.weight.forEach((w, i) => (weight[i * cells + (cells - 1) / 2]! += w + 1))
  const constants = [
    p.graph.constant(weight, 'float32', [c, 1, kernel, kernel]),
    p.graph.constant(
      near.bias.map((b, i) => b + here.bias[i]!),
      'float32',
      [c],
    ),
  ] as const
  return p.scoped(name, () => conv(x, ...constants, { groups: c, padding: (kernel - 1) / 2 }))
}

/** x plus an inverted bottleneck of it. */
function channelMixer(p: Params, name: string, x: Value, ratio: number): Value {
  const c = x.shape[1]!
  const wide = gelu(foldedConvolution(p, `${name}.conv1`, x, c * ratio, { kernel: 1 }))
  return add(x, foldedConvolution(p, `${name}.conv2`, wide, c, { kernel: 1 }))
}

/** Squeeze-and-excitation (Hu et al. 2018, eqs. 2–4): each channel is weighted by what the means of all say. */
function excitation(p: Params, name: string, x: Value): Value {
  const c = x.shape[1]!
  const means = reduceMean(x, { axes: [2, 3], keepdims: true })
  const few = relu(convolution(p, `${name}.fc1`, means, squeezed(c), { kernel: [1, 1] }))
  return mul(x, sigmoid(convolution(p, `${name}.fc2`, few, c, { kernel: [1, 1] })))
}

/** A quarter of the channels, to the nearest multiple of 8 (timm.layers.make_divisible). */
const squeezed = (channels: number) => Math.max(8, 8 * Math.floor((channels / 4 + 4) / 8))

export function repVitTensors(list: TensorList, c: RepVitConfig): void {
  const { conv: biased, normalised } = list.in('image')
  const mlp = (name: string, width: number, ratio: number) => {
    normalised(`${name}.conv1`, width * ratio, width, 1)
    normalised(`${name}.conv2`, width, width * ratio, 1)
  }
  const blockOf = (name: string, width: number, ratio: number, excited: boolean) => {
    normalised(`${name}.token_mixer.conv`, width, 1, c.kernel_size)
    normalised(`${name}.token_mixer.conv1`, width, 1, 1)
    if (excited) {
      biased(`${name}.se.fc1`, squeezed(width), width, 1)
      biased(`${name}.se.fc2`, width, squeezed(width), 1)
    }
    mlp(`${name}.channel_mixer`, width, ratio)
  }
  const [first] = c.embed_dim as [number]
  normalised(`${NAME}.stem.conv1`, first / 2, 3, 3)
  normalised(`${NAME}.stem.conv2`, first, first / 2, 3)
  c.embed_dim.forEach((width, stage) => {
    const [at, ratio, before] = [`${NAME}.stages_${stage}`, c.mlp_ratio[stage]!, c.embed_dim[stage - 1]]
    if (before !== undefined) {
      blockOf(`${at}.downsample.pre_block`, before, ratio, false)
      normalised(`${at}.downsample.spatial_downsample`, before, 1, c.kernel_size)
      normalised(`${at}.downsample.channel_downsample`, width, before, 1)
      mlp(`${at}.downsample.ffn`, width, ratio)
    }
    for (let i = 0; i < c.depth[stage]!; i++) blockOf(`${at}.blocks.${i}`, width, ratio, excites(i))
  })
}
