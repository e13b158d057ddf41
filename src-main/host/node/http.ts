/**
 * The browser face: HTTP for files and pixels, a WebSocket for calls; on the loopback address only. The program's own files are for
 * everybody who can reach the port; calls and pixels take a session (session.ts), which no other port is ever shown.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { messageBounds } from '#shared/contract/bounds.ts'
import { protocol, sessionMeta, sessionProtocol } from '#shared/contract/urls.ts'
import { errorLine, userError } from '#shared/errors.ts'
import { inWords } from '../../files/words.ts'
import type { Served } from '../ports.ts'
import { Sessions, type Granted } from './session.ts'
import { webSocketChannel } from './socket.ts'
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

/** A caller that is slower than this with its request (ms) is let go: it would hold a connection for nothing. */
const patience = { headers: 10_000, request: 20_000, check: 5_000 }
/** Windows at a time; and connections, of which a browser opens six for the pictures of each. */
const most = { windows: 64, connections: 1024 }

export async function listen({ port: wanted, files, configFolder, served }: HttpOptions): Promise<HttpServer> {
  const sessions = new Sessions(configFolder)
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: messageBounds.bytes,
    perMessageDeflate: false,
    handleProtocols: () => protocol,
  })
  /** Which session each window belongs to. */
  const windows = new Map<{ terminate(): void }, string>()
  let own: ReadonlySet<string> = new Set()
  const limits = {
    maxHeaderSize: 16 * 1024,
    headersTimeout: patience.headers,
    requestTimeout: patience.request,
    connectionsCheckingInterval: patience.check,
  }
  const server = createServer(limits, (request, response) => void answer(request, response).catch(() => response.destroy()))
  server.maxConnections = most.connections
  server.on('clientError', (_error, socket: Duplex) => {
    // What is no HTTP, or not all of it in time.
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => socket.destroy())
    else socket.destroy()
  })

  /** A page of another site that reaches us by a name of its own (DNS rebinding) shows that name as the host. */
  const hostAdmitted = (request: IncomingMessage) => own.has(request.headers.host ?? '')
  /** Absent on plain navigation; a foreign page's requests and all WebSockets carry it. */
  const originAdmitted = (request: IncomingMessage, required: boolean) => {
    const { origin } = request.headers
    return origin === undefined ? !required : [...own].some((host) => origin === `http://${host}`)
  }
  /** What browsers say of who asks; a page of another port is `same-site`. */
  const siteAdmitted = ({ headers }: IncomingMessage) =>
    ['same-origin', 'none', undefined].includes(headers['sec-fetch-site'] as string | undefined)
  const reply = (response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}) => {
    response.writeHead(status, {
      ...securityHeaders(),
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
      ...headers,
    })
    response.end(text)
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined).resume() // no body is ever read
    response.on('error', () => undefined)
    if (!hostAdmitted(request)) return reply(response, 421, 'This server answers to its loopback address only.')
    if (!originAdmitted(request, false)) return reply(response, 403, 'Requests of other sites are refused.')
    const raw = request.url ?? '/'
    const signOut = request.method === 'DELETE' && raw === '/session'
    if (request.method !== 'GET' && request.method !== 'HEAD' && !signOut) return reply(response, 405, 'Only GET.', { Allow: 'GET, HEAD' })
    // Browsers remove dot segments before they send a path: whoever sends one means harm, whatever it is escaped as.
    if (/(^|[/\\])(\.|%2e){1,2}([/\\?]|%2f|%5c|$)/i.test(raw.split('?')[0]!)) return reply(response, 404, 'Not found')
    const url = URL.canParse(raw, 'http://127.0.0.1') ? new URL(raw, 'http://127.0.0.1') : null
    if (!url || !raw.startsWith('/')) return reply(response, 400, 'Bad address')
    const token = url.searchParams.get('token')
    if (url.pathname === '/' && token !== null) return begin(request, response, token)
    if (url.pathname === '/session') return session(request, response, signOut)
    const abort = new AbortController()
    response.on('close', () => abort.abort())
    try {
      const found = url.pathname.startsWith('/media/')
        ? await pixels(request, url.pathname, abort.signal)
        : await serveFile(files, url.pathname)
      response.writeHead(found.status, { ...securityHeaders(connect()), ...Object.fromEntries(found.headers) })
      if (request.method === 'HEAD' || !found.body) {
        await found.body?.cancel()
        response.end()
      } else await pipeline(Readable.fromWeb(found.body as never), response)
    } catch (e) {
      if (abort.signal.aborted) return // whoever asked is gone
      if (!response.headersSent) reply(response, 500, errorLine(inWords(e)))
      else response.destroy()
    }
  }
  const connect = () => `'self' ${[...own].map((h) => `ws://${h}`).join(' ')}`

  /** The page, with the session that it keeps in its tab; as JSON for who asks for that. The address is worth nothing from now on. */
  async function begin(request: IncomingMessage, response: ServerResponse, token: string): Promise<void> {
    const granted = request.method === 'GET' && siteAdmitted(request) ? sessions.exchange(token) : null
    if (!granted)
      return reply(
        response,
        401,
        'This address was used already, or is of an earlier start.\n' +
          'Open the one that the terminal shows now (press Enter there for a new one, or start it again).',
      )
    if (request.headers.accept === 'application/json')
      return reply(response, 200, JSON.stringify(granted), { 'Content-Type': 'application/json' })
    const page = await (await serveFile(files, '/')).text()
    reply(response, 200, withSession(page, granted), { ...securityHeaders(connect()), 'Content-Type': 'text/html; charset=utf-8' })
  }

  /** Does it go on (GET); end it, and its windows (DELETE). */
  function session(request: IncomingMessage, response: ServerResponse, signOut: boolean): void {
    const name = siteAdmitted(request) ? sessions.admits('calls', /^Bearer ([\w-]+)$/.exec(request.headers.authorization ?? '')?.[1]) : null
    if (!name) return reply(response, 401, 'The session has ended.')
    if (signOut) {
      sessions.end(name)
      for (const [ws, of] of windows) if (of === name) ws.terminate()
    }
    reply(response, 204, '')
  }

  async function pixels(request: IncomingMessage, path: string, signal: AbortSignal): Promise<Response> {
    const [, , pictures, ...rest] = path.split('/')
    if (!siteAdmitted(request) || !sessions.admits('pictures', pictures))
      return new Response('The session has ended.', { status: 401, headers: { 'Cache-Control': 'no-store' } })
    return served.respond(`/media/${rest.join('/')}`, signal)
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node has let go of the socket: without a listener, a caller that resets it would end the program.
    socket.on('error', () => socket.destroy())
    const shown = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((p) => p.trim())
    const name = shown.includes(protocol)
      ? sessions.admits('calls', shown.find((p) => p.startsWith(sessionProtocol))?.slice(sessionProtocol.length))
      : null
    const refused =
      !hostAdmitted(request) || !originAdmitted(request, true)
        ? 403
        : !name
          ? 401
          : request.url !== '/rpc'
            ? 404
            : windows.size >= most.windows
              ? 503
              : 0
    // Not only ended: nobody reads from it any more, so that its other end going would not be seen.
    if (refused || !name)
      return void socket.end(`HTTP/1.1 ${refused} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
    sockets.handleUpgrade(request, socket, head, (ws) => {
      windows.set(ws, name)
      ws.on('close', () => {
        windows.delete(ws)
        sessions.use(name)
      })
      served.attach(webSocketChannel(ws))
    })
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
  sessions.listenOn(port)
  if (!wanted && !before) writeIfPossible(remembered, String(port))

  return {
    port,
    newUrl: () => `http://127.0.0.1:${port}/?token=${sessions.newToken()}`,
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

/** Before anything of the page is run. */
const withSession = (page: string, { calls, pictures }: Granted) =>
  page.replace('<head>', `<head><meta name="${sessionMeta}" content="${calls}" data-pictures="${pictures}">`)
