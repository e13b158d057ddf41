import { proposeOptions } from '#shared/model/propose.ts'
import { placed } from '../../preview/index.ts'
import { propose } from '../../preview/propose.ts'
import { jobKind } from '../kind.ts'
import { inPhases } from '../plans.ts'

/** Nothing is stored before all images have been looked at, so an interrupted job starts again; images it has encoded are known. */
export default jobKind({
  id: 'propose',
  lane: 'background',
  request: proposeOptions,
  plan: () => inPhases({ proposing: 1 }),
  run: async ({ models, project, signal, progress, tell }, options) => {
    const began = performance.now()
    const onProgress = (done: number, total: number) => {
      const seconds = (performance.now() - began) / 1000
      progress({ phase: 'proposing', done, total, ...(done && seconds > 1 ? { imagesPerSecond: done / seconds } : {}) })
    }
    const report = await propose(models, project, placed(project, options), { signal, onProgress })
    if (report.proposals) {
      tell('project.changed', { what: ['labels'] })
      tell('annotations.changed', { mediaIds: [], action: 'propose', origin: null })
    }
    return report
  },
})
