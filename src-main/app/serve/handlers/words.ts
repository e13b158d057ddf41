import type { Handlers } from '#shared/contract/rpc.ts'
import { inWords } from '../../../files/words.ts'

/** Turns system errors on paths named by a window into one-line messages, rather than internal errors. */
export function inPlainWords<C>(handlers: Handlers<C>): Handlers<C> {
  const plain = (handler: (input: never, client: C) => unknown) => (input: never, client: C) => {
    try {
      const output = handler(input, client)
      // Synchronous results stay synchronous: a once-only operation runs inside one transaction.
      return output instanceof Promise ? output.catch((e: unknown) => Promise.reject(inWords(e))) : output
    } catch (e) {
      throw inWords(e)
    }
  }
  return Object.fromEntries(Object.entries(handlers).map(([name, handler]) => [name, plain(handler as never)])) as unknown as Handlers<C>
}
