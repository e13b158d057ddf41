import path from 'node:path'
import type { z } from 'zod'
import { cancelled } from '#shared/errors.ts'
import type { Curated, CurateTask } from '#shared/model/job.ts'
import type { Phase } from '#shared/model/progress.ts'
import { type AppContext, deviceFor } from '../context.ts'
import type { Project } from '../projects/index.ts'

export interface Step {
  readonly phase: Phase
  readonly done: number
  readonly total: number | null
}

/** Progress reporting and cancellation of a long operation. */
export interface Control {
  readonly signal?: AbortSignal
  readonly onProgress?: (step: Step) => void
}

/** @throws cancelled */
export const checkpointOf =
  ({ signal }: Control) =>
  () => {
    if (signal?.aborted) throw cancelled()
  }

/** A search of the project: fills in the defaults of its options. */
export const search =
  <S extends z.ZodType, T>(schema: S, find: (app: AppContext, project: Project, o: z.output<S>, control: Control) => Promise<T>) =>
  (app: AppContext, project: Project, options?: z.input<S>, control: Control = {}): Promise<T> =>
    find(app, project, schema.parse(options ?? {}), control)

/** Yields the thread to other work. */
export const breathe = () => new Promise<void>((go) => setImmediate(go))

export interface CuratedImage {
  readonly id: number
  readonly file: string
  readonly hash: string
}

/** Runs a task on the images' embeddings in the engine. */
export async function onEmbeddings(
  app: AppContext,
  images: readonly CuratedImage[],
  task: CurateTask,
  model: string | undefined,
  { signal, onProgress }: Control,
): Promise<Curated> {
  if (signal?.aborted) throw cancelled()
  const running = app.engine.run(
    {
      kind: 'curate',
      model: modelOf(app, model),
      device: deviceFor(app),
      cache: path.join(app.cache, 'features'),
      images: images.map(({ file, hash }) => ({ file, hash })),
      task,
    },
    ({ phase, done, total }) => onProgress?.({ phase, done, total }),
  )
  signal?.addEventListener('abort', running.cancel, { once: true })
  try {
    return (await running.result).curated
  } finally {
    signal?.removeEventListener('abort', running.cancel)
  }
}

/** The given checkpoint, or the bundled one. */
export const modelOf = (app: AppContext, model: string | undefined): string => path.resolve(model ?? app.nano)
