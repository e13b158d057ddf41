import { mapOptions } from '#shared/model/curation.ts'
import { makeMap } from '../../curation/index.ts'
import { curation } from '../curation.ts'

export default curation({
  id: 'map',
  lane: 'training',
  request: mapOptions,
  plan: () => [
    { name: 'hashing', cost: 4, measures: true },
    { name: 'features', cost: 12, measures: true },
    { name: 'distances', cost: 2 },
    { name: 'layout', cost: 3 },
    { name: 'placing', cost: 1 },
    { name: 'index', cost: 1 },
  ],
  find: makeMap,
})
