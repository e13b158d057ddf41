/** The only place that differs between desktop and browser: a message port from the preload, or a WebSocket to the page's server. */
import { messageBounds } from '#shared/contract/bounds.ts'
import type { Channel } from '#shared/contract/rpc.ts'
import { protocol, sessionProtocol } from '#shared/contract/urls.ts'
import { look, secret } from './session.ts'

declare global {
  interface Window {
    /** Provided by the desktop's preload. */
    dashi?: { requestPort(): void; /** Path of a dropped file; empty if there is none. */ pathOf?(file: File): string }
  }
}

export const openChannel = (): Promise<Channel> => (window.dashi ? openPort(window.dashi) : openSocket())

/** Serialised as for the socket: what the page holds may be reactive, and the port's structured clone rejects proxies. */
const plain = (message: unknown): unknown => JSON.parse(JSON.stringify(message))

function openPort(desktop: { requestPort(): void }): Promise<Channel> {
  return new Promise((resolve) => {
    const listener = (event: MessageEvent) => {
      const port = event.ports[0]
      if (event.source !== window || event.data !== 'dashi:port' || !port) return
      window.removeEventListener('message', listener)
      resolve({
        send: (message) => port.postMessage(plain(message)),
        onMessage: (listen) => {
          port.onmessage = (e) => listen(e.data)
        },
        onClose: (listen) => port.addEventListener('close', listen),
        close: () => port.close(),
      })
    }
    window.addEventListener('message', listener)
    desktop.requestPort()
  })
}

function openSocket(): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${location.host}/rpc`, [protocol, sessionProtocol + secret()])
    // Refused now or closed later: the session may have ended.
    socket.addEventListener('close', () => void look().finally(() => reject(new Error('no connection'))))
    socket.addEventListener('open', () =>
      resolve({
        send: (message) => {
          const text = JSON.stringify(message)
          // At most three bytes per character. The server would close the connection, and the change would be sent again forever.
          if (text.length * 3 > messageBounds.bytes && new Blob([text]).size > messageBounds.bytes)
            throw new Error('the change is too large to be sent')
          socket.send(text)
        },
        onMessage: (listen) => socket.addEventListener('message', (e) => listen(JSON.parse(String(e.data)))),
        onClose: (listen) => socket.addEventListener('close', listen),
        close: () => socket.close(),
      }),
    )
  })
}
