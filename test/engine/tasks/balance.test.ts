/** Rare classes: their weights, the loss that they enter as in PyTorch, and the order that draws every class as often. */
import { expect, it } from 'vitest'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { tensor } from '../../../src-main/engine/runtime/session.ts'
import { balancedOrder, classWeights } from '../../../src-main/engine/tasks/balance.ts'
import { crossEntropy } from '../../../src-main/engine/tasks/losses.ts'
import { runGraph } from '../../helpers/graph-run.ts'

/** Six images of class 0, three of 1, one of 2, none of 3. */
const labels = [0, 0, 1, 0, 2, 0, 1, 0, 1, 0]
const near = (xs: ArrayLike<number>, ys: readonly number[], digits = 5) =>
  ys.forEach((y, i) => expect(xs[i], `element ${i}`).toBeCloseTo(y, digits))

it('balanced weights are n / (k · n_c), those of scikit-learn: all images together weigh as before', () => {
  const w = classWeights(labels, 4, 'balanced')!
  near(w, [10 / (3 * 6), 10 / (3 * 3), 10 / 3, 0])
  expect(labels.reduce((sum, c) => sum + w[c]!, 0)).toBeCloseTo(10, 5)
})

it('effective weights are (1 − β) / (1 − β^n), scaled to sum to the number of classes (Cui et al. 2019)', () => {
  const raw = [6, 3, 1].map((n) => 0.1 / (1 - 0.9 ** n))
  const sum = raw.reduce((a, b) => a + b)
  near(classWeights(labels, 4, 'effective', 0.9)!, [...raw.map((r) => (3 * r) / sum), 0])
  near(classWeights(labels, 4, 'effective', 0)!, [1, 1, 1, 0])
  expect(classWeights(labels, 4, 'none')).toBeUndefined()
})

const logits = [0.3, -1.2, 2, 0.4, 1.5, -0.7, -0.2, 0.9, 0.1]
const given = [2, 0, 1]
const weights = [0.5, 2, 5]

/** torch.nn.CrossEntropyLoss(weight, label_smoothing): its documented sums in float64, with their gradient. */
function reference(smoothing: number): { loss: number; gradient: number[] } {
  const total = given.reduce((sum, c) => sum + weights[c]!, 0)
  let loss = 0
  const gradient: number[] = []
  given.forEach((own, i) => {
    const row = logits.slice(3 * i, 3 * i + 3)
    const sum = row.reduce((s, z) => s + Math.exp(z), 0)
    const p = row.map((z) => Math.exp(z) / sum)
    const wanted = row.map((_, c) => weights[c]! * ((c === own ? 1 - smoothing : 0) + smoothing / 3))
    const all = wanted.reduce((a, b) => a + b)
    wanted.forEach((q, c) => (loss -= (q * Math.log(p[c]!)) / total))
    gradient.push(...p.map((x, c) => (x * all - wanted[c]!) / total))
  })
  return { loss, gradient }
}

it.each([0, 0.1])('the weighted loss and its gradient are those of PyTorch’s CrossEntropyLoss(weight), smoothing %s', async (smoothing) => {
  const found = await runGraph(
    (graph) => {
      const z = graph.input('z', 'float32', [3, 3])
      const loss = crossEntropy(z, graph.input('labels', 'int32', [3]), { smoothing, classWeights: Float32Array.from(weights) })
      graph.output('loss', loss)
      graph.output('dz', gradients(loss, [z])[0]!)
    },
    { z: tensor(Float32Array.from(logits), 'float32', [3, 3]), labels: tensor(Int32Array.from(given), 'int32', [3]) },
  )
  const { loss, gradient } = reference(smoothing)
  near(found['loss']!, [loss])
  near(found['dz']!, gradient)
})

it('a balanced epoch has as many images as any, each class as often, and all of a rare class’s before one comes again', () => {
  const order = balancedOrder(labels, 4, 7)
  const drawn = [...order(0)]
  expect(drawn).toHaveLength(10)
  const counts = [0, 1, 2].map((c) => drawn.filter((i) => labels[i] === c).length)
  expect(counts.reduce((a, b) => a + b)).toBe(10)
  for (const n of counts) expect([3, 4]).toContain(n)
  const first = drawn.filter((i) => labels[i] === 1).slice(0, 3)
  expect(new Set(first).size).toBe(3)
  expect(order(0)).toEqual(balancedOrder(labels, 4, 7)(0))
  expect(order(1)).not.toEqual(order(0))
  expect(balancedOrder(labels, 4, 8)(0)).not.toEqual(order(0))
})
