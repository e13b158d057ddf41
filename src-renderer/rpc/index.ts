import { Outbox, type OutboxEvents } from './outbox.ts'
import { BrowserOutboxStore } from './outbox-store.ts'
import { Remote } from './remote.ts'
import { openChannel } from './transport.ts'

export const remote = new Remote(openChannel)
/** Set by whoever displays the changes (stores/open-image.ts). */
export const outboxEvents: Required<OutboxEvents> = {
  sent: () => undefined,
  refused: () => undefined,
  conflict: async () => null,
  replaced: () => undefined,
}
export const outbox = new Outbox((change) => remote.operate(change.op, change.method, change.input), new BrowserOutboxStore(), outboxEvents)
/** Calls a method of the contract. */
export const call: Remote['call'] = (method, ...input) => remote.call(method, ...input)
export { actionOf, temporaryId, type Change, type Request } from './changes.ts'
