/** The application in this process, and windows of it, whose messages pass through a port as the desktop's do. */
import path from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { connect, type Channel, type Client } from '#shared/contract/rpc.ts'
import type { App } from '../../src-main/app/serve/app.ts'
import type { Host } from '../../src-main/host/ports.ts'

/** A host without dialogs that keeps everything in a folder. */
export const hostIn = (dir: string): Host => ({
  version: '1',
  configFolder: path.join(dir, 'config'),
  cacheFolder: path.join(dir, 'cache'),
  dataFolder: path.join(dir, 'data'),
  pickFolder: async () => ({ status: 'unavailable' }),
})

/** Two ends that hand messages over as a transport does: copied, later, in order. */
export function channelPair(): [Channel, Channel] {
  const { port1, port2 } = new MessageChannel()
  const end = (port: typeof port1): Channel => ({
    send: (message) => port.postMessage(message),
    onMessage: (listen) => port.on('message', listen),
    onClose: (listen) => port.on('close', listen),
    close: () => port.close(),
  })
  return [end(port1), end(port2)]
}

export function openWindow(app: App, onEvent: Parameters<typeof connect>[1] = () => undefined): Client & { close(): void } {
  const [own, its] = channelPair()
  app.attach(its)
  return { ...connect(own, onEvent), close: () => own.close() }
}
