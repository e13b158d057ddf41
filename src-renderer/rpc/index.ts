import { Outbox } from './outbox.ts'
import { Remote } from './remote.ts'
import { openChannel } from './transport.ts'

export const remote = new Remote(openChannel)
export const outbox = new Outbox()
/** Calls a method of the contract. */
export const call: Remote['call'] = (method, ...input) => remote.call(method, ...input)
