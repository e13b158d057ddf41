import type { Value } from '../graph/graph.ts'
import { convolution } from '../nn/conv.ts'
import type { Params } from '../nn/params.ts'
import {
  add,
  argmax,
  cast,
  concat,
  convTranspose,
  div,
  equal,
  expand,
  gather,
  gelu,
  greater,
  matmul,
  mul,
  reduceSum,
  reshape,
  sigmoid,
  slice,
  swapLast,
  unsqueeze,
  where,
} from '../ops/index.ts'
import { pyramid, pyramidTensors } from './pyramid.ts'
import { decoderParts, feedForward, gridPositions, maskEmbedding, maskTokens, positions, twoWay } from './sam-decoder.ts'
import type { MaskConfig } from './sam-config.ts'
import { channelNorm } from './sam-encoder.ts'
import type { Sam2MaskConfig } from './sam2-config.ts'
import { PointKind, type Prompts } from './segmenter.ts'
import type { TensorList } from './tensors.ts'

/*
 * SAM 2's prompt encoder and mask decoder for images (Ravi et al. 2024, §C): SAM's, with a token that says whether there is
 * an object, and with the pyramid's two finer maps added where the embedding is upscaled.
 */

const [PROMPT, DECODER] = ['prompt_encoder', 'mask_decoder']
const POSITIONS = 'shared_image_embedding.positional_embedding'
/** transformers gives these layers PyTorch's default, whatever the configuration says, and the last one SAM's. */
const [EPS, UPSCALE_EPS] = [1e-5, 1e-6]

/** What SAM's parts read of the configuration. */
export const asSam = (c: Sam2MaskConfig): MaskConfig => ({
  vision_config: { grid: c.grid, num_pos_feats: c.vision_config.fpn_hidden_size / 2 },
  prompt_encoder_config: c.prompt_encoder_config,
  mask_decoder_config: { ...c.mask_decoder_config, layer_norm_eps: EPS, hidden_act: 'relu' },
})

/** Names of SAM's layers here. */
const named = (name: string) =>
  name.replace('.out_proj.', '.o_proj.').replace('.mlp.lin1.', '.mlp.proj_in.').replace('.mlp.lin2.', '.mlp.proj_out.')

/** Numbers of channels and cells of the three maps of an image: finest, finer, and the embedding. */
export function mapsOf({ vision_config, grid: g }: Sam2MaskConfig): readonly (readonly [channels: number, side: number])[] {
  const width = vision_config.fpn_hidden_size
  return [
    [width / 8, 4 * g],
    [width / 4, 2 * g],
    [width, g],
  ]
}

/** The image encoder's stages, each half the size of the one before it → the three maps, one after the other, [1, n, 1, 1]. */
export function sam2Embedding(p: Params, c: Sam2MaskConfig, stages: readonly Value[]): Value {
  const [finest, finer, coarse] = pyramid(p, c.vision_config, stages) as [Value, Value, Value]
  const width = c.vision_config.fpn_hidden_size
  const maps = [
    convolution(p, `${DECODER}.conv_s0`, finest, width / 8, { kernel: [1, 1] }),
    convolution(p, `${DECODER}.conv_s1`, finer, width / 4, { kernel: [1, 1] }),
    add(coarse, reshape(p.get('no_memory_embedding', [1, 1, width]), [1, width, 1, 1])),
  ]
  return concat(
    maps.map((map) => reshape(map, [1, map.shape.slice(1).reduce((a, b) => a * b), 1, 1])),
    { axis: 1 },
  )
}

/** Logits [P, 1 + choices, 4g, 4g] and IoU [P, 1 + choices] for the maps of an image. */
export function sam2Masks(p: Params, c: Sam2MaskConfig, embedding: Value, prompts: Prompts): { logits: Value; iou: Value } {
  const sam = asSam(c)
  const d = sam.mask_decoder_config
  const [width, g] = [c.vision_config.fpn_hidden_size, c.grid]
  const n = prompts.points.shape[0]!
  let start = 0
  const [finest, finer, coarse] = mapsOf(c).map(([channels, side]) => {
    const own = slice(embedding, { axis: 1, start, end: (start += channels * side * side) })
    return reshape(own, [1, channels, side, side])
  }) as [Value, Value, Value]
  const row = (name: string) => p.get(`${DECODER}.${name}.weight`, [1, width])
  const learned = concat([row('obj_score_token'), row('iou_token'), maskTokens(p, d)], { axis: 0 })
  const own = learned.shape[0]!
  const tokens = concat([expand(unsqueeze(learned, [0]), [n, own, width]), pointTokens(p, sam, prompts)], { axis: 1 })
  const image = add(coarse, maskEmbedding(p, sam, prompts.mask))
  const keys = expand(swapLast(reshape(image, [image.shape[0]!, width, g * g])), [n, g * g, width])
  const [answers, seen] = twoWay(p.renamed(named), d, tokens, keys, gridPositions(p, sam), d.attention_downsample_rate)
  const token = (i: number) => slice(answers, { axis: 1, start: i, end: i + 1 })
  const classifiers = Array.from({ length: own - 2 }, (_, i) =>
    feedForward(p, `${DECODER}.output_hypernetworks_mlps.${i}`, token(i + 2), [width, width / 8], 3),
  )
  const up = (i: number, y: Value, out: number) => {
    const name = `${DECODER}.upscale_conv${i}`
    const weight = p.get(`${name}.weight`, [y.shape[1]!, out, 2, 2])
    return p.scoped(name, () => convTranspose(y, weight, p.get(`${name}.bias`, [out]), { stride: 2 }))
  }
  const half = add(up(1, reshape(swapLast(seen), [n, width, g, g]), width / 4), finer)
  const pixels = gelu(add(up(2, gelu(channelNorm(p, `${DECODER}.upscale_layer_norm`, half, UPSCALE_EPS)), width / 8), finest))
  const cells = 16 * g * g
  const logits = matmul(concat(classifiers, { axis: 1 }), reshape(pixels, [n, width / 8, cells])) // [P, 1 + choices, cells]
  const head = feedForward(p, `${DECODER}.iou_prediction_head`, token(1), [d.iou_head_hidden_dim, own - 2], d.iou_head_depth)
  const iou = reshape(sigmoid(head), [n, own - 2, 1])
  const steady = c.mask_decoder_config.dynamic_multimask_via_stability ? steadied(c, logits, iou) : { logits, iou }
  return { logits: reshape(steady.logits, [n, own - 2, 4 * g, 4 * g]), iou: reshape(steady.iou, [n, own - 2]) }
}

