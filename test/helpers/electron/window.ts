/**
 * A desktop window in a browser: Chromium loads the page and its images from the program's own scheme, proxied by a test server, and gets
 * its port from a stand-in for the preload. Both ends are real MessagePorts, so what cannot be structurally cloned fails as it does in
 * Electron.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { Desktop } from './desktop.ts'
import { decode, encode } from './plain.ts'

export interface DesktopWindow {
  readonly port: number
  /** Address of the page. */
  readonly url: string
  /** To be run in the page before its own scripts (Playwright's addInitScript). */
  readonly preload: string
  close(): Promise<void>
}

/** The page's half: replaces src-main/preload.ts, and offers nothing else of the desktop. */
function preload(encode: (value: unknown) => string, decode: (text: string) => unknown): void {
  const page = window as unknown as { dashi: object; droppedPaths?: Record<string, string> }
  const requestPort = () => {
    const socket = new WebSocket(`ws://${location.host}/port`)
    let opened = false
    socket.addEventListener('open', () => {
      opened = true
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = (event) => socket.send(encode(event.data))
      socket.addEventListener('message', (event) => port1.postMessage(decode(String(event.data))))
      // Electron notifies a port when its other end is closed, plain Chromium does not.
      const given = (event: MessageEvent) => {
        if (event.data !== 'dashi:port') return
        window.removeEventListener('message', given)
        socket.addEventListener('close', () => event.ports[0]!.dispatchEvent(new Event('close')))
      }
      window.addEventListener('message', given)
      window.postMessage('dashi:port', window.origin, [port2])
    })
    // After a restart, the program receives the requests made to the previous one.
    socket.addEventListener('close', () => void (opened || setTimeout(requestPort, 200)))
  }
  // The path that the test assigned to the file.
  const pathOf = (file: File) => page.droppedPaths?.[file.name] ?? ''
  Object.defineProperty(page, 'dashi', { value: Object.freeze({ requestPort, pathOf }) })
}

export async function openInBrowser(desktop: Desktop, wanted = 0): Promise<DesktopWindow> {
  const server = createServer((request, response) => {
    const abort = new AbortController()
    response.on('close', () => response.writableFinished || abort.abort())
    desktop.fetch(`app://dashi${request.url}`, request.method, abort.signal).then(
      ({ status, headers, bytes }) => response.writeHead(status, headers).end(bytes),
      () => response.destroy(),
    )
  })
  const sockets = new WebSocketServer({ server, path: '/port' })
  sockets.on('connection', (socket) => {
    const early: unknown[] = []
    let send = (message: unknown): void => void early.push(message)
    socket.on('message', (data) => send(decode(String(data as Buffer))))
    desktop.port().then(
      (port) => {
        socket.on('close', () => port.close())
        port.onMessage((message) => socket.send(encode(message)))
        port.onClose(() => socket.close())
        send = (message) => port.send(message)
        for (const message of early) send(message)
        if (socket.readyState !== socket.OPEN) port.close()
      },
      () => socket.close(),
    )
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(wanted, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    preload: `(${preload.toString()})(${encode.toString()}, ${decode.toString()})`,
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}
