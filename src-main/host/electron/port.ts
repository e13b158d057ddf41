import type { MessagePortMain } from 'electron'
import type { Channel } from '#shared/contract/rpc.ts'

/** Adapts one end of a message port to the contract's channel. */
export function portChannel(port: MessagePortMain): Channel {
  return {
    send: (message) => port.postMessage(message),
    onMessage: (listener) => {
      port.on('message', (event) => listener(event.data))
      port.start()
    },
    onClose: (listener) => port.on('close', listener),
    close: () => port.close(),
  }
}
