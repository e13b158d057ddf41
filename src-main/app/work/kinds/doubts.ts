import { doubtOptions } from '#shared/model/curation.ts'
import { findDoubts } from '../../curation/index.ts'
import { curation } from '../curation.ts'
import { afterEmbedding } from '../plans.ts'

export default curation({
  id: 'doubts',
  lane: 'background',
  request: doubtOptions,
  plan: () => afterEmbedding({ folds: 2 }),
  find: findDoubts,
})
