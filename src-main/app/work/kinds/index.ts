import { z } from 'zod'
import { makeIndex } from '../../curation/index.ts'
import { controlOf, modelIn } from '../curation.ts'
import { jobKind } from '../kind.ts'

/** Embeds the images for search. */
export default jobKind({
  id: 'index',
  lane: 'training',
  request: z.object({ model: z.string().min(1).optional() }),
  plan: () => [
    { name: 'hashing', cost: 4, measures: true },
    { name: 'features', cost: 12, measures: true },
    { name: 'index', cost: 1 },
  ],
  run: (job, options) => makeIndex(job.models, job.project, modelIn(job.project, options), controlOf(job)),
})
