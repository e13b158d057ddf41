import path from 'node:path'
import { trainingAsked } from '#shared/contract/training.ts'
import { rehearse } from '../../training/plan/plan.ts'
import { cancelWith, jobKind } from '../kind.ts'

/** Some steps of a training that was not started yet, so that its plan knows how long it will take. */
export default jobKind({
  id: 'rehearse',
  lane: 'training',
  request: trainingAsked,
  run: async ({ models, project, signal, progress, tell }, { model, ...request }) => {
    const folder = model === undefined ? {} : { model: path.resolve(project.folder, model) }
    await cancelWith(signal, rehearse(models, project, { ...request, ...folder }, progress))
    tell('plan.changed', {})
    return null
  },
})
