import type { Value } from '../graph/graph.ts'
import { convolution } from '../nn/conv.ts'
import type { Params } from '../nn/params.ts'
import { add, expand, reshape } from '../ops/index.ts'
import type { PyramidConfig } from './sam2-config.ts'
import type { TensorList } from './tensors.ts'

/*
 * The feature pyramid of SAM 2 (Lin et al. 2017, "Feature pyramid networks for object detection"; Ravi et al. 2024, §C): each
 * stage of the image encoder is brought to the same width, and some of them are added to the next coarser one, doubled.
 */

const NECK = 'vision_encoder.neck'

/** Stages [B, C, h, w], each half the size of the one before it → the maps of the finest of them, [B, width, h, w]. */
export function pyramid(p: Params, c: PyramidConfig, stages: readonly Value[]): Value[] {
  const maps: Value[] = []
  for (let i = stages.length - 1; i >= 0; i--) {
    const level = stages.length - 1 - i
    const kernel = [c.fpn_kernel_size, c.fpn_kernel_size]
    const lateral = convolution(p, `${NECK}.convs.${level}`, stages[i]!, c.fpn_hidden_size, { kernel, padding: c.fpn_padding })
    const above = maps[0]
    maps.unshift(above && c.fpn_top_down_levels.includes(i) ? add(lateral, doubled(above)) : lateral)
  }
  return maps.slice(0, c.num_feature_levels)
}

/** Each element twice along both sides: the nearest of what is half the size. */
function doubled(x: Value): Value {
  const [b, d, h, w] = x.shape as [number, number, number, number]
  return reshape(expand(reshape(x, [b, d, h, 1, w, 1]), [b, d, h, 2, w, 2]), [b, d, 2 * h, 2 * w])
}

export function pyramidTensors(list: TensorList, c: PyramidConfig): void {
  const { conv } = list.in('image')
  c.backbone_channel_list.forEach((into, i) => conv(`${NECK}.convs.${i}`, c.fpn_hidden_size, into, c.fpn_kernel_size))
}
