import { doubtOptions } from '#shared/model/curation.ts'
import { findDoubts } from '../../curation/index.ts'
import { curation } from '../curation.ts'

export default curation({
  id: 'doubts',
  lane: 'training',
  request: doubtOptions,
  plan: () => [
    { name: 'hashing', cost: 4, measures: true },
    { name: 'features', cost: 12, measures: true },
    { name: 'folds', cost: 2 },
  ],
  find: findDoubts,
})
