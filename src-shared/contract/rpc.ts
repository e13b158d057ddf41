/**
 * Calls and events over any channel of structured messages. A call is a request and one answer with its number; there are no
 * timeouts, because long work answers at once with an id and goes on as events.
 */
import { z } from 'zod'
import { DashiError, errorLine, faults, type Fault } from '../errors.ts'
import { conflict, ConflictError, type Conflict } from '../model/conflict.ts'
import { events, isEvent, isMethod, methods, type EventData, type EventName, type Input, type MethodName, type Output, type Parsed } from '../contract.ts'

/** What a transport must offer. Messages keep their order; none is lost before `onClose`. */
export interface Channel {
  send(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  onClose(listener: () => void): void
  close(): void
}

const faultSchema = z.enum([...faults, 'program'])
/** `op` names an operation that is to be made once, however often it is asked for. */
const request = z.object({ call: z.number().int(), method: z.string(), input: z.unknown().optional(), op: z.string().regex(/^[!-~]{8,64}$/).optional() })
const answer = z.object({ answer: z.number().int(), output: z.unknown().optional(), error: z.object({ fault: faultSchema, message: z.string(), conflicts: z.array(conflict).optional() }).optional() })
const notice = z.object({ event: z.string(), data: z.unknown() })

export type Handlers<C> = { [M in MethodName]: (input: Parsed<M>, client: C) => Output<M> | Promise<Output<M>> }
/** Does `body`, or answers as it did the first time where the operation was made already. */
export type Once<C> = (op: string, client: C, body: () => unknown) => unknown
export type Emit = <E extends EventName>(event: E, data: EventData<E>) => void

const issueLine = (what: string, error: z.ZodError) => {
  const issue = error.issues[0]!
  return `${[what, ...issue.path].join('.')}: ${issue.message}`
}

/** The application's end: answers calls, and returns what sends events. `report` hears of faults of the program. */
export function serve<C>(channel: Channel, handlers: Handlers<C>, client: C, report: (method: string, error: unknown) => void, once: Once<C> = (_, __, body) => body()): Emit {
  let open = true
  channel.onClose(() => (open = false))
  const send = (message: unknown) => open && channel.send(message)
  channel.onMessage((message) => {
    const asked = request.safeParse(message)
    if (!asked.success) return // not a call; nothing could be answered
    const { call, method: name, input, op } = asked.data
    const fail = (fault: Fault | 'program', message: string, conflicts?: Conflict[]) => send({ answer: call, error: { fault, message, ...(conflicts && { conflicts }) } })
    if (!isMethod(name)) return fail('user', `${name}: there is no such method`)
    const parsed = methods[name].input.safeParse(input)
    if (!parsed.success) return fail('user', issueLine(name, parsed.error))
    const handler = handlers[name] as (input: unknown, client: C) => unknown
    void (async () => {
      try {
        const body = () => handler(parsed.data, client)
        send({ answer: call, output: await (op === undefined ? body() : once(op, client, body)) })
      } catch (e) {
        if (!(e instanceof DashiError)) report(name, e)
        fail(e instanceof DashiError ? e.fault : 'program', errorLine(e), e instanceof ConflictError ? e.conflicts : undefined)
      }
    })()
  })
  return (event, data) => send({ event, data })
}

/** The call reached nobody, or its answer was lost: whether it was carried out is not known. */
export class ConnectionLost extends Error {
  constructor() {
    super('the connection was lost')
  }
}

/** An error on the other side. */
export class RemoteError extends Error {
  constructor(
    readonly fault: z.infer<typeof faultSchema>,
    message: string,
    /** Of a conflict: what somebody else changed meanwhile. */
    readonly conflicts: readonly Conflict[] = [],
  ) {
    super(message)
  }
}

export interface Client {
  call<M extends MethodName>(method: M, ...input: Record<string, never> extends Input<M> ? [Input<M>?] : [Input<M>]): Promise<Output<M>>
  /** A change: asked for again under the same name, it is made once. */
  operate<M extends MethodName>(op: string, method: M, input: Input<M>): Promise<Output<M>>
}

/** A face's end. */
export function connect(channel: Channel, onEvent: <E extends EventName>(event: E, data: EventData<E>) => void): Client {
  const waiting = new Map<number, { method: MethodName; resolve: (output: never) => void; reject: (e: Error) => void }>()
  let calls = 0
  let open = true
  channel.onClose(() => {
    open = false
    for (const { reject } of waiting.values()) reject(new ConnectionLost())
    waiting.clear()
  })
  channel.onMessage((message) => {
    const answered = answer.safeParse(message)
    if (answered.success) {
      const { answer: call, output, error } = answered.data
      const asker = waiting.get(call)
      waiting.delete(call)
      if (!asker) return
      if (error) return asker.reject(new RemoteError(error.fault, error.message, error.conflicts))
      const parsed = methods[asker.method].output.safeParse(output)
      if (parsed.success) asker.resolve(parsed.data as never)
      else asker.reject(new RemoteError('program', issueLine(asker.method, parsed.error)))
      return
    }
    const told = notice.safeParse(message)
    if (!told.success || !isEvent(told.data.event)) return
    const data = events[told.data.event].safeParse(told.data.data)
    if (data.success) onEvent(told.data.event, data.data as never)
  })
  const ask = <M extends MethodName>(method: M, input: unknown, op?: string) =>
    new Promise<Output<M>>((resolve, reject) => {
      if (!open) return reject(new ConnectionLost())
      const call = ++calls
      waiting.set(call, { method, resolve, reject })
      channel.send({ call, method, input, ...(op !== undefined && { op }) })
    })
  return { call: (method, ...[input]) => ask(method, input ?? {}), operate: (op, method, input) => ask(method, input, op) }
}
