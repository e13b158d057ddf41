/** Classes that are not equally frequent: how much each counts, and how often each is drawn. */
import { Rng } from '../data/rng.ts'

export const classWeightings = ['none', 'balanced', 'effective'] as const
export type ClassWeighting = (typeof classWeightings)[number]

const counts = (labels: ArrayLike<number>, classes: number): number[] => {
  const found = new Array<number>(classes).fill(0)
  for (let i = 0; i < labels.length; i++) found[labels[i]!]!++
  return found
}

/**
 * The weight of each class; a class without an example weighs nothing.
 *
 * `balanced`: n / (k · n_c), as scikit-learn's compute_class_weight('balanced'), so that the weights of all examples sum to n.
 * `effective`: (1 − β) / (1 − β^n_c), scaled to sum to the number k of classes with examples (Cui et al. 2019, "Class-balanced loss
 * based on effective number of samples", eq. 4 and §4.2).
 */
export function classWeights(labels: ArrayLike<number>, classes: number, how: ClassWeighting, beta = 0.99): Float32Array | undefined {
  if (how === 'none') return undefined
  const found = counts(labels, classes)
  const k = found.filter(Boolean).length
  if (how === 'balanced') return Float32Array.from(found, (n) => (n ? labels.length / (k * n) : 0))
  const raw = found.map((n) => (n ? (1 - beta) / (1 - beta ** n) : 0))
  const scale = k / raw.reduce((a, b) => a + b, 0)
  return Float32Array.from(raw, (w) => w * scale)
}

/**
 * As many examples an epoch as there are, each class equally often: the classes take turns in a random order, and each gives its
 * examples in a random order, again from the start when they are used up. A function of seed and epoch only.
 */
export function balancedOrder(labels: ArrayLike<number>, classes: number, seed: number): (epoch: number) => Int32Array {
  const of = Array.from({ length: classes }, () => [] as number[])
  for (let i = 0; i < labels.length; i++) of[labels[i]!]!.push(i)
  const there = of.filter((own) => own.length)
  return (epoch) => {
    const rng = Rng.of(seed, 0xba1a, epoch)
    const left = there.map((): number[] => [])
    const order = new Int32Array(labels.length)
    let turn: number[] = []
    for (let i = 0; i < order.length; i++) {
      if (!turn.length) turn = rng.shuffle(there.map((_, c) => c))
      const c = turn.pop()!
      if (!left[c]!.length) left[c] = rng.shuffle([...there[c]!])
      order[i] = left[c]!.pop()!
    }
    return order
  }
}
