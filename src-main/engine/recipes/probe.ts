/** The linear probe: the recipe `lp` and the starting point of `lp-ft`. */
import type { z } from 'zod'
import { accuracy } from '../metrics/accuracy.ts'
import { outlining } from '../runtime/outline.ts'
import { classWeights } from '../tasks/balance.ts'
import { headLogits } from '../tasks/head-logits.ts'
import type { Head } from '../weights/head.ts'
import { logisticPath } from './logistic.ts'
import { featuresPhases, type PhaseCost } from './phases.ts'
import { keptProbe } from './kept-probe.ts'
import type { Run } from './run.ts'
import type { probing } from './settings.ts'

export const probingPhases = (images: (split: string) => number): PhaseCost[] => [
  ...featuresPhases(images),
  { name: 'logistic-regression', cost: Math.max(1, images('train') / 20) },
]

type Probing = { [K in keyof typeof probing]: z.output<(typeof probing)[K]> }

/**
 * Logistic regression on cached embeddings. C is swept geometrically and chosen on `val` (the smaller C on ties).
 * Features are first normalised by the training set's scalar mean and standard deviation, and the solution is
 * un-normalised (AnanyaKumar/transfer_learning log_reg_sk.py). The solution is kept, so that all runs of a sweep start from
 * the same one and only the first computes it.
 */
export async function probe(
  run: Run,
  { cMin, cMax, cCount, iterations, tolerance, classWeights: how, beta }: Probing,
): Promise<{ head: Head; c: number; objectives: number[] }> {
  const classes = run.o.classes.map((c) => c.name)
  const dim = run.model.dim
  const outline = outlining()
  if (outline) {
    outline.solved = classes.length * (dim + 1)
    const head = { classes, dim, weight: new Float32Array(classes.length * dim), bias: new Float32Array(classes.length) }
    return { head, c: cMin, objectives: [] }
  }
  const features = await run.featuresOf('train')
  const labels = run.split('train').labels
  const chooseOn = run.split('val').n ? 'val' : 'train'
  const judged = await run.featuresOf(chooseOn)
  const kept = keptProbe(run.o.cache, {
    features,
    labels,
    judged,
    judgedLabels: run.split(chooseOn).labels,
    settings: { cMin, cMax, cCount, iterations, tolerance },
  })
  const known = await kept.get()
  if (known) {
    run.check()
    known.objectives.forEach((loss, i) =>
      run.o.onProgress({ phase: 'logistic-regression', done: i + 1, total: known.objectives.length, loss }),
    )
    const { c, objectives, weight, bias } = known
    return { head: { classes, dim, weight, bias }, c, objectives }
  }
  const { mean, deviation } = scalarStatistics(features)
  const cs = Array.from({ length: cCount }, (_, i) => cMin * (cMax / cMin) ** (cCount > 1 ? i / (cCount - 1) : 0))

  let best: { head: Head; c: number; accuracy: number } | undefined
  const objectives: number[] = []
  const problem = {
    features: features.map((x) => (x - mean) / deviation),
    labels,
    classes: classes.length,
    weights: classWeights(labels, classes.length, how, beta),
  }
  for await (const fit of logisticPath(problem, cs, { iterations, tolerance })) {
    run.check()
    objectives.push(fit.objective / (fit.c * labels.length))
    run.o.onProgress({ phase: 'logistic-regression', done: objectives.length, total: cs.length, loss: objectives.at(-1)! })
    const head = unnormalise({ classes, dim, weight: fit.weight, bias: fit.bias }, mean, deviation)
    const score = accuracy({ classes: classes.length, labels: run.split(chooseOn).labels, logits: headLogits(judged, head) })
    if (!best || score > best.accuracy) best = { head, c: fit.c, accuracy: score }
  }
  const { head, c } = best!
  await kept.put({ weight: head.weight, bias: head.bias, c, objectives })
  return { head, c, objectives }
}

/** One mean and one standard deviation over all elements. */
function scalarStatistics(x: Float32Array): { mean: number; deviation: number } {
  let sum = 0
  let squares = 0
  for (const v of x) {
    sum += v
    squares += v * v
  }
  const mean = sum / x.length
  return { mean, deviation: Math.sqrt(Math.max(1e-24, squares / x.length - mean * mean)) }
}

/** The head on raw features that is equivalent to `head` on (x − mean)/deviation. */
function unnormalise(head: Head, mean: number, deviation: number): Head {
  const weight = head.weight.map((w) => w / deviation)
  const bias = head.bias.map((b, c) => b - mean * weight.subarray(c * head.dim, (c + 1) * head.dim).reduce((s, w) => s + w, 0))
  return { ...head, weight, bias }
}
