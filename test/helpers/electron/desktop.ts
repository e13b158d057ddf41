/** The built desktop entry in a process of its own, under a stand-in for Electron; what a window would do is done from here. */
import { fork, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import { connect, type Channel, type Client } from '#shared/contract/rpc.ts'

interface Fetched {
  status: number
  headers: Record<string, string>
  body: string
}
type Message = Record<string, unknown>

export class Desktop {
  private readonly child: ChildProcess
  readonly messages: Message[] = []
  private readonly listeners = new Set<(message: Message) => void>()
  readonly exited: Promise<number | null>
  errors = ''
  private asked = 0
  private connected = 0

  /** `node`: the program that plays Electron's part; a packaged entry has its resources named in STAND_IN_RESOURCES. */
  constructor(entry: string, args: string[] = [], env: NodeJS.ProcessEnv = {}, node = process.execPath) {
    const program = path.join(import.meta.dirname, 'program.mjs')
    this.child = fork(program, [entry, ...args], { execPath: node, env: { ...process.env, ...env }, serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] })
    this.child.stderr!.on('data', (text: Buffer) => (this.errors += String(text)))
    this.child.on('message', (message) => {
      this.messages.push(message as Message)
      for (const listener of this.listeners) listener(message as Message)
    })
    this.exited = new Promise((resolve) => this.child.on('exit', resolve))
  }

  get pid(): number {
    return this.child.pid!
  }

  /** The first message that has this key, past or to come; throws where the program ends without it. */
  async hears(key: string, value?: unknown): Promise<Message> {
    const fits = (m: Message) => key in m && (value === undefined || m[key] === value)
    const known = this.messages.find(fits)
    if (known) return known
    return new Promise((resolve, reject) => {
      const listener = (message: Message) => {
        if (!fits(message)) return
        this.listeners.delete(listener)
        resolve(message)
      }
      this.listeners.add(listener)
      void this.exited.then((code) => reject(new Error(`ended with code ${code} before it told ${key}: ${this.errors}`)))
    })
  }

  async fetch(url: string, method = 'GET'): Promise<Fetched> {
    const id = ++this.asked
    this.child.send({ fetch: url, method, id })
    return (await this.hears('fetched', id)) as unknown as Fetched
  }

  /** A page's end of a port: what it sends is cloned on the way, as by Electron. */
  async connect(onEvent: Parameters<typeof connect>[1] = () => undefined): Promise<Client> {
    this.child.send({ connect: true })
    const { port } = await this.hears('port', ++this.connected)
    const channel: Channel = {
      send: (data) => void this.child.send({ to: port, data: data as Message }),
      onMessage: (listen) => void this.listeners.add((message) => message['from'] === port && listen(message['data'])),
      onClose: (listen) => {
        void this.exited.then(listen)
        this.listeners.add((message) => message['closed'] === port && listen())
      },
      close: () => undefined,
    }
    return connect(channel, onEvent)
  }

  quit = () => void this.child.send({ quit: true })
  kill = () => void this.child.kill('SIGKILL')
}
