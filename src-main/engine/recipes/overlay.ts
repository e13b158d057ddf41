import type { TensorSource } from '../nn/params.ts'

export interface OwnTensor {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** A model's weights with more tensors among them; one of the same name stands for the model's. */
export const overlay = (weights: TensorSource, own: ReadonlyMap<string, OwnTensor>): TensorSource => ({
  source: weights.source,
  has: (name) => own.has(name) || weights.has(name),
  info: (name) => (own.has(name) ? { dtype: 'F32', shape: own.get(name)!.shape } : weights.info(name)),
  float32: (name) => own.get(name)?.data ?? weights.float32(name),
})
