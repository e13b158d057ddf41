import { proposeOptions } from '#shared/model/propose.ts'
import { placed } from '../../preview/index.ts'
import { propose } from '../../preview/propose.ts'
import { jobKind } from '../kind.ts'
import { inPhases } from '../plans.ts'
import { proposing } from '../proposing.ts'

/** Nothing is stored before all images have been looked at, so an interrupted job starts again; images it has encoded are known. */
export default jobKind({
  id: 'propose',
  lane: 'background',
  request: proposeOptions,
  plan: () => inPhases({ proposing: 1 }),
  run: (job, options) => proposing(job, (control) => propose(job.models, job.project, placed(job.project, options), control)),
})
