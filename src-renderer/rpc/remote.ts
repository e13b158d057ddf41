/** The connection to the application: calls, events and reconnecting. */
import { reactive, readonly } from 'vue'
import type { EventData, EventName, Input, MethodName, Output } from '#shared/contract.ts'
import { connect, ConnectionLost, RemoteError, type Channel, type Client } from '#shared/contract/rpc.ts'
import { errorWords } from '../locales/error-words.ts'

type Listener<E extends EventName> = (data: EventData<E>) => void

/** Milliseconds between attempts: short at first, then two seconds. */
const attempts = [100, 250, 500, 1000, 2000]

export class Remote {
  private client: Client | null = null
  private readonly listeners = new Map<string, Set<Listener<never>>>()
  private readonly greeters: (() => Promise<void>)[] = []
  private readonly status = reactive({
    state: 'connecting' as 'connecting' | 'open' | 'lost',
    since: 0,
    /** Why the application refused this window although it can be reached. */
    problem: null as string | null,
  })
  /** The single loop that connects while there is no connection. */
  private making: Promise<void> | null = null
  readonly connection = readonly(this.status)

  constructor(private readonly open: () => Promise<Channel>) {}

  /** Called on each connection before any other calls are sent: greets and reopens the project. */
  greet(greeter: () => Promise<void>): void {
    this.greeters.push(greeter)
  }

  on<E extends EventName>(event: E, listener: Listener<E>): () => void {
    const set = this.listeners.get(event) ?? new Set()
    this.listeners.set(event, set.add(listener as Listener<never>))
    return () => set.delete(listener as Listener<never>)
  }

  /** @throws ConnectionLost if there is no connection, or it is lost before the answer arrives */
  call<M extends MethodName>(method: M, ...input: Record<string, never> extends Input<M> ? [Input<M>?] : [Input<M>]): Promise<Output<M>> {
    return this.client ? this.client.call(method, ...input) : Promise.reject(new ConnectionLost())
  }

  /** Like `call`, but applied once however often it is sent with this `op`. */
  operate<M extends MethodName>(op: string, method: M, input: Input<M>): Promise<Output<M>> {
    return this.client ? this.client.operate(op, method, input) : Promise.reject(new ConnectionLost())
  }

  /** Resolves once connected; reconnecting is automatic. */
  start(): Promise<void> {
    return this.status.state === 'open' ? Promise.resolve() : (this.making ??= this.make())
  }

  /** Runs `body`, and again from the start on the next connection if it was lost. */
  async insist<T>(body: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.start()
      const { client } = this
      try {
        const done = await body()
        if (this.client === client) return done // otherwise part of it may have given up silently
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
    // Registered before the handlers of `connect`: code that sees a lost call must also see the connection as lost.
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
      channel.close() // an unused one would still count as a window
      throw e
    }
    this.making = null
    Object.assign(this.status, { state: 'open', since: Date.now(), problem: null })
  }

  private lost(): void {
    if (this.status.state !== 'lost') Object.assign(this.status, { state: 'lost', since: Date.now() })
  }
}
