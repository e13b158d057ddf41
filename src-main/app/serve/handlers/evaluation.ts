import path from 'node:path'
import type { evaluationMethods } from '#shared/contract/evaluation.ts'
import { metricEntries } from '../../../engine/metrics/index.ts'
import { keptComparison } from '../../evaluation/kept.ts'
import type { HandlersOf, Parts } from '../parts.ts'

type Compared = { readonly checkpoints: readonly string[]; readonly splits?: readonly string[] }

export function evaluationHandlers({ queue }: Parts): HandlersOf<typeof evaluationMethods> {
  /** The job that is already making this comparison. */
  const running = (key: string, { checkpoints, splits }: Compared) => {
    const wanted = JSON.stringify([checkpoints, splits])
    return queue.find(
      key,
      ({ kind, request }) => kind === 'compare' && JSON.stringify([request['checkpoints'], request['splits']]) === wanted,
    )
  }
  return {
    'evaluation.metrics': () => metricEntries(),
    'evaluation.compare': (asked, client) => {
      const subject = asked.checkpoints.map((c) => path.basename(c)).join(', ')
      return { jobId: running(client.current.key, asked) ?? client.queue('compare', asked, { subject }).jobId }
    },
    'evaluation.comparison': ({ checkpoints }, { current, project }) => ({
      jobId: running(current.key, { checkpoints }),
      kept: keptComparison(project, checkpoints),
    }),
  }
}
