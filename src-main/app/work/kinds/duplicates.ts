import { duplicateOptions } from '#shared/model/curation.ts'
import { findDuplicates } from '../../curation/index.ts'
import { curation } from '../curation.ts'

export default curation({
  id: 'duplicates',
  lane: 'training',
  request: duplicateOptions,
  plan: () => [
    { name: 'hashing', cost: 4, measures: true },
    { name: 'features', cost: 12, measures: true },
    { name: 'near-copies', cost: 1 },
    { name: 'marking', cost: 1 },
  ],
  find: findDuplicates,
})
