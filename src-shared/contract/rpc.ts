/**
 * Calls and events over any channel of structured messages. A call is a request with a number, and one answer with
 * the same number; there are no timeouts, because long work returns an id at once and reports by events.
 */
import { z } from 'zod'
import { DashiError, errorLine, faults, type Fault } from '../errors.ts'
import { sentenceSchema, type Sentence } from '../sentences/table.ts'
import { conflict, ConflictError, type Conflict } from '../model/conflict.ts'
import { valueProblem } from './bounds.ts'
import {
  events,
  isEvent,
  isMethod,
  methods,
  type EventData,
  type EventName,
  type Input,
  type MethodName,
  type Output,
  type Parsed,
} from '../contract.ts'

/**
 * What a transport must provide. Messages keep their order, and none is lost before `onClose`. A message that exceeds
 * the limits of `bounds.ts` is never parsed; if its call number can be determined, it is delivered as `{ call,
 * refused: why }`.
 */
export interface Channel {
  /** Throws if the message cannot be sent. */
  send(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  onClose(listener: () => void): void
  close(): void
  /** Pauses or resumes receiving, if the transport can. */
  hold?(held: boolean): void
  /** Bytes sent but not yet received by the other end, if the transport knows. */
  unsent?(): number
}

const faultSchema = z.enum([...faults, 'program'])
/** `op` identifies an operation that is executed once, however often it is requested. */
const request = z.object({
  call: z.number().int(),
  method: z.string(),
  input: z.unknown().optional(),
  op: z
    .string()
    .regex(/^[!-~]{8,64}$/)
    .optional(),
})
const refusal = z.object({ call: z.number().int(), refused: z.string() })
const answer = z.object({
  answer: z.number().int(),
  output: z.unknown().optional(),
  error: z
    .object({ fault: faultSchema, message: z.string(), sentence: sentenceSchema.optional(), conflicts: z.array(conflict).optional() })
    .optional(),
})
const notice = z.object({ event: z.string(), data: z.unknown() })

export type Handlers<C> = { [M in MethodName]: (input: Parsed<M>, client: C) => Output<M> | Promise<Output<M>> }
/** Executes `body`, or returns the first answer if the operation was already executed. */
export type Once<C> = (op: string, client: C, body: () => unknown) => unknown
export type Emit = <E extends EventName>(event: E, data: EventData<E>) => void

/** Limits the length of a message that may echo input. */
const clipped = (message: string) => (message.length > 500 ? `${message.slice(0, 500)}…` : message)
const issueLine = (what: string, error: z.ZodError) => {
  const issue = error.issues[0]!
  // For a record's key, zod's own message says only that it is invalid.
  const why = issue.code === 'invalid_key' ? issue.issues[0]!.message : issue.message
  return `${[what, ...issue.path].join('.')}: ${why}`
}

/** The number of a message that may be a call. */
export const numberOf = (message: unknown): number | null => {
  const call: unknown = (message as { call?: unknown } | null)?.call
  return Number.isSafeInteger(call) ? (call as number) : null
}

/**
 * The application's end: answers each numbered call exactly once.
 * @param report receives internal errors
 * @returns a function that sends events
 */
export function serve<C>(
  channel: Channel,
  handlers: Handlers<C>,
  client: C,
  report: (method: string, error: unknown) => void,
  once: Once<C> = (_, __, body) => body(),
): Emit {
  let open = true
  channel.onClose(() => (open = false))
  const send = (message: unknown) => open && channel.send(message)
  channel.onMessage((message) => {
    try {
      take(message)
    } catch (e) {
      report('a message', e) // a malformed message affects only its sender
    }
  })
  function take(message: unknown): void {
    const fail = (call: number, fault: Fault | 'program', message: string, more: { conflicts?: Conflict[]; sentence?: Sentence } = {}) =>
      send({ answer: call, error: { fault, message: clipped(message), ...more } })
    const refused = refusal.safeParse(message)
    if (refused.success) return void fail(refused.data.call, 'user', `the call ${refused.data.refused}`)
    const problem = valueProblem(message)
    const asked = problem ? null : request.safeParse(message)
    if (!asked?.success) {
      const number = numberOf(message) // without a number it cannot be answered
      return void (number !== null && fail(number, 'user', `the call ${problem ?? issueLine('is none', asked!.error!)}`))
    }
    const { call, method: name, input, op } = asked.data
    if (!isMethod(name)) return void fail(call, 'user', `${name.slice(0, 100)}: there is no such method`)
    void (async () => {
      try {
        const parsed = methods[name].input.safeParse(input)
        if (!parsed.success) return fail(call, 'user', issueLine(name, parsed.error))
        const body = () => (handlers[name] as (input: unknown, client: C) => unknown)(parsed.data, client)
        send({ answer: call, output: await (op === undefined ? body() : once(op, client, body)) })
      } catch (e) {
        if (!(e instanceof DashiError)) report(name, e)
        if (!(e instanceof DashiError)) return fail(call, 'program', errorLine(e))
        const sayable = e.sentence && valueProblem(e.sentence) === null // an answer exceeding the limits would never arrive
        fail(call, e.fault, errorLine(e), {
          ...(e instanceof ConflictError && { conflicts: e.conflicts }),
          ...(sayable && { sentence: e.sentence }),
        })
      }
    })().catch((e: unknown) => report(name, e))
  }
  return (event, data) => send({ event, data })
}

/** The call was not delivered, or its answer was lost: whether it was executed is unknown. */
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
    /** For a conflict: what somebody else changed meanwhile. */
    readonly conflicts: readonly Conflict[] = [],
    /** The message in translatable form. */
    readonly sentence?: Sentence,
  ) {
    super(message)
  }
}

export interface Client {
  call<M extends MethodName>(method: M, ...input: Record<string, never> extends Input<M> ? [Input<M>?] : [Input<M>]): Promise<Output<M>>
  /** A modification: repeated under the same `op`, it is executed once. */
  operate<M extends MethodName>(op: string, method: M, input: Input<M>): Promise<Output<M>>
}

/** The client's end. */
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
      if (error) return asker.reject(new RemoteError(error.fault, error.message, error.conflicts, error.sentence))
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
      try {
        channel.send({ call, method, input, ...(op !== undefined && { op }) })
      } catch (e) {
        waiting.delete(call)
        reject(new RemoteError('user', errorLine(e))) // retrying would fail again
      }
    })
  return { call: (method, ...[input]) => ask(method, input ?? {}), operate: (op, method, input) => ask(method, input, op) }
}
