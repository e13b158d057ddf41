import { captionOptions } from '#shared/model/curation.ts'
import { checkCaptions } from '../../curation/index.ts'
import { curation } from '../curation.ts'

export default curation({
  id: 'captions',
  lane: 'background',
  request: captionOptions,
  find: checkCaptions,
})
