/**
 * Stochastic depth (Huang et al. 2016, "Deep networks with stochastic depth", §3) as timm's DropPath applies it: while training,
 * what a residual branch adds is left out for some examples and scaled for the others, so that its mean stays. The rate grows
 * linearly from 0 in the first layer to `rate` in the last (eq. 4), and both branches of a layer have the same.
 */
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { Rng } from '../data/rng.ts'
import type { Value } from '../graph/graph.ts'
import type { Params } from '../nn/params.ts'
import { mul } from '../ops/index.ts'
import { type Tensor, tensor } from '../runtime/session.ts'

/** A stream of random numbers of its own. */
const STREAM = 0xd409

export class DropPath {
  /** In the order of the graph. */
  private branches: { readonly layer: string; readonly rank: number }[] = []

  constructor(
    private readonly rate: number,
    private readonly seed: number,
  ) {}

  /**
   * What `build` makes of these weights, whose residual branches are multiplied by inputs of the graph.
   * @throws a user error if there are none
   */
  within<T>(p: Params, family: string, build: (p: Params) => T): T {
    if (this.rate === 0) return build(p)
    this.branches = []
    const view = Object.create(p) as Params
    view.branch = (layer: string, y: Value) => {
      const shape = y.shape.map((n, axis) => (axis === 0 ? n : 1))
      return mul(y, p.graph.input(inputOf(this.branches.push({ layer, rank: shape.length }) - 1), 'float32', shape))
    }
    const built = build(view)
    if (!this.branches.length) throw userError(sentence('recipe.no-branches', { family }))
    return built
  }

  /** Values of the inputs: of each example a function of seed, step and the example alone, however a batch is divided. */
  feeds(step: number, rows: readonly number[]): Record<string, Tensor> {
    const layers = [...new Set(this.branches.map(({ layer }) => layer))]
    const rates = this.branches.map(({ layer }) => (this.rate * layers.indexOf(layer)) / Math.max(1, layers.length - 1))
    const kept = rows.map((row) => {
      const rng = Rng.of(this.seed, STREAM, step, row)
      return rates.map((rate) => (rng.chance(rate) ? 0 : 1 / (1 - rate)))
    })
    const of = (k: number, rank: number) =>
      tensor(
        Float32Array.from(kept, (branches) => branches[k]!),
        'float32',
        Array.from({ length: rank }, (_, axis) => (axis === 0 ? rows.length : 1)),
      )
    return Object.fromEntries(this.branches.map(({ rank }, k) => [inputOf(k), of(k, rank)]))
  }
}

const inputOf = (branch: number) => `path:${branch}`
