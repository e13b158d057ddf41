/** The windows' end of the bridge to an application that is a process of its own: it is started again where it ended unexpectedly. */
import { spawn, type ChildProcess } from 'node:child_process'
import { fromApplication, type MenuState, type ToApplication } from '#shared/contract/bridge.ts'
import { valueProblem } from '#shared/contract/bounds.ts'
import { numberOf, type Channel } from '#shared/contract/rpc.ts'
import { childEnvironment, said } from '../../files/child.ts'
import type { Workbench } from '../node/bridge.ts'
import type { Host } from '../ports.ts'

export interface BridgeOptions {
  /** A plain Node, and the built index.app.ts. */
  node: string
  program: string
  /** What a page opens that begins, now. */
  project: () => string | null
  /** What the menu shows changed. */
  changed: () => void
  /** It ended again and again, or cannot begin: why. */
  died: (reason: string) => void
}

/** Ends within so many milliseconds of its start, so often one after the other, and it is not started again. */
const SOON = 10_000
const TRIES = 3

/** What is no plain data is refused here: as JSON it would arrive as something else. */
function asPlain(message: unknown): unknown {
  const problem = valueProblem(message)
  return problem ? { call: numberOf(message), refused: problem } : message
}

export class RemoteWorkbench implements Workbench {
  private child: ChildProcess | null = null
  private host: Host | null = null
  private state: MenuState = { language: 'system', recent: [] }
  private readonly pages = new Map<number, Channel>()
  private readonly requests = new Map<number, (response: Response) => void>()
  private readonly ready: Promise<void>
  private isReady!: () => void
  private numbers = 0
  private short = 0
  private closing = false

  /** Starts the process, which gets ready while Electron does. */
  constructor(private readonly options: BridgeOptions) {
    this.ready = new Promise((resolve) => (this.isReady = resolve))
    this.start()
  }

  /** Resolves when the application is there. */
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
    const { child } = this
    if (!child) return
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    this.send({ type: 'close' })
    await ended
  }

  private send(message: ToApplication): void {
    if (this.child?.connected) this.child.send(message, () => undefined) // that it is gone is told by 'exit'
  }

  private greet(): void {
    if (!this.host) return
    const { configFolder, cacheFolder, dataFolder, version } = this.host
    this.send({ type: 'begin', configFolder, cacheFolder, dataFolder, version, project: this.options.project() })
  }

  private start(): void {
    const begun = Date.now()
    // Not `fork`: Electron's own would set ELECTRON_RUN_AS_NODE.
    const child = spawn(this.options.node, [this.options.program], { env: childEnvironment(), stdio: ['ignore', 'ignore', 'pipe', 'ipc'], windowsHide: true })
    this.child = child
    let words = ''
    let failure: string | null = null
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      words = said(words, text)
      process.stderr.write(text)
    })
    child.on('message', (raw) => {
      const message = fromApplication.parse(raw)
      if (message.type === 'failed') failure = message.message
      else this.take(message)
    })
    let gone = false
    const ended = (how: string) => {
      if (gone) return
      gone = true
      this.child = null
      for (const answer of this.requests.values()) answer(new Response(null, { status: 503 }))
      const pages = [...this.pages.values()]
      this.pages.clear()
      if (this.closing) return
      this.short = Date.now() - begun < SOON ? this.short + 1 : 0
      if (failure !== null || this.short >= TRIES) return this.options.died(failure ?? `${how}${words ? `: ${words.trim().split('\n').at(-1)}` : ''}`)
      this.start()
      this.greet()
      for (const page of pages) page.close() // its page comes again, with what was not saved yet
    }
    child.on('error', (e) => ended(e.message))
    child.on('exit', (code, signal) => ended(`the application ended with ${signal ?? `code ${code}`}`))
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
        return this.requests.get(message.id)?.(new Response(message.body ? Buffer.from(message.body, 'base64') : null, { status: message.status, headers: message.headers }))
      case 'pick':
        void this.host!.pickFolder(message.title, message.start).then((choice) => this.send({ type: 'picked', id: message.id, choice }))
    }
  }
}
