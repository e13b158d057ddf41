import type { ExampleCache, Head } from '../weights/head.ts'

/** features [n, D] → logits [n, C] of a classifier. */
export function headLogits(features: Float32Array, { dim, weight, bias, cache }: Head): Float32Array {
  const n = features.length / dim
  const c = bias.length
  const logits = new Float32Array(n * c)
  for (let i = 0; i < n; i++)
    for (let k = 0; k < c; k++) {
      let sum = bias[k]!
      for (let j = 0; j < dim; j++) sum += features[i * dim + j]! * weight[k * dim + j]!
      logits[i * c + k] = sum
    }
  if (cache) {
    const affine = affinities(cache.keys, dim)
    const labels = labelsOf(cache.values, c)
    for (let i = 0; i < n; i++)
      affine(features.subarray(i * dim, (i + 1) * dim)).forEach((affinity, key) => {
        const e = cache.alpha * Math.exp(-cache.beta * (1 - affinity))
        for (const [k, value] of labels[key]!) logits[i * c + k]! += e * value
      })
  }
  return logits
}

/** The inner products of a feature with each key [n, dim]. The result is valid until the next call. */
export function affinities(keys: Float32Array, dim: number): (feature: Float32Array) => Float64Array {
  const out = new Float64Array(keys.length / dim)
  return (feature) => {
    for (let key = 0; key < out.length; key++) {
      let sum = 0
      for (let j = 0, at = key * dim; j < dim; j++) sum += feature[j]! * keys[at + j]!
      out[key] = sum
    }
    return out
  }
}

/** The classes of each key with their values, without the zeros. */
export function labelsOf(values: ExampleCache['values'], classes: number): (readonly (readonly [number, number])[])[] {
  return Array.from({ length: values.length / classes }, (_, key) =>
    Array.from(values.subarray(key * classes, (key + 1) * classes), (value, k) => [k, value] as const).filter(([, value]) => value !== 0),
  )
}
