import { duplicateOptions } from '#shared/model/curation.ts'
import { findDuplicates } from '../../curation/index.ts'
import { curation } from '../curation.ts'
import { afterEmbedding } from '../plans.ts'

export default curation({
  id: 'duplicates',
  lane: 'background',
  request: duplicateOptions,
  plan: () => afterEmbedding({ 'near-copies': 1, marking: 1 }),
  find: findDuplicates,
})
