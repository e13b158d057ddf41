/** Whatever a client sends, the server goes on and answers the next one. */
import { request } from 'node:http'
import { connect } from 'node:net'
import { MessageChannel } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { messageBounds } from '#shared/contract/bounds.ts'
import { methods } from '#shared/contract.ts'
import { App } from '../../../src-main/app/serve/app.ts'
import { models } from '../../../src-main/index.models.ts'
import { startServer } from '../../../src-main/index.server.ts'
import type { HttpServer } from '../../../src-main/host/node/http.ts'
import { newHome, type Home } from '../../e2e/browser.ts'
import { birds, type SmallProject } from '../../e2e/project.ts'

interface Answer {
  answer: number
  output?: unknown
  error?: { fault: string; message: string }
}

/** A caller without any manners of the page's own client. */
class Raw {
  private constructor(
    readonly socket: WebSocket,
    readonly answers = new Map<number, Answer>(),
    private readonly waiting = new Map<number, (a: Answer) => void>(),
  ) {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as Answer
      if (typeof message.answer !== 'number') return
      answers.set(message.answer, message)
      waiting.get(message.answer)?.(message)
    })
    socket.on('error', () => undefined)
  }
  static async open({ port }: HttpServer, calls: string): Promise<Raw> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, ['dashi', `dashi.session.${calls}`], { origin: `http://127.0.0.1:${port}` })
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
    return new Raw(socket)
  }
  answered(call: number): Promise<Answer> {
    const known = this.answers.get(call)
    return known ? Promise.resolve(known) : new Promise((resolve) => this.waiting.set(call, resolve))
  }
  send = (text: string | Buffer) => this.socket.send(text)
  call(call: number, method: string, input: unknown = {}): Promise<Answer> {
    this.send(JSON.stringify({ call, method, input }))
    return this.answered(call)
  }
  closed = () =>
    new Promise<void>((resolve) => (this.socket.readyState === WebSocket.CLOSED ? resolve() : this.socket.on('close', () => resolve())))
}

let home: Home
let project: SmallProject
let server: HttpServer
let calls: string
let pictures: string
const faults: string[] = []
const error = console.error
beforeAll(async () => {
  console.error = (...args: unknown[]) => faults.push(args.map(String).join(' '))
  home = newHome()
  project = await birds(2)
  server = await startServer({ folders: home, project: project.folder })
  ;({ calls, pictures } = (await (await fetch(server.newUrl(), { headers: { accept: 'application/json' } })).json()) as {
    calls: string
    pictures: string
  })
})
afterAll(async () => {
  console.error = error
  await server.close()
  project.remove()
  home.remove()
})
const open = async () => {
  const raw = await Raw.open(server, calls)
  expect((await raw.call(1, 'projects.open', { folder: project.folder })).error).toBeUndefined()
  return raw
}
/** A call like any other, from another window. */
async function isWell() {
  const other = await open()
  expect(Array.isArray((await other.call(2, 'labels.list')).output)).toBe(true)
  other.socket.close()
}

const nested = (n: number, open = '[', close = ']') => open.repeat(n) + close.repeat(n)
const settings = (inner: string, call: number) =>
  `{"call":${call},"method":"training.start","input":{"recipe":"lp","settings":{"a":${inner}}}}`

