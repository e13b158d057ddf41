/**
 * Initial weights of a segmenter in CLIPSeg's layout whose image encoder is a trained detector's. Words and patches are compared
 * from the start: the visual projection is the ridge regression (Hastie, Tibshirani & Friedman, The Elements of Statistical
 * Learning, §3.4.1) from what the encoder's last layer says of an object's patch to the embedding of its word.
 */
import { Matrix, solve } from 'ml-matrix'
import { Graph } from '../graph/graph.ts'
import { compareFromTheStart } from '../models/clipseg-init.ts'
import type { Architecture } from '../models/model.ts'
import { Params, tensorsInMemory } from '../nn/params.ts'
import { Session, tensor } from '../runtime/session.ts'
import { patchTargets, showPatches } from './patches.ts'
import type { DrawScene } from './scene.ts'

const BATCH = 8

interface Fit {
  readonly model: Architecture
  readonly weights: Map<string, Float32Array>
  /** The embedding of each concept, [concepts, dim]. */
  readonly table: Float32Array
  readonly scene: DrawScene
  readonly scenes: number
  readonly ridge: number
}

/** Sets the visual projection, and what the decoder compares by it. @param weights of all tensors, changed in place */
export async function startComparing(o: Fit): Promise<void> {
  o.weights.set('clip.visual_projection.weight', await fitProjection(o))
  compareFromTheStart(o.weights, o.model.dim, 0)
}

/** The visual projection [dim, D]. */
async function fitProjection({ model, weights, table, scene, scenes, ridge }: Fit): Promise<Float32Array> {
  const { size, patch } = model.image
  const grid = Math.floor(size / patch)
  const graph = new Graph()
  const d = model.tensors.get('clip.visual_projection.weight')!.shape[1]!
  const identity = Float32Array.from({ length: model.dim * d }, (_, i) => (Math.floor(i / d) === i % d ? 1 : 0))
  const source = tensorsInMemory('a segmenter in training', model.tensors.shapes(), (name) =>
    name === 'clip.visual_projection.weight' ? identity : weights.get(name)!,
  )
  const { tokens } = model.segmenter!.encodeTokens!(new Params(graph, source), graph.input('pixels', 'float32', [BATCH, 3, size, size]))
  graph.output('tokens', tokens) // [B, 1 + N, dim], the first D of them what the projection reads
  const session = await Session.create(graph)
  const xx = Matrix.zeros(d, d)
  const xy = Matrix.zeros(d, model.dim)
  let total = 0
  try {
    for (let first = 0; first < scenes; first += BATCH) {
      const pixels = new Float32Array(BATCH * 3 * size * size)
      const t = patchTargets(BATCH * grid * grid)
      for (let i = 0; i < BATCH; i++) showPatches(scene(first + i, pixels, i * 3 * size * size), grid, patch, t, i * grid * grid)
      const said = (await session.run({ pixels: tensor(pixels, 'float32', [BATCH, 3, size, size]) }))['tokens']!.data as Float32Array
      const rows: number[][] = []
      const words: number[][] = []
      for (let n = 0; n < t.share.length; n++) {
        if (!t.share[n]) continue
        const row = n + 1 + Math.floor(n / grid ** 2)
        rows.push(Array.from(said.subarray(row * model.dim, row * model.dim + d)))
        words.push(Array.from(table.subarray(t.concept[n]! * model.dim, (t.concept[n]! + 1) * model.dim)))
      }
      total += rows.length
      const x = new Matrix(rows)
      xx.add(x.transpose().mmul(x))
      xy.add(x.transpose().mmul(new Matrix(words)))
    }
  } finally {
    await session.release()
  }
  for (let i = 0; i < d; i++) xx.set(i, i, xx.get(i, i) + ridge * total)
  return Float32Array.from(solve(xx, xy).transpose().to1DArray())
}
