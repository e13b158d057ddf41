import { splitOptions } from '#shared/model/curation.ts'
import { proposeSplit } from '../../curation/index.ts'
import { curation } from '../curation.ts'

export default curation({
  id: 'split',
  lane: 'background',
  request: splitOptions,
  find: (_, project, options, control) => proposeSplit(project, options, control),
})
