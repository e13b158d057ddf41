/**
 * The desktop's end of the bridge to the application, which runs as a separate process and is restarted if it ends
 * unexpectedly.
 */
import { fromApplication, type MenuState, type ToApplication } from '#shared/contract/bridge.ts'
import { valueProblem } from '#shared/contract/bounds.ts'
import { numberOf, type Channel } from '#shared/contract/rpc.ts'
import { type Child, type ChildEnd, startChild } from '../../files/child.ts'
import type { Workbench } from '../node/bridge.ts'
import type { Host } from '../ports.ts'

export interface BridgeOptions {
  /** A plain Node executable, and the built index.app.ts. */
  node: string
  program: string
  /** The project that the next page to open should show. */
  project: () => string | null
  /** Called when something shown in the menu has changed. */
  changed: () => void
  /** Called with the reason if the process keeps ending or cannot start. */
  died: (reason: string) => void
}

/** After this many ends in a row, each within SOON ms of its start, the process is not restarted. */
const SOON = 10_000
const TRIES = 3

/** Refuses values that are not plain data, which JSON would change silently. */
function asPlain(message: unknown): unknown {
  const problem = valueProblem(message)
  return problem ? { call: numberOf(message), refused: problem } : message
}

function howEnded({ code, signal, said }: ChildEnd): string {
  if (code === null && signal === null) return said // it never started
  const last = said.trim().split('\n').at(-1)
  return `the application ended with ${signal ?? `code ${code}`}${last ? `: ${last}` : ''}`
}

export class RemoteWorkbench implements Workbench {
  private child: Child | null = null
  private host: Host | null = null
  private state: MenuState = { language: 'system', recent: [] }
  private readonly pages = new Map<number, Channel>()
  private readonly requests = new Map<number, (response: Response) => void>()
  private readonly ready: Promise<void>
  private isReady!: () => void
  private numbers = 0
  private short = 0
  private closing = false

  /** Starts the process right away, so that it gets ready while Electron does. */
  constructor(private readonly options: BridgeOptions) {
    this.ready = new Promise((resolve) => (this.isReady = resolve))
    this.start()
  }

  /** Resolves when the application is ready. */
  async begin(host: Host): Promise<void> {
    this.host = host
    this.greet()
    await this.ready
  }

  menu = (): MenuState => this.state

  attach(channel: Channel): void {
    const page = ++this.numbers
    this.pages.set(page, channel)
    this.send({ type: 'attach', page })
    channel.onMessage((message) => this.send({ type: 'said', page, message: asPlain(message) }))
    channel.onClose(() => {
      if (this.pages.delete(page)) this.send({ type: 'left', page })
    })
  }

  respond(path: string, signal: AbortSignal): Promise<Response> {
    const id = ++this.numbers
    return new Promise((resolve) => {
      const answer = (response: Response) => {
        if (this.requests.delete(id)) resolve(response)
      }
      this.requests.set(id, answer)
      signal.addEventListener('abort', () => {
        this.send({ type: 'abort', id })
        answer(new Response(null, { status: 499 }))
      })
      this.send({ type: 'request', id, path })
    })
  }

  tell = (event: Parameters<Workbench['tell']>[0]): void => {
    if ('open' in event) this.send({ type: 'project', project: event.open })
    this.send({ type: 'tell', event })
  }

  async close(): Promise<void> {
    this.closing = true
    this.send({ type: 'close' })
    await this.child?.ended
  }

  private send(message: ToApplication): void {
    this.child?.send(message)
  }

  private greet(): void {
    if (!this.host) return
    const { configFolder, cacheFolder, dataFolder, version } = this.host
    this.send({ type: 'begin', configFolder, cacheFolder, dataFolder, version, project: this.options.project() })
  }

  private start(): void {
    const begun = Date.now()
    const child = startChild(this.options.program, [], { node: this.options.node, onSaid: (text) => void process.stderr.write(text) })
    this.child = child
    let failure: string | null = null
    child.onMessage((raw) => {
      const message = fromApplication.parse(raw)
      if (message.type === 'failed') failure = message.message
      else this.take(message)
    })
    void child.ended.then((end) => {
      this.child = null
      for (const answer of this.requests.values()) answer(new Response(null, { status: 503 }))
      const pages = [...this.pages.values()]
      this.pages.clear()
      if (this.closing) return
      this.short = Date.now() - begun < SOON ? this.short + 1 : 0
      if (failure !== null || this.short >= TRIES) return this.options.died(failure ?? howEnded(end))
      this.start()
      this.greet()
      for (const page of pages) page.close() // the pages reconnect with their unsaved changes
    })
  }

  private take(message: Exclude<ReturnType<typeof fromApplication.parse>, { type: 'failed' }>): void {
    switch (message.type) {
      case 'state':
        this.state = message.state
        this.isReady()
        return this.options.changed()
      case 'tell':
        return this.pages.get(message.page)?.send(message.message)
      case 'hang-up':
        return this.pages.get(message.page)?.close()
      case 'response':
        return this.requests.get(message.id)?.(
          new Response(message.body ? Buffer.from(message.body, 'base64') : null, { status: message.status, headers: message.headers }),
        )
      case 'pick':
        void this.host!.pickFolder(message.title, message.start).then((choice) => this.send({ type: 'picked', id: message.id, choice }))
    }
  }
}
