import { z } from 'zod'
import { makeIndex } from '../../curation/index.ts'
import { controlOf, modelIn } from '../curation.ts'
import { jobKind } from '../kind.ts'
import { afterEmbedding } from '../plans.ts'

/** Embeds the images for search. */
export default jobKind({
  id: 'index',
  lane: 'background',
  request: z.object({ model: z.string().min(1).optional() }),
  plan: () => afterEmbedding({ index: 1 }),
  run: (job, options) => makeIndex(job.models, job.project, modelIn(job.project, options), controlOf(job)),
})
