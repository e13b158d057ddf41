import { mapOptions } from '#shared/model/curation.ts'
import { makeMap } from '../../curation/index.ts'
import { curation } from '../curation.ts'
import { afterEmbedding } from '../plans.ts'

export default curation({
  id: 'map',
  lane: 'background',
  request: mapOptions,
  plan: () => afterEmbedding({ distances: 2, layout: 3, placing: 1, index: 1 }),
  find: makeMap,
})
