import { gradients } from '../autodiff.ts'
import { Graph } from '../graph/graph.ts'
import { add, gemm, mul, reduceSum, square } from '../ops/index.ts'
import { lbfgs, type Objective } from '../optim/lbfgs.ts'
import { Session, tensor } from '../runtime/session.ts'
import { crossEntropy } from '../tasks/losses.ts'

export interface LogisticProblem {
  /** [n, d], row-major. */
  readonly features: Float32Array
  /** [n], class indices. */
  readonly labels: Int32Array
  readonly classes: number
  /** [classes]: scikit-learn's class_weight; all 1 by default. */
  readonly weights?: Float32Array
}

export interface LogisticFit {
  readonly c: number
  /** [classes, d]. */
  readonly weight: Float32Array
  /** [classes]. */
  readonly bias: Float32Array
  /** C · Σ weight of the class · cross-entropy + ½‖weight‖², as in scikit-learn. */
  readonly objective: number
  readonly iterations: number
}

/**
 * Multinomial logistic regression with an L2 penalty on weights but not on intercepts (scikit-learn's
 * LogisticRegression(C)), solved for each C in turn, starting from the previous solution, the first one `from` a given solution or
 * zero. L-BFGS minimises the
 * objective divided by C·n, i.e. the mean cross-entropy plus ‖w‖²/(2Cn); value and gradient come from one session.
 */
export async function* logisticPath(
  { features, labels, classes, weights }: LogisticProblem,
  cs: readonly number[],
  {
    iterations = 3000,
    tolerance = 3e-8,
    from,
  }: { iterations?: number; tolerance?: number; from?: Pick<LogisticFit, 'weight' | 'bias'> } = {},
): AsyncGenerator<LogisticFit> {
  const n = labels.length
  const d = features.length / n
  const graph = new Graph()
  const w = graph.input('w', 'float32', [classes, d])
  const b = graph.input('b', 'float32', [classes])
  const x = graph.input('x', 'float32', [n, d])
  const weight =
    weights &&
    graph.constant(
      Float32Array.from(labels, (c) => weights[c]! / n),
      'float32',
      [n],
    )
  const loss = crossEntropy(gemm(x, w, b, { transB: true }), graph.input('labels', 'int32', [n]), { weight })
  const penalised = add(loss, mul(reduceSum(square(w)), graph.input('penalty', 'float32', [])))
  const [dw, db] = gradients(penalised, [w, b])
  graph.output('loss', loss)
  graph.output('dw', dw!)
  graph.output('db', db!)
  const session = await Session.create(graph)
  const size = classes * d
  const fixed = { x: tensor(features, 'float32', [n, d]), labels: tensor(labels, 'int32', [n]) }
  try {
    let start: Float64Array = new Float64Array(size + classes)
    if (from) {
      start.set(from.weight)
      start.set(from.bias, size)
    }
    for (const c of cs) {
      const penalty = 1 / (2 * c * n)
      const objective: Objective = async (at) => {
        const weight = Float32Array.from(at.subarray(0, size))
        const out = await session.run({
          ...fixed,
          w: tensor(weight, 'float32', [classes, d]),
          b: tensor(Float32Array.from(at.subarray(size)), 'float32', [classes]),
          penalty: tensor(Float32Array.of(penalty), 'float32', []),
        })
        // The penalty is added in float64, because for a small C it outweighs the loss.
        let norm = 0
        for (const v of weight) norm += v * v
        const gradient = new Float64Array(size + classes)
        gradient.set(out['dw']!.data as Float32Array)
        gradient.set(out['db']!.data as Float32Array, size)
        return { value: (out['loss']!.data as Float32Array)[0]! + penalty * norm, gradient }
      }
      const fit = await lbfgs(objective, start, { iterations, tolerance })
      start = fit.x
      yield {
        c,
        weight: Float32Array.from(fit.x.subarray(0, size)),
        bias: Float32Array.from(fit.x.subarray(size)),
        objective: fit.value * c * n,
        iterations: fit.iterations,
      }
    }
  } finally {
    await session.release()
  }
}
