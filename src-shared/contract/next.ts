/** The loop from a run back to the labels: what to label next, training on the new labels, and what they brought. */
import { z } from 'zod'
import { labelsPoint, nextOptions, nextQueue, retrained, strategyEntry } from '../model/next.ts'
import { method } from './method.ts'

const nothing = z.object({}).default({})

export const nextMethods = {
  'next.strategies': method(nothing, z.array(strategyEntry)),
  /** The job (kind `next`) ends with a `nextSummary`. */
  'next.make': method(nextOptions, z.object({ jobId: z.string() })),
  /** The latest queue; images that were removed since are left out. */
  'next.queue': method(nothing, nextQueue),
  /** Takes a snapshot and queues a training with the settings of this run. */
  'next.retrain': method(z.object({ runId: z.string() }), retrained),
  /** One point a training of classification, by number of labels. */
  'next.labels-curve': method(nothing, z.array(labelsPoint)),
}
