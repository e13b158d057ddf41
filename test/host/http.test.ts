import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { listen, type HttpServer } from '../../src-main/host/node/http.ts'

/** As sent, byte by byte: fetch would tidy the path up and set headers of its own. */
const get = (port: number, path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<{ status: number; headers: Record<string, string | string[] | undefined>; body: string }>((resolve, reject) => {
    request({ agent: false, host: '127.0.0.1', port, path, method, headers: { host: `127.0.0.1:${port}`, ...headers } }, (r) => {
      let body = ''
      r.on('data', (d) => (body += String(d)))
      r.on('end', () => resolve({ status: r.statusCode!, headers: r.headers, body }))
    })
      .on('error', reject)
      .end()
  })

const openSocket = (port: number, headers: Record<string, string>, path = '/rpc') =>
  new Promise<string>((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
    socket.on('open', () => (resolve('open'), socket.close()))
    socket.on('error', (e) => resolve(e.message))
  })

const tokenOf = (server: HttpServer) => new URL(server.newUrl()).searchParams.get('token')!
async function login(server: HttpServer): Promise<string> {
  const { headers } = await get(server.port, `/?token=${tokenOf(server)}`)
  return String(headers['set-cookie']).split(';')[0]!
}

describe('the browser face', () => {
  let folder: string
  let server: HttpServer
  let attached = 0
  const start = (port = 0) =>
    listen({
      port, files: join(folder, 'files'), configFolder: join(folder, 'config'),
      served: { attach: () => void attached++, respond: async (path) => new Response(`pixels of ${path}`), close: async () => undefined },
    })
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dashi-http-'))
    mkdirSync(join(folder, 'files', 'assets'), { recursive: true })
    writeFileSync(join(folder, 'files', 'index.html'), '<!doctype html>the page')
    writeFileSync(join(folder, 'files', 'assets', 'main-abc.js'), '1')
    writeFileSync(join(folder, 'secret.js'), 'secret')
    symlinkSync(join(folder, 'secret.js'), join(folder, 'files', 'link.js'))
    server = await start()
  })
  afterAll(async () => {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('gives a cookie for the token of its URL, once', async () => {
    const token = tokenOf(server)
    const first = await get(server.port, `/?token=${token}`)
    expect(first.status).toBe(303)
    expect(first.headers.location).toBe('/')
    const cookie = String(first.headers['set-cookie'])
    expect(cookie).toMatch(/^dashi-[\w-]{16}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/)
    expect((await get(server.port, `/?token=${token}`)).status).toBe(401)
    expect((await get(server.port, '/', { cookie: cookie.split(';')[0]! })).body).toContain('the page')
  })

  it('refuses everything without the cookie', async () => {
    for (const path of ['/', '/index.html', '/assets/main-abc.js', '/media/k/1/image', '/?token=guess', '/rpc'])
      expect((await get(server.port, path)).status, path).toBe(401)
    const cookie = await login(server)
    const [name] = cookie.split('=')
    expect((await get(server.port, '/', { cookie: `${name}=${'A'.repeat(43)}` })).status).toBe(401)
    expect((await get(server.port, '/', { cookie: `other=${cookie.split('=')[1]}` })).status).toBe(401)
  })

  it('refuses other sites, whatever they know', async () => {
    const cookie = await login(server)
    expect((await get(server.port, '/', { cookie, origin: 'https://evil.example' })).status).toBe(403)
    expect((await get(server.port, '/', { cookie, origin: `http://127.0.0.1:${server.port + 1}` })).status).toBe(403)
    expect((await get(server.port, '/', { cookie, origin: 'null' })).status).toBe(403)
    // DNS rebinding: the page of another site has been made to resolve to us.
    expect((await get(server.port, '/', { cookie, host: `evil.example:${server.port}` })).status).toBe(421)
    expect((await get(server.port, '/', { cookie }, 'POST')).status).toBe(405)
  })

  it('opens the socket to its own page only', async () => {
    const cookie = await login(server)
    const origin = `http://127.0.0.1:${server.port}`
    expect(await openSocket(server.port, { cookie, origin })).toBe('open')
    expect(attached).toBe(1)
    expect(await openSocket(server.port, { origin })).toContain('401')
    expect(await openSocket(server.port, { cookie })).toContain('403')
    expect(await openSocket(server.port, { cookie, origin: 'https://evil.example' })).toContain('403')
    expect(await openSocket(server.port, { cookie, origin, host: 'evil.example' })).toContain('403')
    expect(await openSocket(server.port, { cookie, origin }, '/other')).toContain('404')
    expect(attached).toBe(1)
  })

  it('outlives callers that break off, and broken frames', async () => {
    const cookie = await login(server)
    const upgrade = (more: string) => `GET /rpc HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${more}\r\n`
    const reset = (text: string) =>
      new Promise<void>((resolve) => {
        const socket = connect(server.port, '127.0.0.1', () => socket.write(text, () => setTimeout(() => socket.resetAndDestroy(), 1)))
        socket.on('error', () => undefined)
        socket.on('close', () => resolve())
      })
    // What ends a process is an error that nobody listens to; here the test's own process would get it.
    for (let i = 0; i < 10; i++) await reset(upgrade('') + 'x'.repeat(100_000))
    const origin = `http://127.0.0.1:${server.port}`
    for (const frame of [[0x8f, 0x80, 0, 0, 0, 0], [0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe], [0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]]) {
      const closed = await new Promise<string>((resolve) => {
        const socket = connect(server.port, '127.0.0.1', () => socket.write(upgrade(`Origin: ${origin}\r\nCookie: ${cookie}\r\n`)))
        socket.once('data', () => socket.write(Buffer.from(frame)))
        socket.on('error', () => undefined)
        socket.on('close', () => resolve('closed'))
      })
      expect(closed).toBe('closed')
    }
    expect((await get(server.port, '/', { cookie })).status).toBe(200)
  })

  it('serves nothing outside its folder', async () => {
    const cookie = await login(server)
    for (const path of [
      '/../secret.js', '/assets/../../secret.js', '/%2e%2e/secret.js', '/..%2fsecret.js', '/%2e%2e%2fsecret.js', '/..%5csecret.js', '/assets/%2e%2e/%2e%2e/secret.js',
      '/link.js', '//etc/passwd', '/%00', '/index.html%00.js', '/%', '/assets', '/assets/',
    ]) {
      const reply = await get(server.port, path, { cookie })
      expect(reply.status, path).toBeGreaterThanOrEqual(400)
      expect(reply.body, path).not.toContain('secret')
    }
    expect((await get(server.port, '/media/../secret.js', { cookie })).status).toBe(404)
    expect((await get(server.port, '/media/k/1/image', { cookie })).body).toBe('pixels of /media/k/1/image')
  })

  it('tells the browser to run our scripts only', async () => {
    const { headers } = await get(server.port, '/', { cookie: await login(server) })
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain(`default-src 'none'`)
    expect(policy).toMatch(/script-src 'self'(;|$)/)
    expect(policy).toContain(`frame-ancestors 'none'`)
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${server.port} ws://localhost:${server.port}`)
    expect(policy).not.toContain('unsafe-eval')
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['cross-origin-resource-policy']).toBe('same-origin')
    // Refusals are guarded as well.
    expect((await get(server.port, '/')).headers['content-security-policy']).toBeTruthy()
  })

  it('knows an open window again after a restart on its port', async () => {
    const cookie = await login(server)
    const { port } = server
    await server.close()
    server = await start(port)
    expect((await get(port, '/', { cookie })).status).toBe(200)
  })

  it('says which port is in use', async () => {
    await expect(start(server.port)).rejects.toThrow(`port ${server.port} is in use`)
  })

  it('comes back at the port it had, where windows find what they kept; beside another start it takes a free one', async () => {
    const { port } = server
    const beside = await start()
    expect(beside.port).not.toBe(port)
    await beside.close()
    await server.close()
    server = await start()
    expect(server.port).toBe(port)
  })
})
