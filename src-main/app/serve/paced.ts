/** Serves a window's calls a few at a time, so that a hundred thousand at once neither block other windows nor fill the memory. */
import { numberOf, type Channel } from '#shared/contract/rpc.ts'

/** Milliseconds for one window before others have their turn. */
const turn = 10
/** Calls of one window that may be under way; the next ones wait. */
const underWay = 256
/** Messages that may wait before the transport is asked to hold the rest back. */
const waitingMost = 16
/** Bytes of answers that the window has not taken yet, above which it gets no more. */
const unreadMost = 16 * 1024 * 1024
/** How soon the window is looked at again that does not read, in ms. */
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