/** The mask for clear prompts, the first of [P, 1 + choices, N], gives way to the best of the others where it is not stable. */
function steadied({ mask_decoder_config: d }: Sam2MaskConfig, logits: Value, iou: Value): { logits: Value; iou: Value } {
  const { dynamic_multimask_stability_delta: delta, dynamic_multimask_stability_thresh: least } = d
  const [n, all] = iou.shape as [number, number]
  const first = (x: Value) => slice(x, { axis: 1, start: 0, end: 1 })
  const others = (x: Value) => slice(x, { axis: 1, start: 1 })
  const area = (above: number) => reduceSum(cast(greater(first(logits), above), 'float32'), { axes: [2], keepdims: true })
  const unsteady = greater(mul(area(-delta), least), area(delta)) // [P, 1, 1]
  const numbers = iou.graph.constant(
    Int32Array.from({ length: all - 1 }, (_, i) => i),
    'int32',
    [1, all - 1, 1],
  )
  const one = iou.graph.constant(Float32Array.of(1), 'float32', [1, 1, 1])
  const best = cast(reshape(argmax(reshape(others(iou), [n, all - 1]), { axis: 1 }), [n, 1, 1]), 'int32')
  const chosen = where(equal(numbers, best), one, 0) // [P, choices, 1]
  const instead = (x: Value) => reduceSum(mul(others(x), chosen), { axes: [1], keepdims: true })
  const merged = (x: Value) => concat([where(unsteady, instead(x), first(x)), others(x)], { axis: 1 })
  return { logits: merged(logits), iou: merged(iou) }
}

/** [P, N, C], as SAM's. */
function pointTokens(p: Params, c: MaskConfig, { points, kinds }: Prompts): Value {
  const width = c.prompt_encoder_config.hidden_size
  const table = concat([p.get(`${PROMPT}.point_embed.weight`, [4, width]), p.get(`${PROMPT}.not_a_point_embed.weight`, [1, width])], {
    axis: 0,
  })
  const own = p.renamed((name) => (name === POSITIONS ? `${PROMPT}.shared_embedding.positional_embedding` : name))
  const at = positions(own, c, div(add(points, 0.5), c.prompt_encoder_config.image_size))
  return add(where(unsqueeze(equal(kinds, PointKind.none), [2]), 0, at), gather(table, kinds))
}

export function sam2DecoderTensors(
  list: TensorList,
  { vision_config, prompt_encoder_config: e, mask_decoder_config: c }: Sam2MaskConfig,
): void {
  pyramidTensors(list, vision_config)
  const { embedding } = list.in('masks')
  const width = vision_config.fpn_hidden_size
  const parts = decoderParts(list, c, { width, out: 'o_proj', mlp: ['proj_in', 'proj_out'], rate: c.attention_downsample_rate })
  embedding('no_memory_embedding', [1, 1, width])
  for (const name of [POSITIONS, `${PROMPT}.shared_embedding.positional_embedding`]) embedding(name, [2, width / 2])
  for (const name of ['no_mask_embed', 'not_a_point_embed']) embedding(`${PROMPT}.${name}.weight`, [1, width])
  embedding(`${PROMPT}.point_embed.weight`, [4, width])
  parts.mask(e.mask_input_channels)
  for (const name of ['obj_score_token', 'iou_token']) embedding(`${DECODER}.${name}.weight`, [1, width])
  embedding(`${DECODER}.mask_tokens.weight`, [c.num_multimask_outputs + 1, width])
  parts.transformer()
  parts.upscaling()
  parts.conv(`${DECODER}.conv_s0`, [width / 8, width], 1)
  parts.conv(`${DECODER}.conv_s1`, [width / 4, width], 1)
  parts.heads()
  parts.mlp(`${DECODER}.pred_obj_score_head`, width, 1, 3)
}
