/** One window. Its methods act on the project it has open. */
import { randomUUID } from 'node:crypto'
import type { EventData, EventName } from '#shared/contract.ts'
import type { Emit } from '#shared/contract/rpc.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { jsonObject } from '#shared/model/project.ts'
import type { Project } from '../projects/index.ts'
import { named } from '../work/named.ts'
import type { Queue } from '../work/queue.ts'
import type { Asked } from '../work/queue-options.ts'
import type { OpenProject, ProjectPool } from './pool.ts'

interface Household {
  readonly pool: ProjectPool
  readonly queue: Queue
  tellProject<E extends EventName>(key: string, event: E, data: EventData<E>): void
}

/** From this number of changed images on, windows reload everything. */
const mostImages = 2000

export class Client {
  readonly id = randomUUID()
  private opened: OpenProject | null = null
  emit: Emit = () => {}
  /** Name of the person working in this window; null for the machine's user. */
  name: string | null = null

  constructor(private readonly app: Household) {}

  get current(): OpenProject {
    if (!this.opened) throw userError(sentence('project.none-open'))
    return this.opened
  }
  get project(): Project {
    return named(this.current.project, this.name)
  }
  has = (key: string): boolean => this.opened?.key === key

  open(opened: OpenProject | null): void {
    if (this.opened) this.app.pool.release(this.opened)
    this.opened = opened
  }

  /** Sends an event to all windows of this project, including this one. */
  tell<E extends EventName>(event: E, data: EventData<E>): void {
    this.app.tellProject(this.current.key, event, data)
  }
  annotated(action: string, mediaIds: number[] = []): void {
    this.tell('annotations.changed', { mediaIds: mediaIds.length > mostImages ? [] : mediaIds, action, origin: this.id })
  }
  /**
   * Queues a job for this window's project.
   * @param request as required by the kind's record
   */
  queue(
    kind: string,
    request: unknown,
    asked: Omit<Asked, 'request' | 'project'> = {},
  ): { readonly jobId: string; readonly runId: string | null } {
    return this.app.queue.add(kind, {
      ...asked,
      request: jsonObject.parse(request),
      project: { folder: this.project.folder, user: this.name },
    })
  }
}
