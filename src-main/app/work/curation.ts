/** Code shared by the curation jobs. */
import path from 'node:path'
import type { z } from 'zod'
import type { Lane } from '#shared/model/queue.ts'
import type { AppContext } from '../context.ts'
import { type Control, type Found, keepResult, type Kind } from '../curation/index.ts'
import type { Project } from '../projects/project.ts'
import type { Plan } from './course.ts'
import { type JobContext, type JobKind, jobKind } from './kind.ts'

export const controlOf = ({ signal, progress }: JobContext): Control => ({ signal, onProgress: progress })

/** Resolves a model given relative to the project, as its own checkpoints are. */
export function modelIn<O extends object>(project: Project, options: O): O {
  const { model } = options as { model?: string }
  return model === undefined ? options : { ...options, model: path.resolve(project.folder, model) }
}

interface Curation<K extends Kind, S extends z.ZodType<object>> {
  readonly id: K
  readonly lane: Lane
  readonly request: S
  plan?(): Plan
  find(models: AppContext, project: Project, options: z.output<S>, control: Control): Promise<Found<K>> | Found<K>
}

/** A job whose result is stored next to the project; the job itself returns a summary. */
export const curation = <K extends Kind, S extends z.ZodType<object>>({ find, ...declared }: Curation<K, S>): JobKind =>
  jobKind({
    ...declared,
    run: async (job, options) => {
      const { models, project, tell } = job
      const began = performance.now()
      const found = await find(models, project, modelIn(project, options), controlOf(job))
      keepResult(project, declared.id, found, (performance.now() - began) / 1000)
      if (declared.id === 'duplicates') tell('project.changed', { what: ['media'] })
      return found.summary as z.core.util.JSONType
    },
  })
