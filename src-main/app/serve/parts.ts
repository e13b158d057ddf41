/** What the handlers of the contract work with. The application makes them; see app.ts. */
import type { EventData, EventName } from '#shared/contract.ts'
import type { Handlers } from '#shared/contract/rpc.ts'
import type { Host } from '../../host/ports.ts'
import type { AppContext } from '../context.ts'
import type { Caches } from '../media/caches.ts'
import type { Queue } from '../work/queue.ts'
import type { Client } from './client.ts'
import type { LiveRuns, TellProject } from './live-runs.ts'
import type { ProjectPool } from './pool.ts'
import type { Preferences } from './preferences.ts'

export interface AppOptions {
  host: Host
  /** The engine and the models in the box. */
  models: AppContext
  /** Opened by windows that come without a project of their own. */
  project?: string | null
  /** Hears that settings or the list of recent projects changed. */
  changed?: () => void
  /** Hears of faults of the program. */
  report?: (what: string, error: unknown) => void
}

export interface Parts {
  readonly options: AppOptions
  /** Of this start of the program. */
  readonly instance: string
  readonly pool: ProjectPool
  readonly preferences: Preferences
  readonly queue: Queue
  readonly runs: LiveRuns
  readonly caches: Caches
  tellAll<E extends EventName>(event: E, data: EventData<E>): void
  readonly tellProject: TellProject
}

/** The part of the contract that a file answers. */
export type HandlersOf<M> = Pick<Handlers<Client>, keyof M & keyof Handlers<Client>>
