import path from 'node:path'
import type { evaluationMethods } from '#shared/contract/evaluation.ts'
import type { ComparedTask } from '#shared/model/region-comparison.ts'
import { metricEntries } from '../../../engine/metrics/index.ts'
import { keptComparison, keptComparisons } from '../../evaluation/kept.ts'
import { namedModels } from '../../merging/models.ts'
import type { HandlersOf, Parts } from '../parts.ts'

type Compared = { readonly task: ComparedTask; readonly checkpoints: readonly string[]; readonly splits?: readonly string[] }

export function evaluationHandlers({ options: { models }, queue }: Parts): HandlersOf<typeof evaluationMethods> {
  /** The job that is already making this comparison. */
  const running = (key: string, { task, checkpoints, splits }: Compared) => {
    const wanted = JSON.stringify([task, checkpoints, splits])
    return queue.find(
      key,
      ({ kind, request }) => kind === 'compare' && JSON.stringify([request['task'], request['checkpoints'], request['splits']]) === wanted,
    )
  }
  return {
    'evaluation.metrics': () => metricEntries(),
    'evaluation.compare': (asked, client) => {
      const names = new Map(namedModels(models, client.project).map(({ dir, name }) => [dir, name]))
      const nameOf = (folder: string) => names.get(path.resolve(client.project.folder, folder)) ?? path.basename(folder)
      const subject = asked.checkpoints.map(nameOf).join(', ')
      return { jobId: running(client.current.key, asked) ?? client.queue('compare', asked, { subject }).jobId }
    },
    'evaluation.comparisons': (_, { project }) => keptComparisons(project),
    'evaluation.comparison': ({ task, checkpoints }, { current, project }) => ({
      jobId: running(current.key, { task, checkpoints }),
      kept: keptComparison(project, task, checkpoints),
    }),
  }
}
