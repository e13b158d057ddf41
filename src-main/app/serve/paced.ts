/** Serves a window's calls a few at a time, so that a flood of calls neither blocks other windows nor fills the memory. */
import { numberOf, type Channel } from '#shared/contract/rpc.ts'

/** Time slice of one window, in ms, before others get their turn. */
const turn = 10
/** Maximum number of concurrent calls of one window; further ones wait. */
const underWay = 256
/** Number of waiting messages from which the transport is paused. */
const waitingMost = 16
/** Bytes of unread answers from which a window gets no more. */
const unreadMost = 16 * 1024 * 1024
/** How often, in ms, a window that does not read is checked. */
const patience = 20

export function paced(channel: Channel): Channel {
  let queue: unknown[] = []
  let next = 0
  let unanswered = 0
  let open = true
  let waiting = false
  let listener: (message: unknown) => void = () => undefined
  const unread = () => (channel.unsent?.() ?? 0) > unreadMost

  const again = (later: (body: () => void) => void) => {
    if (waiting) return
    waiting = true
    later(() => {
      waiting = false
      pump()
    })
  }
  function pump(): void {
    if (waiting) return
    const end = performance.now() + turn
    while (open && next < queue.length && unanswered < underWay) {
      if (unread()) return again((body) => setTimeout(body, patience))
      if (performance.now() > end) return again(setImmediate)
      const message = queue[next]
      queue[next++] = undefined
      if (numberOf(message) !== null) unanswered++
      listener(message)
    }
    if (next < queue.length) return
    queue = []
    next = 0
    channel.hold?.(false)
  }
  channel.onClose(() => {
    open = false
    queue = []
    next = 0
  })
  return {
    send(message) {
      if (typeof (message as { answer?: unknown }).answer === 'number') {
        unanswered--
        if (next < queue.length) again(setImmediate)
      }
      channel.send(message)
    },
    onMessage(listen) {
      listener = listen
      channel.onMessage((message) => {
        queue.push(message)
        if (queue.length - next >= waitingMost) channel.hold?.(true)
        pump()
      })
    },
    onClose: (listen) => channel.onClose(listen),
    close: () => channel.close(),
  }
}
