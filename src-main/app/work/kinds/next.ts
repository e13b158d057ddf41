import { nextOptions } from '#shared/model/next.ts'
import { findNext, keepResult } from '../../curation/index.ts'
import { controlOf, modelIn } from '../curation.ts'
import { jobKind } from '../kind.ts'
import { afterEmbedding } from '../plans.ts'

/** The queue is stored next to the project; the job itself returns a summary. */
export default jobKind({
  id: 'next',
  lane: 'background',
  request: nextOptions,
  plan: () => afterEmbedding({ folds: 1 }),
  run: async (job, options) => {
    const { models, project, tell } = job
    const began = performance.now()
    const found = await findNext(models, project, modelIn(project, options), controlOf(job))
    keepResult(project, 'next', found, (performance.now() - began) / 1000)
    if (found.summary.proposals) tell('annotations.changed', { mediaIds: [], action: 'propose', origin: null })
    return found.summary
  },
})
