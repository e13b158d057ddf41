/** The problem of LP++ (records/lp-plus.ts): class weights wₖ + αₖ·tₖ, of which w, the intercepts and α are learned. */
import { gradients } from '../autodiff.ts'
import { Graph, type Value } from '../graph/graph.ts'
import { add, gemm, mul, reshape } from '../ops/index.ts'
import { Session, tensor } from '../runtime/session.ts'
import { headLogits } from '../tasks/head-logits.ts'
import { crossEntropy } from '../tasks/losses.ts'

/** Steps between updates of α, and the momentum of the others. */
const [ALPHA_EVERY, MOMENTUM] = [10, 0.9]

/** The problem and its solution so far. */
export class Blend {
  private readonly velocity: Float32Array
  private readonly velocityB: Float32Array

  private constructor(
    private readonly session: Session,
    private readonly fixed: Parameters<Session['run']>[0],
    private readonly texts: Float32Array,
    /** [classes, dim], [classes] and [classes]. */
    readonly w: Float32Array,
    readonly b: Float32Array,
    readonly alpha: Float32Array,
    private readonly rates: { readonly w: number; readonly alpha: number },
  ) {
    this.velocity = new Float32Array(w.length)
    this.velocityB = new Float32Array(b.length)
  }

  /** @param texts normalised embeddings [classes, dim] */
  static async open(features: Float32Array, labels: Int32Array, texts: Float32Array, c: number): Promise<Blend> {
    const n = labels.length
    const d = features.length / n
    const graph = new Graph()
    const [x, t] = [graph.input('x', 'float32', [n, d]), graph.input('t', 'float32', [c, d])]
    const [w, b, alpha] = [graph.input('w', 'float32', [c, d]), graph.input('b', 'float32', [c]), graph.input('alpha', 'float32', [c])]
    const blended: Value = add(w, mul(reshape(alpha, [c, 1]), t))
    const loss = crossEntropy(gemm(x, blended, b, { transB: true }), graph.input('labels', 'int32', [n]))
    graph.output('loss', loss)
    gradients(loss, [w, b, alpha]).forEach((g, i) => graph.output(['dw', 'db', 'da'][i]!, g))
    const session = await Session.create(graph)
    const fixed = { x: tensor(features, 'float32', [n, d]), t: tensor(texts, 'float32', [c, d]), labels: tensor(labels, 'int32', [n]) }
    const similar = headLogits(features, { classes: [], dim: d, weight: texts, bias: new Float32Array(c) }) // [n, c]
    const sums = new Float32Array(c * d)
    const [own, counts, squares] = [new Float64Array(c), new Float64Array(c), new Float64Array(c)]
    labels.forEach((label, i) => {
      for (let j = 0; j < d; j++) sums[label * d + j]! += features[i * d + j]!
      own[label]! += similar[i * c + label]!
      counts[label]!++
      for (let k = 0; k < c; k++) squares[k]! += similar[i * c + k]! ** 2
    })
    const start = (250 * own.reduce((sum, x, k) => sum + x / Math.max(1, counts[k]!), 0)) / c
    const rates = { w: (4 * n) / largestEigenvalue(features, d), alpha: n / (4 * Math.max(...squares)) }
    return new Blend(session, fixed, texts, sums, new Float32Array(c), new Float32Array(c).fill(start), rates)
  }

  /** Makes a step. @returns the loss before it */
  async step(index: number): Promise<number> {
    const [c, size] = [this.b.length, this.w.length]
    const out = await this.session.run({
      ...this.fixed,
      w: tensor(this.w.slice(), 'float32', [c, size / c]),
      b: tensor(this.b.slice(), 'float32', [c]),
      alpha: tensor(this.alpha.slice(), 'float32', [c]),
    })
    const of = (name: string) => out[name]!.data as Float32Array
    const descend = (x: Float32Array, velocity: Float32Array, g: Float32Array) =>
      g.forEach((v, i) => (x[i]! -= this.rates.w * (velocity[i] = MOMENTUM * velocity[i]! + v)))
    descend(this.w, this.velocity, of('dw'))
    descend(this.b, this.velocityB, of('db'))
    if ((index + 1) % ALPHA_EVERY === 0) of('da').forEach((g, k) => (this.alpha[k]! -= this.rates.alpha * g))
    return of('loss')[0]!
  }

  /** The weights of the equivalent linear classifier. */
  blended(): Float32Array {
    const d = this.w.length / this.b.length
    return this.w.map((x, i) => x + this.alpha[Math.floor(i / d)]! * this.texts[i]!)
  }

  release(): Promise<void> {
    return this.session.release()
  }
}

/** Of XᵀX, X [n, d], by power iteration. */
function largestEigenvalue(x: Float32Array, d: number): number {
  const n = x.length / d
  let v = new Float64Array(d).fill(d ** -0.5)
  let value = 0
  for (let round = 0; round < 200; round++) {
    const next = new Float64Array(d)
    for (let i = 0; i < n; i++) {
      let sum = 0
      for (let j = 0; j < d; j++) sum += x[i * d + j]! * v[j]!
      for (let j = 0; j < d; j++) next[j]! += sum * x[i * d + j]!
    }
    const norm = Math.hypot(...next)
    const done = Math.abs(norm - value) <= 1e-9 * norm
    value = norm
    v = next.map((y) => y / norm)
    if (done) break
  }
  return value
}
