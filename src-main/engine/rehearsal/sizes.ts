/** Sizes of a model's files. */
import type { Model } from '../models/model.ts'

/** Elements and bytes of the tensors of an open model. */
export function fileSizes({ weights }: Model): { readonly parameters: number; readonly bytes: number } {
  let [parameters, bytes] = [0, 0]
  for (const name of weights.names()) {
    const { shape, length } = weights.info(name)
    parameters += shape.reduce((a, b) => a * b, 1)
    bytes += length
  }
  return { parameters, bytes }
}
