/** What the contract's handlers work with; created in app.ts. */
import type { EventData, EventName } from '#shared/contract.ts'
import type { Handlers } from '#shared/contract/rpc.ts'
import type { Host } from '../../host/ports.ts'
import type { AppContext } from '../context.ts'
import type { Ahead } from '../preview/ahead.ts'
import type { Caches } from '../media/caches.ts'
import type { Queue } from '../work/queue.ts'
import type { Client } from './client.ts'
import type { LiveRuns, TellProject } from './live-runs.ts'
import type { ProjectPool } from './pool.ts'
import type { Preferences } from './preferences.ts'

export interface AppOptions {
  host: Host
  /** The engine and the bundled models. */
  models: AppContext
  /** Opened by windows that do not name a project. */
  project?: string | null
  /** Called when the settings or the list of recent projects have changed. */
  changed?: () => void
  /** Receives internal errors. */
  report?: (what: string, error: unknown) => void
}

export interface Parts {
  readonly options: AppOptions
  /** Identifies this start of the program. */
  readonly instance: string
  readonly pool: ProjectPool
  readonly preferences: Preferences
  readonly queue: Queue
  readonly runs: LiveRuns
  readonly caches: Caches
  readonly ahead: Ahead
  tellAll<E extends EventName>(event: E, data: EventData<E>): void
  readonly tellProject: TellProject
}

/** The part of the contract that one file implements. */
export type HandlersOf<M> = Pick<Handlers<Client>, keyof M & keyof Handlers<Client>>
