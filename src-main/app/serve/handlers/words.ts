import type { Handlers } from '#shared/contract/rpc.ts'
import { inWords } from '../../../files/words.ts'

/** What the system says of a path that a window named reaches it as a line, not as a fault of the program. */
export function inPlainWords<C>(handlers: Handlers<C>): Handlers<C> {
  const plain = (handler: (input: never, client: C) => unknown) => (input: never, client: C) => {
    try {
      const output = handler(input, client)
      // What is made at once stays so: an operation that is made once is one transaction.
      return output instanceof Promise ? output.catch((e: unknown) => Promise.reject(inWords(e))) : output
    } catch (e) {
      throw inWords(e)
    }
  }
  return Object.fromEntries(Object.entries(handlers).map(([name, handler]) => [name, plain(handler as never)])) as unknown as Handlers<C>
}
