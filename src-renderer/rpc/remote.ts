/** The connection to the application: calls, events, and finding back after it was lost. */
import { reactive, readonly } from 'vue'
import type { EventData, EventName, Input, MethodName, Output } from '#shared/contract.ts'
import { connect, ConnectionLost, RemoteError, type Channel, type Client } from '#shared/contract/rpc.ts'
import { errorWords } from '../locales/error-words.ts'

type Listener<E extends EventName> = (data: EventData<E>) => void

/** Milliseconds between attempts: soon at first, then every two seconds. */
const attempts = [100, 250, 500, 1000, 2000]

export class Remote {
  private client: Client | null = null
  private readonly listeners = new Map<string, Set<Listener<never>>>()
  private readonly greeters: (() => Promise<void>)[] = []
  private readonly status = reactive({
    state: 'connecting' as 'connecting' | 'open' | 'lost',
    since: 0,
    /** Why the application, which can be reached, did not take up this window. */
    problem: null as string | null,
  })
  /** The one loop that makes a connection, while there is none. */
  private making: Promise<void> | null = null
  readonly connection = readonly(this.status)

  constructor(private readonly open: () => Promise<Channel>) {}

  /** Called on each connection, before anybody else's calls pass: says hello, opens the project again. */
  greet(greeter: () => Promise<void>): void {
    this.greeters.push(greeter)
  }

  on<E extends EventName>(event: E, listener: Listener<E>): () => void {
    const set = this.listeners.get(event) ?? new Set()
    this.listeners.set(event, set.add(listener as Listener<never>))
    return () => set.delete(listener as Listener<never>)
  }

  /** Rejects with ConnectionLost where there is no connection, or it goes before the answer comes. */
  call<M extends MethodName>(method: M, ...input: Record<string, never> extends Input<M> ? [Input<M>?] : [Input<M>]): Promise<Output<M>> {
    return this.client ? this.client.call(method, ...input) : Promise.reject(new ConnectionLost())
  }

  /** As `call`, made once however often it is asked for under this name. */
  operate<M extends MethodName>(op: string, method: M, input: Input<M>): Promise<Output<M>> {
    return this.client ? this.client.operate(op, method, input) : Promise.reject(new ConnectionLost())
  }

  /** Resolves when there is a connection; later ones are made by themselves. */
  start(): Promise<void> {
    return this.status.state === 'open' ? Promise.resolve() : (this.making ??= this.make())
  }

  /** Does what a lost connection may interrupt, from its beginning again with the next one. */
  async insist<T>(body: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.start()
      const { client } = this
      try {
        const done = await body()
        if (this.client === client) return done // else something in it may have given up without a word
      } catch (e) {
        if (!(e instanceof ConnectionLost)) throw e
      }
    }
  }

  private async make(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.establish()
      } catch (e) {
        this.status.problem = e instanceof RemoteError ? errorWords(e) : null
        if (this.status.state === 'connecting' && (attempt >= 3 || this.status.problem !== null)) this.lost()
        await new Promise((resolve) => setTimeout(resolve, attempts[Math.min(attempt, attempts.length - 1)]))
      }
    }
  }

  private async establish(): Promise<void> {
    const channel = await this.open()
    let client: Client | null = null
    const present = () => client !== null && this.client === client
    // Before those of `connect`: whoever hears that a call was lost finds the connection lost, too.
    channel.onClose(() => {
      if (!present()) return
      this.client = null
      this.lost()
      void this.start()
    })
    client = connect(channel, (event, data) => {
      if (present()) for (const listener of this.listeners.get(event) ?? []) listener(data as never)
    })
    this.client = client
    try {
      for (const greeter of this.greeters) await greeter()
      if (!present()) throw new ConnectionLost()
    } catch (e) {
      if (present()) this.client = null
      channel.close() // one that is not used would still be a window to the application
      throw e
    }
    this.making = null
    Object.assign(this.status, { state: 'open', since: Date.now(), problem: null })
  }

  private lost(): void {
    if (this.status.state !== 'lost') Object.assign(this.status, { state: 'lost', since: Date.now() })
  }
}
