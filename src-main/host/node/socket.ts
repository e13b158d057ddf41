/** Adapts a window's WebSocket to the contract's channel. */
import type { WebSocket } from 'ws'
import { callNumber, textProblem } from '#shared/contract/bounds.ts'
import type { Channel } from '#shared/contract/rpc.ts'

/** A window with this many unread bytes is gone or hostile. */
const unreadMost = 256 * 1024 * 1024

export function webSocketChannel(ws: WebSocket): Channel {
  ws.on('error', () => undefined) // invalid or oversized frames; `close` follows
  /** Parses a message; if it exceeds the bounds, returns the refusal of its call, or nothing. Throws SyntaxError. */
  const parse = (text: string): unknown => {
    const problem = textProblem(text)
    if (!problem) return JSON.parse(text)
    const call = callNumber(text)
    return call === null ? null : { call, refused: problem }
  }
  return {
    send(message) {
      if (ws.bufferedAmount > unreadMost) return ws.terminate()
      ws.send(JSON.stringify(message))
    },
    onMessage: (listener) =>
      ws.on('message', (data, binary) => {
        let message: unknown
        try {
          if (binary) throw new SyntaxError('binary')
          message = parse(String(data))
        } catch {
          return ws.close(1003, 'expected JSON')
        }
        listener(message)
      }),
    onClose: (listener) => ws.on('close', listener),
    close: () => ws.close(),
    hold(held) {
      if (ws.readyState !== ws.OPEN || held === ws.isPaused) return
      if (held) ws.pause()
      else ws.resume()
    },
    unsent: () => ws.bufferedAmount,
  }
}
