import type { Project } from '../projects/project.ts'
import type { JobContext } from './kind.ts'
import type { LiveJob } from './live-job.ts'
import { named } from './named.ts'
import type { Held, QueueOptions } from './queue-options.ts'

/** What a job of the queue may use while it runs. */
export function contextOf(
  { held, live, abort }: { readonly held: Held | null; readonly live: LiveJob; readonly abort: AbortController },
  { models, hooks }: Pick<QueueOptions, 'models' | 'hooks'>,
): JobContext {
  const { kind, user, runId } = live.record
  return {
    models,
    signal: abort.signal,
    get project(): Project {
      if (!held) throw new Error(`a job of the kind ${kind} belongs to no project`)
      return named(held.project, user || null)
    },
    get runId(): string {
      if (runId === null) throw new Error(`a job of the kind ${kind} is no run`)
      return runId
    },
    progress(now) {
      const standing = live.progress(now)
      if (held && runId !== null) hooks.progress(held.key, runId, { ...now, ...standing })
    },
    tell: (event, data) => void (held && hooks.tell(held.key, event, data)),
    continues: (curve) => void (runId !== null && hooks.continues(runId, curve)),
  }
}
