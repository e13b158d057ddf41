/**
 * Serves the browser: HTTP for files and pixels, a WebSocket for calls, on the loopback address only. The program's
 * own files are public to anyone who can reach the port; calls and pixels require a session (session.ts), which is
 * never shown to another port.
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
  /** 0 means any free port. */
  port: number
  /** The built renderer. */
  files: string
  configFolder: string
  served: Served
}

export interface HttpServer {
  readonly port: number
  /** A URL to be opened once in a browser; it contains a new one-time token. */
  newUrl(): string
  close(): Promise<void>
}

/** Timeouts in ms; a slower client is disconnected so that it cannot hold a connection. */
const patience = { headers: 10_000, request: 20_000, check: 5_000 }
/** Maximum number of windows, and of connections (a browser opens about six per window for pictures). */
const most = { windows: 64, connections: 1024 }

export async function listen({ port: wanted, files, configFolder, served }: HttpOptions): Promise<HttpServer> {
  const sessions = new Sessions(configFolder)
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: messageBounds.bytes,
    perMessageDeflate: false,
    handleProtocols: () => protocol,
  })
  /** The session of each window. */
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
    // Malformed or incomplete HTTP.
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => socket.destroy())
    else socket.destroy()
  })

  /** Rejects foreign Host headers: a page using DNS rebinding shows its own name as the host. */
  const hostAdmitted = (request: IncomingMessage) => own.has(request.headers.host ?? '')
  /** The Origin header is absent on plain navigation; requests from foreign pages and all WebSockets carry it. */
  const originAdmitted = (request: IncomingMessage, required: boolean) => {
    const { origin } = request.headers
    return origin === undefined ? !required : [...own].some((host) => origin === `http://${host}`)
  }
  /** Sec-Fetch-Site as sent by browsers; a page on another port is `same-site`. */
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
    request.on('error', () => undefined).resume() // request bodies are never read
    response.on('error', () => undefined)
    if (!hostAdmitted(request)) return reply(response, 421, 'This server answers only on its loopback address.')
    if (!originAdmitted(request, false)) return reply(response, 403, 'Requests from other sites are refused.')
    const raw = request.url ?? '/'
    const signOut = request.method === 'DELETE' && raw === '/session'
    if (request.method !== 'GET' && request.method !== 'HEAD' && !signOut) return reply(response, 405, 'Only GET.', { Allow: 'GET, HEAD' })
    // Browsers resolve dot segments before sending, so a path that still has one, however escaped, is hostile.
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
      if (abort.signal.aborted) return // the client is gone
      if (!response.headersSent) reply(response, 500, errorLine(inWords(e)))
      else response.destroy()
    }
  }
  const connect = () => `'self' ${[...own].map((h) => `ws://${h}`).join(' ')}`

  /**
   * Exchanges the one-time token for a session, returned in the page or, if requested, as JSON. The URL is worthless
   * afterwards.
   */
  async function begin(request: IncomingMessage, response: ServerResponse, token: string): Promise<void> {
    const granted = request.method === 'GET' && siteAdmitted(request) ? sessions.exchange(token) : null
    if (!granted)
      return reply(
        response,
        401,
        'This address has already been used, or is from an earlier start.\n' +
          'Open the one that the terminal shows now (press Enter there for a new one, or start it again).',
      )
    if (request.headers.accept === 'application/json')
      return reply(response, 200, JSON.stringify(granted), { 'Content-Type': 'application/json' })
    const page = await (await serveFile(files, '/')).text()
    reply(response, 200, withSession(page, granted), { ...securityHeaders(connect()), 'Content-Type': 'text/html; charset=utf-8' })
  }

  /** Checks a session (GET), or ends it and its windows (DELETE). */
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
    // Node no longer handles errors of an upgraded socket: without a listener, a reset would crash the process.
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
    // Destroyed, not just ended: nothing reads from it any more, so a close by the client would go unnoticed.
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
  // The port is part of the page's origin: browser storage survives a restart only on the same port.
  const remembered = join(configFolder, 'port')
  const before = wanted || Number(readIfThere(remembered)) || 0
  try {
    await listenAt(before)
  } catch (e) {
    const why = { EADDRINUSE: 'is in use', EACCES: 'is not permitted for this user' }[(e as NodeJS.ErrnoException).code ?? '']
    if (!why) throw e
    if (wanted) throw userError(`port ${wanted} ${why}; choose another with --port`, e)
    await listenAt(0)
  }
  const { port } = server.address() as AddressInfo
  // Browsers omit the default port 80 from the Host header.
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
    // An unwritable folder: the next start picks another port.
  }
}

/** Injects the session before any script of the page runs. */
const withSession = (page: string, { calls, pictures }: Granted) =>
  page.replace('<head>', `<head><meta name="${sessionMeta}" content="${calls}" data-pictures="${pictures}">`)