describe('messages', () => {
  it('that nest deeply are refused by name, at any depth', async () => {
    const raw = await open()
    let call = 10
    for (const [inner, levels] of [
      [nested(5_000), 5_000],
      [nested(100_000), 1e5],
      ['{"a":'.repeat(5_000) + '1' + '}'.repeat(5_000), 5_000],
      ['['.repeat(2_000_000), 2e6],
      [nested(70), 70],
    ] as const) {
      raw.send(settings(inner, ++call))
      const { error } = await raw.answered(call)
      expect(error, String(levels)).toMatchObject({ fault: 'user', message: `the call is nested deeper than ${messageBounds.depth}` })
    }
    raw.send(`{"method":"training.start","input":${nested(5_000)},"call":99}`)
    expect((await raw.answered(99)).error?.message).toContain('nested deeper')
    raw.send(nested(5_000)) // no call: nobody to answer
    raw.send(settings(nested(50), 100)) // within the bounds, and no setting of the recipe
    expect((await raw.answered(100)).error).toBeDefined()
    expect((await raw.call(101, 'jobs.list')).output).toBeDefined()
  })

  it('that count too much are refused by name', async () => {
    const raw = await open()
    const many = (n: number, text: string) => `[${Array(n).fill(text).join(',')}]`
    let call = 10
    for (const inner of [
      many(messageBounds.values + 2, '1'),
      many(messageBounds.containers + 1, '[]'),
      many(messageBounds.containers + 1, '{}'),
    ]) {
      raw.send(`{"call":${++call},"method":"media.remove","input":{"ids":${inner}}}`)
      expect((await raw.answered(call)).error?.message).toContain('holds more than')
    }
    raw.send(`{"call":50,"method":"media.remove","input":{"ids":${many(200_000, '"x"')}}}`)
    expect((await raw.answered(50)).error!.message.length).toBeLessThan(600)
    expect((await raw.call(51, 'jobs.list')).output).toBeDefined()
  })

  it('of any kind, to any method, are answered', async () => {
    const raw = await open()
    const long = 'x'.repeat(200_000)
    const strange: unknown[] = [
      null,
      0,
      -1,
      1e308,
      true,
      '',
      long,
      '\0',
      '\ud800',
      [],
      {},
      [[]],
      { a: 1 },
      { ['__proto__']: { polluted: true } },
      { constructor: { prototype: {} } },
      { ids: [1e15, -5, 0.5, null, 'a'] },
      { id: 2 ** 53 },
      { folder: long },
      { folder: '\0' },
      { folder: '/dev/zero' },
      { folder: '../../../..' },
      { mediaId: 1, regionId: 'x', text: long, spans: [{ start: 0, end: 1e9, regions: [1] }], language: null },
      { mediaId: 1, action: 'x', changes: [{ before: null, after: null }] },
      { filter: { captionText: '%'.repeat(100_000) }, sort: { by: 'path', descending: true } },
      { name: long },
      { texts: [long] },
      JSON.parse('{"__proto__":{"admin":true},"settings":{"__proto__":[]}}'),
      { path: '/etc/passwd', options: {} },
      { ids: Array.from({ length: 50_000 }, (_, i) => -i) },
    ]
    // What begins work or changes settings is tried elsewhere.
    const passive = Object.keys(methods).filter(
      (m) =>
        !/^(curation\.(find|make|check|propose)|projects\.(sample|open|add-folder|close)|exchange\.|settings|training|merging|evaluation|history|snapshots\.restore)/.test(
          m,
        ),
    )
    const names = [...passive, 'nothing', '', long, '__proto__', 'constructor', 'toString', 'jobs.list\0']
    let call = 1000
    for (const method of names)
      for (const input of strange) {
        const { error, output } = await raw.call(++call, method, input)
        expect(error !== undefined || output !== undefined, `${method.slice(0, 40)} ${JSON.stringify(input)?.slice(0, 60)}`).toBe(true)
        if (error) expect(error.message.length).toBeLessThan(600)
      }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    await isWell()
  })

  it('that name one thing a million times, or a million that are not there, are answered as quickly', async () => {
    const raw = await open()
    const box = {
      id: -1,
      mediaId: 1,
      labelId: null,
      shape: { kind: 'box', x: 1, y: 2, w: 3, h: 4 },
      attributes: {},
      author: { kind: 'person', name: 'x' },
      state: 'accepted',
      z: 0,
      hidden: false,
      locked: false,
    }
    const [{ id }] = (
      (await raw.call(10, 'regions.apply', { mediaId: 1, action: 'draw', changes: [{ before: null, after: box }] })).output as {
        saved: [{ id: number }]
      }
    ).saved
    expect((await raw.call(11, 'regions.state', { ids: Array(900_000).fill(id), state: 'accepted' })).output).toBeNull()
    expect((await raw.call(12, 'tags.add', { mediaIds: Array(900_000).fill(1), tag: 'one' })).output).toBeNull()
    for (const [i, [method, more]] of (
      [
        ['regions.state', { state: 'accepted' }],
        ['media.remove', {}],
      ] as const
    ).entries())
      expect((await raw.call(20 + i, method, { ids: Array.from({ length: 900_000 }, (_, k) => k + 1000), ...more })).error).toBeDefined()
  })

  it('that are no calls are passed over, or refused by their number', async () => {
    const raw = await open()
    for (const noise of [
      'null',
      '1',
      '"x"',
      '[]',
      '{}',
      '{"call":"1"}',
      '{"call":1.5,"method":"jobs.list"}',
      '{"answer":1}',
      '{"event":"jobs.changed","data":null}',
      '{"call":1e999,"method":"jobs.list"}',
    ])
      raw.send(noise)
    raw.send('{"call":20}')
    raw.send('{"call":21,"method":7}')
    raw.send('{"call":22,"method":"jobs.list","op":"short"}')
    for (const call of [20, 21, 22]) expect((await raw.answered(call)).error?.fault).toBe('user')
    expect((await raw.call(23, 'jobs.cancel', { id: 'never was' })).error?.message).toBe('the job has ended already')
    expect((await raw.call(24, 'jobs.list')).output).toBeDefined()
  })

  it('that are no JSON, or frames that are broken, close that window and no other', async () => {
    for (const bad of ['{', '', 'nope', Buffer.from([0, 1, 2]), Buffer.alloc(1_000_000)]) {
      const raw = await open()
      raw.send(bad)
      await raw.closed()
    }
    // Fragments without an end, in small pieces; compressed though that was not agreed on; larger than is taken.
    const raw = await open()
    for (let i = 0; i < 500; i++) raw.socket.send('[', { fin: false })
    raw.socket.terminate()
    const upgraded = (then: Buffer) =>
      new Promise<void>((resolve) => {
        const socket = connect(server.port, '127.0.0.1', () =>
          socket.write(
            `GET /rpc HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nOrigin: http://127.0.0.1:${server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n` +
              `Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: dashi, dashi.session.${calls}\r\n\r\n`,
          ),
        )
        socket.once('data', () => socket.write(then))
        socket.on('error', () => undefined).on('close', () => resolve())
      })
    await upgraded(Buffer.from([0xc1, 0x84, 0, 0, 0, 0, 1, 2, 3, 4]))
    await upgraded(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]))
    await upgraded(Buffer.from([0x88, 0xfe, 0xff, 0xff, 0, 0, 0, 0]))
    await isWell()
  })

  it('thirty thousand at once, from a window that does not read, leave others their turn', async () => {
    const raw = await open()
    raw.socket.pause()
    for (let call = 100; call < 30_100; call++)
      raw.send(JSON.stringify({ call, method: 'media.ids', input: { filter: {}, sort: { by: 'id', descending: false } } }))
    const other = await open()
    for (let call = 2; call < 20; call++) expect((await other.call(call, 'labels.list')).output).toBeDefined()
    expect(raw.answers.size).toBe(1)
    raw.socket.resume()
    await raw.answered(30_099)
    expect(raw.answers.size).toBe(30_001)
    other.socket.close()
    raw.socket.close()
  })

  it('by a port, which carries more than JSON, are held to the same', async () => {
    const app = new App({
      host: { ...home, version: '1', pickFolder: async () => ({ status: 'unavailable' }) },
      models: models(home),
      report: (what) => faults.push(what),
    })
    const { port1, port2 } = new MessageChannel()
    app.attach({
      send: (m) => port2.postMessage(m),
      onMessage: (l) => port2.on('message', l),
      onClose: (l) => port2.on('close', l),
      close: () => port2.close(),
    })
    const answered = () => new Promise<Answer>((resolve) => port1.once('message', resolve as (m: unknown) => void))
    let deep: unknown = 1
    for (let i = 0; i < 3_000; i++) deep = [deep]
    const circle: Record<string, unknown> = {}
    Object.assign(circle, { a: circle, b: circle })
    for (const input of [
      deep,
      circle,
      new Map([[1, 2]]),
      new Uint8Array(8),
      10n,
      new Date(),
      Array(2_000_000).fill(1),
      { settings: new Set([1]) },
    ]) {
      port1.postMessage({ call: 5, method: 'training.start', input: { recipe: 'lp', settings: { a: input } } })
      expect((await answered()).error).toMatchObject({ fault: 'user', message: expect.stringContaining('the call') as string })
    }
    port1.postMessage({ call: 6, method: 'jobs.list' })
    expect(await answered()).toEqual({ answer: 6, output: [] })
    port1.close()
    await app.close()
  })
})

