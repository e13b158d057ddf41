import { dataError } from '#shared/errors.ts'
import { type Sentence, sentence } from '#shared/sentences/table.ts'
import type { Value } from '../graph/graph.ts'
import type { Params } from '../nn/params.ts'
import { reduceMean } from '../ops/index.ts'
import type { Weights } from '../weights/source.ts'
import type { Architecture, ImageTower } from './model.ts'
import type { PromptedSegmenter } from './segmenter.ts'

/** Why an image tower of one size cannot read another. */
export const oneSize =
  (size: number) =>
  (height: number, width: number): Sentence | undefined =>
    height === size && width === size ? undefined : sentence('model.one-size', { size, height, width })

interface Encoder {
  readonly image_size: number
  readonly output_channels: number
  /** Side of the embedding. */
  readonly grid: number
}

/** What SAM and its relatives with one map of the image are made of, besides their tensors. */
export function promptedBy(
  encoder: Encoder,
  own: Pick<ImageTower, 'patch' | 'activations'> & {
    /** Masks at once for a prompt that leaves open what is meant. */
    readonly choices: number
    embed(p: Params, pixels: Value): Value
    readonly masks: PromptedSegmenter['masks']
  },
): Pick<Architecture, 'dim' | 'image' | 'prompted'> {
  const { image_size: size, output_channels, grid } = encoder
  const { patch, activations, choices, embed, masks } = own
  return {
    dim: output_channels,
    image: {
      size,
      patch,
      anySize: false,
      unit: false,
      config: encoder,
      // It was never trained to describe an image by one vector, so it doesn't claim to: this is only a summary.
      embed: (p, pixels) => reduceMean(embed(p, pixels), { axes: [2, 3] }),
      activations,
      tooMany: oneSize(size),
    },
    prompted: { size, side: 4 * grid, choices, embedding: [1, output_channels, grid, grid], embed, masks },
  }
}

/** A variance below zero, which no training gives, would make every output NaN. */
export function checkVariances(weights: Weights): void {
  for (const tensor of weights.names().filter((name) => name.endsWith('.running_var')))
    if (weights.float32(tensor).some((x) => x < 0))
      throw dataError(weights.fileOf(tensor), sentence('tensor.negative-variance', { tensor }))
}
