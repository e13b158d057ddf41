/** The application behind its interfaces: one per process, with a `Client` for each window. */
import { createHash, randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import type { EventData, EventName } from '#shared/contract.ts'
import { serve, type Channel, type Handlers } from '#shared/contract/rpc.ts'
import type { Served } from '../../host/ports.ts'
import { isOpen } from '#shared/model/queue.ts'
import { fileStates } from '../../db/media-file.ts'
import { Caches } from '../media/caches.ts'
import { checkMedia } from '../media/files.ts'
import { MediaService } from '../media/service.ts'
import { Ahead } from '../preview/ahead.ts'
import { jobKinds } from '../work/kinds.ts'
import { Queue } from '../work/queue.ts'
import { makeRoom } from '../storage/storage.ts'
import { Client } from './client.ts'
import { makeHandlers } from './handlers/index.ts'
import { inPlainWords } from './handlers/words.ts'
import { LiveRuns } from './live-runs.ts'
import { once } from './once.ts'
import { paced } from './paced.ts'
import type { AppOptions, Parts } from './parts.ts'
import { ProjectPool, type OpenProject } from './pool.ts'
import { Preferences } from './preferences.ts'

export type { AppOptions }

export class App implements Served, Parts {
  readonly instance = randomUUID()
  readonly pool: ProjectPool
  readonly preferences: Preferences
  readonly queue: Queue
  readonly runs = new LiveRuns((key, event, data) => this.tellProject(key, event, data))
  readonly media: MediaService
  readonly caches: Caches
  readonly ahead: Ahead
  private readonly clients = new Set<Client>()
  private readonly handlers: Handlers<Client>
  private readonly report: (what: string, error: unknown) => void

  constructor(readonly options: AppOptions) {
    this.report = options.report ?? ((what, error) => console.error(`${what}:`, error))
    this.preferences = new Preferences(options.host.configFolder, options.changed)
    this.pool = new ProjectPool({
      opened: (project) => this.queue.adopt(project),
      closed: ({ key }) => this.queue.forget(key),
      replaced: ({ key, project }) => this.tellProject(key, 'project.replaced', { replaced: project.db.replaced }),
    })
    const installation = this.preferences.installation()
    this.queue = new Queue({
      models: options.models,
      kinds: jobKinds,
      projects: this.pool,
      home: (folder) =>
        createHash('sha256')
          .update(`${installation}\n${resolve(folder)}`)
          .digest('hex'),
      hooks: {
        changed: (entry) => {
          this.tellAll('jobs.changed', entry)
          if (!isOpen(entry)) void this.trim() // the job may have added to what is kept
        },
        tell: (key, event, data) => this.tellProject(key, event, data),
        continues: (runId, curve) => this.runs.continues(runId, curve),
        progress: (key, runId, now) => this.runs.progress(key, runId, now),
        ended: (key, runId, job) => this.runs.ended(key, runId, job),
      },
      report: this.report,
    })
    this.media = new MediaService(options.host.cacheFolder, { start: options.host.startChild })
    this.caches = new Caches(options.host.cacheFolder, this.media, () => this.preferences.settings.caches)
    this.ahead = new Ahead(options.models)
    this.handlers = inPlainWords(makeHandlers(this))
  }

  attach(channel: Channel): void {
    const client = new Client(this)
    this.clients.add(client)
    channel.onClose(() => {
      this.clients.delete(client)
      this.ahead.leave(client.id)
      client.open(null)
    })
    client.emit = serve(paced(channel), this.handlers, client, this.report, (op, { project }, body) => once(project, op, body))
  }

  async respond(path: string, signal: AbortSignal): Promise<Response> {
    const [, , key = '', id = '', ...rest] = path.split('/')
    const opened = this.pool.byKey(key)
    if (!opened || !/^[1-9]\d{0,14}$/.test(id)) return new Response('Not found', { status: 404 })
    const response = await this.media.respond(opened.project, Number(id), rest, signal)
    this.lookAgain(opened, Number(id), response.ok)
    return response
  }

  /** Called when a picture's readability does not match what is known of its file: the file has changed since it was checked. */
  private lookAgain({ key, project }: OpenProject, id: number, shown: boolean): void {
    const known = fileStates(project.db, [id]).get(id)
    if (shown ? !known || known.problem === null : known && known.problem !== null) return
    const tell = () => this.tellProject(key, 'project.changed', { what: ['media'] })
    checkMedia(project, [id], { again: true }).then(tell, (e: unknown) => this.report('looking at a file', e))
  }

  private async trim(): Promise<void> {
    await this.caches.trim('embeddings')
    await makeRoom(this.options.models, 0)
  }

  tellAll<E extends EventName>(event: E, data: EventData<E>): void {
    for (const client of this.clients) client.emit(event, data)
  }
  tellProject<E extends EventName>(key: string, event: E, data: EventData<E>): void {
    for (const client of this.clients) if (client.has(key)) client.emit(event, data)
  }

  async close(): Promise<void> {
    await Promise.all([this.queue.stop(), this.media.close()]) // their final state must be written before the projects close
    await this.options.models.engine.close()
    await this.queue.stop(1000) // jobs that did not stop by themselves have been terminated by now
    this.pool.closeAll()
  }
}
