/** The features of training batches where the image tower stays as it is. */
import type { Graph, Value } from '../graph/graph.ts'
import { imageFeature } from '../models/model.ts'
import type { Params } from '../nn/params.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import type { Examples } from '../tasks/examples.ts'
import type { Run } from './run.ts'
import { pixelBatches, unvaried, type Varying } from './views.ts'

export interface FrozenFeatures {
  /** Features [b, dim] as a step's graph gets them: fed, or computed from varied pixels. */
  in(p: Params, b: number): Value
  feeds(rows: readonly number[], step: number): Promise<Record<string, Tensor>>
  /** The same input for images of `val`, which are not varied. */
  held(rows: readonly number[]): Promise<Record<string, Tensor>>
}

/** The input of known features [b, dim]. */
export const knownFeatures = (graph: Graph, b: number, dim: number): Value => graph.input('features', 'float32', [b, dim])

/** Without augmentation, features are computed once for all steps. */
export async function frozenFeatures(run: Run, varying: Varying, drawn: Pick<Examples, 'epochOf'>): Promise<FrozenFeatures> {
  const { model } = run
  const { dim } = model
  if (varying.augmentation === 'none') {
    const rowsOf = (features: Float32Array, rows: readonly number[]) => {
      const x = new Float32Array(rows.length * dim)
      rows.forEach((row, slot) => x.set(features.subarray(row * dim, (row + 1) * dim), slot * dim))
      return { features: tensor(x, 'float32', [rows.length, dim]) }
    }
    const features = await run.featuresOf('train')
    return {
      in: (p, b) => knownFeatures(p.graph, b, dim),
      feeds: (rows) => Promise.resolve(rowsOf(features, rows)),
      held: async (rows) => rowsOf(await run.featuresOf('val'), rows),
    }
  }
  const pictures = pixelBatches(run, varying, drawn)
  const held = pixelBatches(run, unvaried, drawn, 'val')
  return {
    in: (p, b) => imageFeature(model, p, p.graph.input('pixels', 'float32', [b, 3, pictures.height, pictures.width])),
    feeds: async (rows, step) => ({ pixels: await pictures.read(rows, step) }),
    held: async (rows) => ({ pixels: await held.read(rows, 0) }),
  }
}
