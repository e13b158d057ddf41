/** The browser face: HTTP for files and pixels, a WebSocket for calls; on the loopback address only. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Channel } from '#shared/contract/rpc.ts'
import { errorLine, userError } from '#shared/errors.ts'
import { inWords } from '../../files/words.ts'
import type { Served } from '../ports.ts'
import { Session } from './session.ts'
import { securityHeaders, serveFile } from './static.ts'

export interface HttpOptions {
  /** 0: any free one. */
  port: number
  /** The built renderer. */
  files: string
  configFolder: string
  served: Served
}

export interface HttpServer {
  readonly port: number
  /** To be opened in a browser, once; it holds a new one-time token. */
  newUrl(): string
  close(): Promise<void>
}

/** Larger than any edit: a hundred masks of four megapixels. */
const maxMessage = 256 * 1024 * 1024

export async function listen({ port: wanted, files, configFolder, served }: HttpOptions): Promise<HttpServer> {
  const session = new Session(configFolder)
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessage, perMessageDeflate: false })
  let own: ReadonlySet<string> = new Set()
  const server = createServer((request, response) => void answer(request, response))

  /** A page of another site that reaches us by a name of its own (DNS rebinding) shows that name as the host. */
  const hostAdmitted = (request: IncomingMessage) => own.has(request.headers.host ?? '')
  /** Absent on plain navigation; a foreign page's requests and all WebSockets carry it. */
  const originAdmitted = (request: IncomingMessage, required: boolean) => {
    const { origin } = request.headers
    return origin === undefined ? !required : [...own].some((host) => origin === `http://${host}`)
  }
  const refuse = (response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}) => {
    response.writeHead(status, { ...securityHeaders(), 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...headers })
    response.end(text)
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!hostAdmitted(request)) return refuse(response, 421, 'This server answers to its loopback address only.')
    if (!originAdmitted(request, false)) return refuse(response, 403, 'Requests of other sites are refused.')
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'Only GET.', { Allow: 'GET, HEAD' })
    const raw = request.url ?? '/'
    // Browsers remove dot segments before they send a path: whoever sends one means harm, whatever it is escaped as.
    if (/(^|[/\\])(\.|%2e){1,2}([/\\?]|%2f|%5c|$)/i.test(raw.split('?')[0]!)) return refuse(response, 404, 'Not found')
    const url = URL.canParse(raw, 'http://127.0.0.1') ? new URL(raw, 'http://127.0.0.1') : null
    if (!url) return refuse(response, 400, 'Bad address')
    const token = url.searchParams.get('token')
    if (url.pathname === '/' && token !== null) {
      const cookie = session.exchange(token)
      if (cookie) return refuse(response, 303, '', { Location: '/', 'Set-Cookie': cookie })
      if (session.admits(request.headers.cookie)) return refuse(response, 303, '', { Location: '/' })
    }
    if (!session.admits(request.headers.cookie))
      return refuse(response, 401, 'This address was used already, or is of an earlier start.\nOpen the one that the terminal shows now (press Enter there for a new one, or start it again).')
    const abort = new AbortController()
    response.on('close', () => abort.abort())
    try {
      const reply = url.pathname.startsWith('/media/') ? await served.respond(url.pathname, abort.signal) : await serveFile(files, url.pathname)
      const headers = { ...securityHeaders(`'self' ${[...own].map((h) => `ws://${h}`).join(' ')}`), ...Object.fromEntries(reply.headers) }
      response.writeHead(reply.status, headers)
      if (request.method === 'HEAD' || !reply.body) {
        await reply.body?.cancel()
        response.end()
      } else await pipeline(Readable.fromWeb(reply.body as never), response)
    } catch (e) {
      if (abort.signal.aborted) return // whoever asked is gone
      if (!response.headersSent) refuse(response, 500, errorLine(inWords(e)))
      else response.destroy()
    }
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node has let go of the socket: without a listener, a caller that resets it would end the program.
    socket.on('error', () => socket.destroy())
    const refused = !hostAdmitted(request) || !originAdmitted(request, true) ? 403 : !session.admits(request.headers.cookie) ? 401 : request.url !== '/rpc' ? 404 : 0
    // Not only ended: nobody reads from it any more, so that its other end going would not be seen.
    if (refused) return void socket.end(`HTTP/1.1 ${refused} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
    sockets.handleUpgrade(request, socket, head, (ws) => served.attach(webSocketChannel(ws)))
  })

  const listenAt = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  // The port is part of a page's origin: only at the same one does a window find again what it kept in the browser.
  const remembered = join(configFolder, 'port')
  const before = wanted || Number(readIfThere(remembered)) || 0
  try {
    await listenAt(before)
  } catch (e) {
    const why = { EADDRINUSE: 'is in use', EACCES: 'is not allowed to this user' }[(e as NodeJS.ErrnoException).code ?? '']
    if (!why) throw e
    if (wanted) throw userError(`port ${wanted} ${why}; choose another with --port`, e)
    await listenAt(0)
  }
  const { port } = server.address() as AddressInfo
  // Browsers leave HTTP's own port out.
  own = new Set(['127.0.0.1', 'localhost'].map((name) => (port === 80 ? name : `${name}:${port}`)))
  session.listenOn(port)
  if (!wanted && !before) writeIfPossible(remembered, String(port))

  return {
    port,
    newUrl: () => `http://127.0.0.1:${port}/?token=${session.newToken()}`,
    async close() {
      for (const ws of sockets.clients) ws.terminate()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await served.close()
    },
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
function writeIfPossible(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' })
  } catch {
    // A folder that cannot be written to: the next start has another port.
  }
}

function webSocketChannel(ws: WebSocket): Channel {
  ws.on('error', () => undefined) // a broken frame or one that is too large; `close` follows
  return {
    send: (message) => ws.send(JSON.stringify(message)),
    onMessage: (listener) =>
      ws.on('message', (data, binary) => {
        let message: unknown
        try {
          if (binary) throw new SyntaxError('binary')
          message = JSON.parse(String(data))
        } catch {
          return ws.close(1003, 'expected JSON')
        }
        listener(message)
      }),
    onClose: (listener) => ws.on('close', listener),
    close: () => ws.close(),
  }
}
