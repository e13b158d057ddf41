/** The application behind its faces: one for the process, a `Client` for each window. */
import { randomUUID } from 'node:crypto'
import type { EventData, EventName } from '#shared/contract.ts'
import { serve, type Channel, type Emit, type Handlers } from '#shared/contract/rpc.ts'
import { userError } from '#shared/errors.ts'
import type { Host, Served } from '../../host/ports.ts'
import { fileStates } from '../../db/media-file.ts'
import { Caches } from '../media/caches.ts'
import { checkMedia } from '../media/files.ts'
import { MediaService } from '../media/service.ts'
import type { Project } from '../projects/index.ts'
import type { AppContext } from '../context.ts'
import { makeHandlers } from './handlers/index.ts'
import { inPlainWords } from './handlers/words.ts'
import type { Plan } from './course.ts'
import { Jobs, type JobControl } from './jobs.ts'
import { once } from './once.ts'
import { paced } from './paced.ts'
import { ProjectPool, type OpenProject } from './pool.ts'
import { Preferences } from './preferences.ts'
import type { Job } from '#shared/contract/app.ts'

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

const namesakes = new WeakMap<Project, Map<string, Project>>()
/** The project as somebody else than its opener edits it: the same one, and the same thing each time. */
function named(project: Project, name: string | null): Project {
  if (name === null || name === project.user) return project
  let known = namesakes.get(project)
  if (!known) namesakes.set(project, (known = new Map()))
  let found = known.get(name)
  if (!found) known.set(name, (found = Object.create(project, { user: { value: name, enumerable: true } }) as Project))
  return found
}

/** One window. Methods act on the project that it has open. */
export class Client {
  readonly id = randomUUID()
  private opened: OpenProject | null = null
  emit: Emit = () => {}
  /** Who works in this window; null: the user of the machine. */
  name: string | null = null

  constructor(readonly app: App) {}

  get current(): OpenProject {
    if (!this.opened) throw userError('no project is open')
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

  /** Tells all windows of this project, this one included. */
  tell<E extends EventName>(event: E, data: EventData<E>): void {
    this.app.tellProject(this.current.key, event, data)
  }
  annotated(action: string, mediaIds: number[] = []): void {
    // Beyond this, windows look at everything again.
    this.tell('annotations.changed', { mediaIds: mediaIds.length > 2000 ? [] : mediaIds, action, origin: this.id })
  }
  /** A job on this window's project, which stays open until it ends. */
  startJob(
    kind: string,
    subject: string,
    body: (project: Project, control: JobControl, tell: Client['tell']) => Promise<Job['result']>,
    plan?: Plan,
  ): string {
    const opened = this.app.pool.take(this.project.folder)
    const { name } = this
    const tell: Client['tell'] = (event, data) => this.app.tellProject(opened.key, event, data)
    return this.app.jobs.start(
      kind,
      subject,
      async (control) => {
        try {
          return await body(named(opened.project, name), control, tell)
        } finally {
          this.app.pool.release(opened)
        }
      },
      plan,
    )
  }
}

export class App implements Served {
  readonly instance = randomUUID()
  readonly pool = new ProjectPool(({ key, project }) => this.tellProject(key, 'project.replaced', { replaced: project.db.replaced }))
  readonly preferences: Preferences
  readonly jobs: Jobs
  readonly media: MediaService
  readonly caches: Caches
  private readonly clients = new Set<Client>()
  private readonly handlers: Handlers<Client>
  private readonly report: (what: string, error: unknown) => void

  constructor(readonly options: AppOptions) {
    this.report = options.report ?? ((what, error) => console.error(`${what}:`, error))
    this.preferences = new Preferences(options.host.configFolder, options.changed)
    this.jobs = new Jobs((job) => {
      this.tellAll('jobs.changed', job)
      if (job.status !== 'running') void this.caches.trim('embeddings') // which a job may have made
    }, this.report)
    this.media = new MediaService(options.host.cacheFolder, { start: options.host.startChild })
    this.caches = new Caches(options.host.cacheFolder, this.media, () => this.preferences.settings.caches)
    this.handlers = inPlainWords(makeHandlers(this))
  }

  attach(channel: Channel): void {
    const client = new Client(this)
    this.clients.add(client)
    channel.onClose(() => {
      this.clients.delete(client)
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

  /** A picture that could not be shown, or could although it was known as unreadable: its file is another one than it was. */
  private lookAgain({ key, project }: OpenProject, id: number, shown: boolean): void {
    const known = fileStates(project.db, [id]).get(id)
    if (shown ? !known || known.problem === null : known && known.problem !== null) return
    const tell = () => this.tellProject(key, 'project.changed', { what: ['media'] })
    checkMedia(project, [id], { again: true }).then(tell, (e: unknown) => this.report('looking at a file', e))
  }

  tellAll<E extends EventName>(event: E, data: EventData<E>): void {
    for (const client of this.clients) client.emit(event, data)
  }
  tellProject<E extends EventName>(key: string, event: E, data: EventData<E>): void {
    for (const client of this.clients) if (client.has(key)) client.emit(event, data)
  }

  async close(): Promise<void> {
    await Promise.all([this.jobs.stop(), this.media.close()]) // what they leave is written down before the projects close
    await this.options.models.engine.close()
    await this.jobs.stop(1000) // what did not stop by itself has been ended now
    this.pool.closeAll()
  }
}
