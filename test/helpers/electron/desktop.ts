/** The built desktop entry in its own process, with a stand-in for Electron; the test plays the part of the window. */
import { fork, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import { programRoot } from '../../../src-main/program.ts'
import { connect, type Channel, type Client } from '#shared/contract/rpc.ts'

interface Fetched {
  status: number
  headers: Record<string, string>
  bytes: Uint8Array
  body: string
}
type Message = Record<string, unknown>

export class Desktop {
  private readonly child: ChildProcess
  /** All messages received, except those about fetches and ports. */
  readonly messages: Message[] = []
  private readonly listeners = new Set<(message: Message) => void>()
  private readonly fetching = new Map<number, (message: Message) => void>()
  private readonly ports = new Map<number, { take(data: unknown): void; gone(): void }>()
  readonly exited: Promise<number | null>
  errors = ''
  private asked = 0

  /** `node`: the program that plays Electron's part. A packaged entry gets its resources folder through STAND_IN_RESOURCES. */
  constructor(entry: string, args: string[] = [], env: NodeJS.ProcessEnv = {}, node = process.execPath) {
    const program = path.join(programRoot, 'test', 'helpers', 'electron', 'program.mjs')
    this.child = fork(program, [entry, ...args], {
      execPath: node,
      env: { ...process.env, ...env },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
    })
    this.child.stderr!.on('data', (text: Buffer) => (this.errors += String(text)))
    this.child.on('message', (message) => this.take(message as Message))
    this.exited = new Promise((resolve) => this.child.on('exit', resolve))
  }

  private take(message: Message): void {
    if ('fetched' in message) return this.fetching.get(message['fetched'] as number)?.(message)
    if ('from' in message) return this.ports.get(message['from'] as number)?.take(message['data'])
    if ('closed' in message) this.ports.get(message['closed'] as number)?.gone()
    this.messages.push(message)
    for (const listener of this.listeners) listener(message)
  }
  /** Ignored once the program has ended. */
  private tell = (message: Message) => void (this.child.connected && this.child.send(message))

  get pid(): number {
    return this.child.pid!
  }

  /** The first message with this key, past or future; throws if the program ends without one. */
  async hears(key: string, value?: unknown): Promise<Message> {
    return this.unless(key, (resolve) => {
      const fits = (m: Message) => key in m && (value === undefined || m[key] === value)
      const known = this.messages.find(fits)
      if (known) return resolve(known)
      const listener = (message: Message) => {
        if (!fits(message)) return
        this.listeners.delete(listener)
        resolve(message)
      }
      this.listeners.add(listener)
    })
  }
  private unless(what: string, wait: (resolve: (message: Message) => void) => void): Promise<Message> {
    return new Promise((resolve, reject) => {
      wait(resolve)
      void this.exited.then((code) => reject(new Error(`ended with code ${code} before it told ${what}: ${this.errors}`)))
    })
  }

  /** Rejects if the response is cut off, as it does for a page. `signal`: the page aborts the request. */
  async fetch(url: string, method = 'GET', signal?: AbortSignal): Promise<Fetched> {
    const id = ++this.asked
    const answered = this.unless(url, (resolve) => this.fetching.set(id, resolve))
    this.tell({ fetch: url, method, id })
    signal?.addEventListener('abort', () => this.tell({ giveUp: id }))
    const { status, headers, body, failed } = (await answered.finally(() => this.fetching.delete(id))) as {
      status: number
      headers: Record<string, string>
      body: Uint8Array
      failed: boolean
    }
    if (failed) throw new Error(`${url}: the answer broke off`)
    return { status, headers, bytes: body, body: Buffer.from(body).toString() }
  }

  /** The page's end of a new port: messages are cloned on the way, as by Electron. */
  async port(): Promise<Channel> {
    const number = ++this.asked
    this.tell({ connect: number })
    const port = (await this.hears('connect', number))['port'] as number
    const early: unknown[] = []
    let listen: ((data: unknown) => void) | null = null
    const closed: (() => void)[] = []
    const gone = () => {
      this.ports.delete(port)
      for (const listener of closed.splice(0)) listener()
    }
    this.ports.set(port, { take: (data) => (listen ? listen(data) : early.push(data)), gone })
    void this.exited.then(gone)
    return {
      send: (data) => this.tell({ to: port, data }),
      onMessage: (listener) => {
        listen = listener
        for (const data of early.splice(0)) listener(data)
      },
      onClose: (listener) => void closed.push(listener),
      close: () => this.tell({ leave: port }),
    }
  }
  connect = async (onEvent: Parameters<typeof connect>[1] = () => undefined): Promise<Client> => connect(await this.port(), onEvent)

  /** Sets what the person chooses in the next native folder dialog. */
  chooses = (folder: string) => this.tell({ choose: folder })
  quit = () => this.tell({ quit: true })
  kill = () => void this.child.kill('SIGKILL')
}
