import { setUpOptions } from '#shared/model/survey.ts'
import { setFirst } from '../../projects/index.ts'
import { runWork } from '../client.ts'
import { jobKind } from '../kind.ts'
import { setUpPlan } from '../plans.ts'

/** Sets up a folder opened for the first time, with the person's choice of what was found in it. */
export default jobKind({
  id: 'set-up',
  lane: 'interactive',
  request: setUpOptions,
  plan: (_, options) => setUpPlan(options),
  run: async ({ project, signal, progress, tell }, options) => {
    const report = await runWork(project, { kind: 'set-up', ...options }, { signal, onProgress: progress })
    setFirst(project, null)
    tell('annotations.changed', { mediaIds: [], action: 'set up', origin: '' })
    tell('project.changed', { what: ['media', 'labels'] })
    return report
  },
})
