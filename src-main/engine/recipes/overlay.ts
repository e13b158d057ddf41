import type { Model } from '../models/model.ts'
import type { WeightSource } from '../nn/params.ts'
import type { Weights } from '../weights/source.ts'

export interface OwnTensor {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** A model's weights plus `own` tensors, which take precedence over those of the same name. */
export const overlay = (weights: WeightSource, own: ReadonlyMap<string, OwnTensor>): WeightSource => ({
  source: weights.source,
  has: (name) => own.has(name) || weights.has(name),
  info: (name) => (own.has(name) ? { dtype: 'F32', shape: own.get(name)!.shape } : weights.info(name)),
  float32: (name) => own.get(name)?.data ?? weights.float32(name),
})

/** The model with some tensors replaced. Folder, tokenizer and preprocessing stay the same. */
export function withWeights(model: Model, values: ReadonlyMap<string, Float32Array>): Model {
  const { weights } = model
  const changed: Pick<Weights, 'info' | 'float32'> = {
    // Without a file, the tensor is read from memory.
    info: (name) => (values.has(name) ? ({ ...weights.info(name), dtype: 'F32', file: undefined } as never) : weights.info(name)),
    float32: (name) => values.get(name) ?? weights.float32(name),
  }
  return Object.create(model, { weights: { value: Object.assign(Object.create(weights) as Weights, changed) } }) as Model
}

/** The model with some of its parts replaced. */
export const withParts = (model: Model, parts: Partial<Model>): Model =>
  Object.create(model, Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, { value, enumerable: true }]))) as Model
