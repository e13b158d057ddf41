import { cancelled } from '#shared/errors.ts'
import type { Curated, CurateJob, CurateTask, ResultOf } from '#shared/model/job.ts'
import type { Phase } from '#shared/model/progress.ts'
import { confidentLearning } from '../curation/confident.ts'
import { outOfSample } from '../curation/doubts.ts'
import { type Features, featuresOf } from '../curation/features.ts'
import { layOut } from '../curation/layout.ts'
import { semDeDup } from '../curation/semdedup.ts'
import { buildIndex, indexMade } from '../curation/vector-index.ts'
import { fingerprint } from '../data/cache.ts'
import { openModel } from '../models/checkpoint.ts'
import type { Model } from '../models/model.ts'
import { chooseProvider } from '../runtime/devices.ts'
import type { Provider } from '../runtime/session.ts'
import type { JobHooks } from './hooks.ts'
import { nextOf } from './next.ts'

/** Embeds images, using cached features where available, and runs one curation task on the embeddings. */
export async function curateJob(job: CurateJob, hooks: JobHooks): Promise<ResultOf<'curate'>> {
  const started = performance.now()
  const { provider } = await chooseProvider(job.device)
  const model = await openModel(job.model)
  try {
    const features = await featuresOf(model, job.images, {
      provider,
      cache: job.cache,
      onProgress: hooks.onProgress,
      isCancelled: hooks.isCancelled,
      raw: job.task.kind === 'next',
    })
    const found = features.readable.length ? await carryOut(job, model, provider, features, hooks) : null
    const curated: Curated = { readable: features.readable, dimensions: features.dim, found }
    return { kind: 'curate', device: provider, seconds: (performance.now() - started) / 1000, leftOut: [], curated }
  } finally {
    model.close()
  }
}

async function carryOut(job: CurateJob, model: Model, provider: Provider, features: Features, hooks: JobHooks): Promise<Curated['found']> {
  const { task, images } = job
  const { rows, dim, readable } = features
  const check = () => {
    if (hooks.isCancelled()) throw cancelled()
  }
  const progress = (phase: Phase) => (done: number, total: number) => hooks.onProgress({ phase, done, total })
  switch (task.kind) {
    case 'near': {
      const preferred = readable.filter((i) => i < task.preferred).length
      return { kind: 'near', ...(await semDeDup(rows, dim, { ...task, preferred, onProgress: progress('near-copies'), check })) }
    }
    case 'doubts':
      return { kind: 'doubts', ...(await doubtsOf(task, features, { onProgress: progress('folds'), check })) }
    case 'index':
      await index(task)
      return { kind: 'index' }
    case 'map': {
      const { index: into, ...layout } = task
      const map = await layOut(rows, dim, {
        ...layout,
        onProgress: (phase, done, total) => hooks.onProgress({ phase, done, total }),
        check,
      })
      if (into) await index(into)
      return { kind: 'map', ...map }
    }
    case 'next':
      return { kind: 'next', ...(await nextOf(task, job, { model, features, provider, hooks, onProgress: progress('folds'), check })) }
  }
  /** An existing index of the same images and features is reused. */
  async function index({ folder, ids }: { folder: string; ids: Int32Array }): Promise<void> {
    const made = fingerprint([features.fingerprint, ...[...readable].map((i) => [ids[i], images[i]!.hash])])
    if (indexMade(folder) !== made)
      await buildIndex(folder, { ids: readable.map((i) => ids[i]!), rows, dim, made, onProgress: progress('index'), check })
  }
}

type Doubts = Extract<CurateTask, { kind: 'doubts' }>

async function doubtsOf(
  { labels: all, groups, classes, folds, seed }: Doubts,
  { rows, dim, readable }: Features,
  o: { onProgress: (done: number, of: number) => void; check: () => void },
) {
  const labels = readable.map((i) => all[i]!)
  const probabilities = await outOfSample(rows, dim, labels, classes, { folds, seed, groups: readable.map((i) => groups[i]!), ...o })
  const { best, selfConfidence, margin, issue, joint } = confidentLearning(probabilities, labels, classes)
  return { best, selfConfidence, margin, issue, joint }
}
