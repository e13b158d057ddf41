/** How deep in the image tower a tensor is used: for learning rates by layer, and for training the last blocks alone or first. */
import { Graph, type Shape, type Value } from '../graph/graph.ts'
import type { Model } from '../models/model.ts'
import { blockOf, roleOf } from '../models/modules.ts'
import { Params } from '../nn/params.ts'

/** Notes the tensors that a model asks for, in the order in which it does so first. */
class Asked extends Params {
  readonly names = new Set<string>()

  override get(name: string, shape: Shape): Value {
    this.names.add(name)
    return super.get(name, shape)
  }
}

export interface Depths {
  /** The Transformer blocks of the tower. */
  readonly blocks: number
  /**
   * The layer of each of its tensors as in BEiT (microsoft/unilm beit/optim_factory.py): 0 what comes before the first block, then
   * the blocks, and `blocks` + 1 what follows the last one. What stands between two blocks belongs to the one before it.
   */
  readonly layers: ReadonlyMap<string, number>
}

export function depthsOf({ image, tensors, weights }: Model): Depths {
  const p = new Asked(new Graph(), weights, () => true)
  image.embed(p, p.graph.input('pixels', 'float32', [1, 3, image.size, image.size]))
  const names = [...p.names]
  const queries = names.filter((name) => roleOf(name.replace(/\.weight$/, '')) === 'q')
  const named = [...new Set(queries.flatMap((name) => blockOf(name) ?? []))]
  const blocks = named.filter((block) => !named.some((inner) => inner.startsWith(`${block}.`))) // not the stages of GroupViT
  const layers = new Map<string, number>()
  let begun = 0
  for (const name of names) {
    const own = blocks.findLastIndex((block) => name.startsWith(`${block}.`)) + 1
    begun = Math.max(begun, own)
    if (tensors.isOf(name, 'image')) layers.set(name, own || (begun === blocks.length ? begun + 1 : begun))
  }
  return { blocks: blocks.length, layers }
}

/** The tensor's learning rate relative to the head's: `decay` to the power of the layers above it (BEiT, Bao et al. 2022, appendix). */
export const rateAt = ({ blocks, layers }: Depths, decay: number, name: string): number =>
  decay ** (blocks + 1 - (layers.get(name) ?? blocks + 1))

/**
 * Gradual unfreezing (Howard & Ruder 2018, "Universal language model fine-tuning", §3.3): how many others are unfrozen before the
 * tensor: none before the head, 1 before the last block and what follows it, and one more for each block below.
 */
export const turnOf = ({ blocks, layers }: Depths, name: string): number => {
  const layer = layers.get(name)
  return layer === undefined ? 0 : 1 + blocks - Math.min(layer, blocks)
}
