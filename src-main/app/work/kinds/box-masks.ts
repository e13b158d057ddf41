import { boxMasksOptions } from '#shared/model/propose.ts'
import { maskBoxes } from '../../preview/box-masks.ts'
import { placed } from '../../preview/index.ts'
import { jobKind } from '../kind.ts'
import { inPhases } from '../plans.ts'
import { proposing } from '../proposing.ts'

/** Like `propose`, an interrupted one starts again. */
export default jobKind({
  id: 'box-masks',
  lane: 'background',
  request: boxMasksOptions,
  plan: () => inPhases({ proposing: 1 }),
  run: (job, options) => proposing(job, (control) => maskBoxes(job.models, job.project, placed(job.project, options), control)),
})
