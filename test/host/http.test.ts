import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { listen, type HttpServer } from '../../src-main/host/node/http.ts'
import { Sessions } from '../../src-main/host/node/session.ts'

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

const openSocket = (port: number, { calls, ...headers }: Record<string, string>, path = '/rpc') =>
  new Promise<string>((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, calls === undefined ? [] : ['dashi', `dashi.session.${calls}`], {
      headers,
    })
    socket.on('open', () => (resolve('open'), socket.close()))
    socket.on('error', (e) => resolve(e.message))
  })

const tokenOf = (server: HttpServer) => new URL(server.newUrl()).searchParams.get('token')!
const login = async (server: HttpServer) =>
  JSON.parse((await get(server.port, `/?token=${tokenOf(server)}`, { accept: 'application/json' })).body) as {
    calls: string
    pictures: string
  }
const bearer = (calls: string) => ({ authorization: `Bearer ${calls}` })

describe('the browser face', () => {
  let folder: string
  let server: HttpServer
  let attached = 0
  const start = (port = 0) =>
    listen({
      port,
      files: join(folder, 'files'),
      configFolder: join(folder, 'config'),
      served: { attach: () => void attached++, respond: async (path) => new Response(`pixels of ${path}`), close: async () => undefined },
    })
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dashi-http-'))
    mkdirSync(join(folder, 'files', 'assets'), { recursive: true })
    writeFileSync(join(folder, 'files', 'index.html'), '<!doctype html><html><head></head>the page')
    writeFileSync(join(folder, 'files', 'assets', 'main-abc.js'), '1')
    writeFileSync(join(folder, 'secret.js'), 'secret')
    symlinkSync(join(folder, 'secret.js'), join(folder, 'files', 'link.js'))
    server = await start()
  })
  afterAll(async () => {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('brings the page with a session for the token of its address, once', async () => {
    const token = tokenOf(server)
    const first = await get(server.port, `/?token=${token}`)
    expect(first.status).toBe(200)
    const [, calls, pictures] = /<meta name="dashi-session" content="([\w-]{43})" data-pictures="([\w-]{43})">/.exec(first.body)!
    expect(first.headers['cache-control']).toBe('no-store')
    expect((await get(server.port, `/?token=${token}`)).status).toBe(401)
    expect((await get(server.port, '/session', bearer(calls!))).status).toBe(204)
    expect((await get(server.port, `/media/${pictures}/k/1/image`)).body).toBe('pixels of /media/k/1/image')
  })

  it('sets no cookie: a browser would show it to every other port of this machine', async () => {
    const { calls, pictures } = await login(server)
    for (const [path, headers] of [
      [`/?token=${tokenOf(server)}`, {}],
      ['/', {}],
      ['/session', bearer(calls)],
      [`/media/${pictures}/k/1/image`, {}],
    ] as const)
      expect((await get(server.port, path, headers)).headers['set-cookie'], path).toBeUndefined()
  })

  it('answers calls and shows pictures within a session only; each secret opens its own door', async () => {
    const { calls, pictures } = await login(server)
    for (const path of ['/?token=guess', '/media/k/1/image', `/media/${'A'.repeat(43)}/k/1/image`, `/media/${calls}/k/1/image`, '/session'])
      expect((await get(server.port, path)).status, path).toBe(401)
    for (const secret of ['', 'A'.repeat(43), pictures, `${calls}x`, 'A'.repeat(5000)])
      expect((await get(server.port, '/session', bearer(secret))).status).toBe(401)
    expect((await get(server.port, '/')).body).not.toContain('dashi-session') // the program's own files hold nothing of anybody
  })

  it('ends a session, with its windows, when it is signed out of', async () => {
    const [one, other] = [await login(server), await login(server)]
    const origin = `http://127.0.0.1:${server.port}`
    const window = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, ['dashi', `dashi.session.${one.calls}`], { origin })
    await new Promise((resolve) => window.on('open', resolve))
    const closed = new Promise((resolve) => window.on('close', resolve))
    expect((await get(server.port, '/session', bearer('guess'), 'DELETE')).status).toBe(401)
    expect((await get(server.port, '/session', bearer(one.calls), 'DELETE')).status).toBe(204)
    await closed
    expect((await get(server.port, '/session', bearer(one.calls))).status).toBe(401)
    expect((await get(server.port, `/media/${one.pictures}/k/1/image`)).status).toBe(401)
    expect(await openSocket(server.port, { origin, calls: one.calls })).toContain('401')
    expect((await get(server.port, '/session', bearer(other.calls))).status).toBe(204)
  })

  it('keeps digests of sessions only, and lets those go that were not used for a day', () => {
    let now = 1e12
    const config = join(folder, 'aged')
    const start = () => {
      const sessions = new Sessions(config, () => now)
      sessions.listenOn(1)
      return sessions
    }
    const first = start()
    const { calls, pictures } = first.exchange(first.newToken())!
    const file = readFileSync(join(config, 'session-1.json'), 'utf8')
    expect(file).not.toContain(calls)
    expect(file).not.toContain(pictures)
    now += 20 * 3600e3
    expect(start().admits('calls', calls)).not.toBeNull()
    now += 20 * 3600e3
    const again = start() // after the use that was noted
    expect(again.admits('calls', calls)).not.toBeNull()
    now += 25 * 3600e3
    expect([again.admits('calls', calls), start().admits('pictures', pictures)]).toEqual([null, null])
  })

  it('refuses other sites and other ports, whatever they know', async () => {
    const { calls, pictures } = await login(server)
    const picture = `/media/${pictures}/k/1/image`
    expect((await get(server.port, '/', { origin: 'https://evil.example' })).status).toBe(403)
    expect((await get(server.port, picture, { origin: `http://127.0.0.1:${server.port + 1}` })).status).toBe(403)
    expect((await get(server.port, picture, { 'sec-fetch-site': 'same-site' })).status).toBe(401)
    expect((await get(server.port, '/session', { ...bearer(calls), 'sec-fetch-site': 'cross-site' })).status).toBe(401)
    expect((await get(server.port, '/', { origin: 'null' })).status).toBe(403)
    // DNS rebinding: the page of another site has been made to resolve to us.
    expect((await get(server.port, '/', { host: `evil.example:${server.port}` })).status).toBe(421)
    for (const method of ['POST', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])
      expect((await get(server.port, '/', bearer(calls), method)).status, method).toBe(405)
  })

  it('opens the socket to its own page only', async () => {
    const { calls, pictures } = await login(server)
    const origin = `http://127.0.0.1:${server.port}`
    const before = attached
    expect(await openSocket(server.port, { calls, origin })).toBe('open')
    expect(attached).toBe(before + 1)
    expect(await openSocket(server.port, { origin })).toContain('401')
    expect(await openSocket(server.port, { origin, calls: pictures })).toContain('401')
    expect(await openSocket(server.port, { origin, cookie: `dashi=${calls}` })).toContain('401')
    expect(await openSocket(server.port, { calls })).toContain('403')
    expect(await openSocket(server.port, { calls, origin: 'https://evil.example' })).toContain('403')
    expect(await openSocket(server.port, { calls, origin, host: 'evil.example' })).toContain('403')
    expect(await openSocket(server.port, { calls, origin }, '/other')).toContain('404')
    expect(attached).toBe(before + 1)
  })

  it('outlives callers that break off, and broken frames', async () => {
    const { calls } = await login(server)
    const upgrade = (more: string) =>
      `GET /rpc HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${more}\r\n`
    const reset = (text: string) =>
      new Promise<void>((resolve) => {
        const socket = connect(server.port, '127.0.0.1', () => socket.write(text, () => setTimeout(() => socket.resetAndDestroy(), 1)))
        socket.on('error', () => undefined)
        socket.on('close', () => resolve())
      })
    // What ends a process is an error that nobody listens to; here the test's own process would get it.
    for (let i = 0; i < 10; i++) await reset(upgrade('') + 'x'.repeat(100_000))
    const origin = `http://127.0.0.1:${server.port}`
    for (const frame of [
      [0x8f, 0x80, 0, 0, 0, 0],
      [0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe],
      [0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    ]) {
      const closed = await new Promise<string>((resolve) => {
        const socket = connect(server.port, '127.0.0.1', () =>
          socket.write(upgrade(`Origin: ${origin}\r\nSec-WebSocket-Protocol: dashi, dashi.session.${calls}\r\n`)),
        )
        socket.once('data', () => socket.write(Buffer.from(frame)))
        socket.on('error', () => undefined)
        socket.on('close', () => resolve('closed'))
      })
      expect(closed).toBe('closed')
    }
    expect((await get(server.port, '/')).status).toBe(200)
  })

  it('serves nothing outside its folder', async () => {
    const { pictures } = await login(server)
    for (const path of [
      '/../secret.js',
      '/assets/../../secret.js',
      '/%2e%2e/secret.js',
      '/..%2fsecret.js',
      '/%2e%2e%2fsecret.js',
      '/..%5csecret.js',
      '/assets/%2e%2e/%2e%2e/secret.js',
      '/link.js',
      '//etc/passwd',
      '/%00',
      '/index.html%00.js',
      '/%',
      '/assets',
      '/assets/',
    ]) {
      const reply = await get(server.port, path)
      expect(reply.status, path).toBeGreaterThanOrEqual(400)
      expect(reply.body, path).not.toContain('secret')
    }
    expect((await get(server.port, `/media/${pictures}/../secret.js`)).status).toBe(404)
    expect((await get(server.port, `/media/${pictures}/k/1/image`)).body).toBe('pixels of /media/k/1/image')
  })

  it('tells the browser to run our scripts only', async () => {
    const { headers } = await get(server.port, '/')
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain(`default-src 'none'`)
    expect(policy).toMatch(/script-src 'self'(;|$)/)
    expect(policy).toContain(`frame-ancestors 'none'`)
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${server.port} ws://localhost:${server.port}`)
    expect(policy).not.toContain('unsafe-eval')
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['cross-origin-resource-policy']).toBe('same-origin')
    // Refusals are guarded as well.
    expect((await get(server.port, '/session')).headers['content-security-policy']).toBeTruthy()
    expect(headers['referrer-policy']).toBe('no-referrer')
  })

  it('knows an open window again after a restart on its port', async () => {
    const { calls } = await login(server)
    const { port } = server
    await server.close()
    server = await start(port)
    expect((await get(port, '/session', bearer(calls))).status).toBe(204)
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
