/** What recipes for regions train of a model: some of its tensors, and on demand low-rank matrices beside its image tower. */
import type { Graph } from '../graph/graph.ts'
import type { Model } from '../models/model.ts'
import type { TensorSpec } from '../models/tensors.ts'
import type { Params } from '../nn/params.ts'
import { newLowRank } from './low-rank.ts'
import { overlay } from './overlay.ts'
import { merged, trainedTensors } from './reparametrise.ts'
import { AdaptedParams, NO_ADAPTER } from './tuning-step.ts'

export interface TrainedPart {
  /** The weights for a graph, of which those that are trained are inputs. */
  params(graph: Graph): Params
  initial(name: string): Float32Array
  /** The model's tensors after training, low-rank matrices merged into them. @param found the trained tensors */
  finished(found: ReadonlyMap<string, Float32Array>): Map<string, Float32Array>
}

/** @param rank of the matrices (α = rank); none without it */
export function trainedPart(
  model: Model,
  trains: (spec: TensorSpec, name: string) => boolean,
  { rank, seed }: { readonly rank?: number; readonly seed: number },
): TrainedPart {
  const form = { alpha: rank ?? 0, rslora: false, targets: 'all-linear', place: 'all', towers: 'image' } as const
  const lora = rank === undefined ? undefined : newLowRank(model, { ...form, r: rank }, { seed, recipe: 'lora' })
  const own = lora?.tensors ?? new Map()
  const source = overlay(model.weights, own)
  const isTrained = (name: string) => own.has(name) || (model.tensors.has(name) && trains(model.tensors.get(name)!, name))
  return {
    params: (graph) => new AdaptedParams(graph, source, isTrained, { decays: model.tensors.decays, frozen: 'stored' }, lora ?? NO_ADAPTER),
    initial: (name) => source.float32(name),
    finished(found) {
      const weights = new Map([...found].filter(([name]) => !own.has(name)))
      if (!lora) return weights
      return new Map([...weights, ...merged(model, lora, trainedTensors(lora.tensors, found))])
    },
  }
}

/** The number of trained values. */
export const parametersIn = (found: ReadonlyMap<string, Float32Array>): number =>
  [...found.values()].reduce((n, { length }) => n + length, 0)
