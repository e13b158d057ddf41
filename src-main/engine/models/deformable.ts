import type { Value } from '../graph/graph.ts'
import type { Params } from '../nn/params.ts'
import { linear } from '../nn/transformer.ts'
import { add, gridSampleFused, mul, reduceSum, reshape, slice, softmax, split, sub, transpose } from '../ops/index.ts'
import type { TensorList } from './tensors.ts'

/*
 * Multi-scale deformable attention (Zhu et al. 2021, "Deformable DETR", §4.1): instead of attending to all places of all
 * levels, a query reads a few points of each, at offsets that it chooses from where it looks.
 */

/** Height and width of each level's grid. */
export type Grids = readonly (readonly [height: number, width: number])[]

export interface Deformable {
  readonly heads: number
  /** Points that a head reads of each level. */
  readonly points: number
  readonly grids: Grids
}

export const places = (grids: Grids): number => grids.reduce((n, [h, w]) => n + h * w, 0)

/**
 * What queries [N, D] read of `values` [S, D], all levels' places in row-major order: [N, D].
 * @param around where queries look, relative to the image: points [N, 2], or boxes [N, 4] by centre and size
 */
export function deformableAttention(p: Params, name: string, queries: Value, values: Value, around: Value, o: Deformable): Value {
  const { heads, points, grids } = o
  const [n, d] = queries.shape as [number, number]
  const levels = grids.length
  const cells = split(linear(p, `${name}.value_proj`, values, d), { axis: 0, sizes: grids.map(([h, w]) => h * w) })
  const offsets = reshape(linear(p, `${name}.sampling_offsets`, queries, heads * levels * points * 2), [n, heads, levels, points * 2])
  const logits = linear(p, `${name}.attention_weights`, queries, heads * levels * points)
  const weights = reshape(softmax(reshape(logits, [n, heads, levels * points])), [n, heads, levels, points])
  const y = p.scoped(name, () =>
    grids.map(([h, w], level) => {
      const own = (x: Value, inner: readonly number[]) =>
        transpose(reshape(slice(x, { axis: 2, start: level, end: level + 1 }), [n, heads, points, ...inner]), [
          1,
          0,
          2,
          ...inner.map(() => 3),
        ])
      const image = reshape(transpose(cells[level]!, [1, 0]), [heads, d / heads, h, w])
      const at = add(centres(around, n), mul(own(offsets, [2]), reach(around, n, [h, w], points))) // [heads, N, points, 2]
      const read = gridSampleFused(image, sub(mul(at, 2), 1)) // [heads, d/heads, N, points]
      return reduceSum(mul(read, reshape(own(weights, []), [heads, 1, n, points])), { axes: [3] })
    }),
  )
  const sum = y.reduce((a, b) => add(a, b)) // [heads, d/heads, N]
  return linear(p, `${name}.output_proj`, transpose(reshape(sum, [d, n]), [1, 0]), d)
}

const centres = (around: Value, n: number): Value => reshape(slice(around, { axis: 1, start: 0, end: 2 }), [1, n, 1, 2])

/** What an offset of 1 is, relative to the image: a pixel of the level; for boxes, half of the box over all points. */
function reach(around: Value, n: number, [h, w]: readonly [number, number], points: number): Value {
  if (around.shape[1] === 2) return around.graph.constant(Float32Array.of(1 / w, 1 / h), 'float32', [1, 1, 1, 2])
  return mul(reshape(slice(around, { axis: 1, start: 2 }), [1, n, 1, 2]), 0.5 / points)
}

export function deformableTensors(
  { affine }: ReturnType<TensorList['in']>,
  name: string,
  d: number,
  { heads, points, levels }: { readonly heads: number; readonly points: number; readonly levels: number },
): void {
  affine(`${name}.sampling_offsets`, heads * levels * points * 2, d)
  affine(`${name}.attention_weights`, heads * levels * points, d)
  affine(`${name}.value_proj`, d, d)
  affine(`${name}.output_proj`, d, d)
}