describe('requests', () => {
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<number>((resolve) => {
      request(
        { agent: false, host: '127.0.0.1', port: server.port, path, method, headers: { host: `127.0.0.1:${server.port}`, ...headers } },
        (r) =>
          r
            .resume()
            .on('end', () => resolve(r.statusCode!))
            .on('error', () => resolve(0)),
      )
        .on('error', () => resolve(0))
        .end()
    })
  const bytes = (text: string) =>
    new Promise<string>((resolve) => {
      let said = ''
      const socket = connect(server.port, '127.0.0.1', () => socket.write(text))
      socket
        .on('data', (d) => (said += String(d)))
        .on('error', () => undefined)
        .on('close', () => resolve(said))
    })

  it('with strange paths, methods and headers are answered, and bring nothing out', async () => {
    const long = 'a'.repeat(12_000)
    const media = `/media/${pictures}`
    for (const path of [
      '/%00',
      '/..%2f..%2fetc/passwd',
      '/%',
      '/%e0%a4%a',
      '/%2e%2e/',
      '//etc/passwd',
      '///',
      '/?token=%',
      `/?token=${long}`,
      '/session?x',
      `/${long}`,
      '/\\..\\..',
      '*',
      'http://evil.example/',
      '/assets/%2e%2e%2f',
      media,
      `${media}/`,
      `${media}/x`,
      `${media}/__proto__/1/image`,
      `${media}/x/1e9/image`,
      `${media}/x/-1/tile/0/0/0`,
      `${media}/x/1/tile/999999/999999/999999`,
      `/media/${long}/x/1/image`,
      '/media/%00/1',
      `${media}/%2e%2e/1/image`,
    ]) {
      const status = await get(path)
      expect(status, path.slice(0, 60)).toBeGreaterThanOrEqual(400)
    }
    for (const method of ['HEAD', 'OPTIONS', 'TRACE', 'PATCH', 'PROPFIND'])
      expect(await get('/', {}, method)).toBe(method === 'HEAD' ? 200 : 405)
    for (const headers of [
      { range: 'bytes=0-0,-1,5-2,' + '0-0,'.repeat(1000) },
      { range: 'bytes=99999999999999999999-' },
      { 'if-none-match': '*' },
      { expect: '200-ok' },
      { authorization: `Bearer ${long}` },
      { 'content-length': '5' },
    ])
      expect(await get('/', headers as unknown as Record<string, string>)).toBeGreaterThanOrEqual(0)
    expect(await get('/', { 'x-long': 'a'.repeat(100_000) })).toBeOneOf([0, 400, 431])
    await isWell()
  })

  it('that are no HTTP, break off or stay half open, are let go', async () => {
    const host = `Host: 127.0.0.1:${server.port}\r\n`
    for (const text of [
      'nonsense\r\n\r\n',
      '\0\0\0\0\r\n\r\n',
      `GET / HTTP/9.9\r\n${host}\r\n`,
      `GET / HTTP/1.1\r\nConnection: close\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
      `CONNECT evil.example:80 HTTP/1.1\r\n${host}\r\n`,
      `GET /rpc HTTP/1.1\r\n${host}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
      `GET /rpc HTTP/1.1\r\n${host}Upgrade: h2c\r\nConnection: Upgrade\r\nOrigin: http://127.0.0.1:${server.port}\r\nSec-WebSocket-Protocol: dashi, dashi.session.${calls}\r\n\r\n`,
      `POST / HTTP/1.1\r\n${host}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      `GET / HTTP/1.1\r\n${host}Content-Length: -5\r\n\r\n`,
    ])
      expect(await bytes(text), text).not.toMatch(/^HTTP\/1.1 (200|101)/)
    const idle = Array.from({ length: 200 }, () => connect(server.port, '127.0.0.1').on('error', () => undefined))
    for (const socket of idle) socket.write('GET / HTTP/1.1\r\n')
    await isWell()
    for (const socket of idle) socket.destroy()
  })
})

it('leaves no fault of the program behind', () => expect(faults).toEqual([]))
