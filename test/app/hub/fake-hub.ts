/**
 * A server that speaks as much of the hub's API as downloading needs, and a second one of another origin for large files, as the
 * hub's CDN. A test puts a fault in the way of the next requests.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
export const gitSha1 = (bytes: Uint8Array) => createHash('sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex')

export interface FakeModel {
  files: Record<string, Uint8Array>
  commit: string
  licence?: string | null
  gated?: boolean
  /** Tokens that may read it; without them everybody may. */
  tokens?: readonly string[]
  /** More entries of the listing. */
  listed?: readonly object[]
}

export interface Seen {
  readonly at: 'hub' | 'cdn'
  readonly path: string
  readonly range: string | undefined
  readonly ifRange: string | undefined
  readonly authorization: string | undefined
}

/** Takes a request away from the server by returning true. */
type Fault = (request: IncomingMessage, response: ServerResponse, at: Seen['at']) => boolean

export class FakeHub {
  readonly models = new Map<string, FakeModel>()
  readonly seen: Seen[] = []
  /** Asked for each request, first to last. */
  faults: Fault[] = []
  private readonly hub: Server
  private readonly cdn: Server

  private constructor() {
    this.hub = createServer((request, response) => this.take('hub', request, response))
    this.cdn = createServer((request, response) => this.take('cdn', request, response))
  }
  static async start(): Promise<FakeHub> {
    const fake = new FakeHub()
    for (const server of [fake.hub, fake.cdn]) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    return fake
  }
  async close(): Promise<void> {
    for (const server of [this.hub, this.cdn]) {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    }
  }
  get endpoint(): string {
    return `http://127.0.0.1:${(this.hub.address() as AddressInfo).port}`
  }
  get cdnAddress(): string {
    return `http://127.0.0.1:${(this.cdn.address() as AddressInfo).port}`
  }
  /** Requests for a file's content, where it is served. */
  asked = (file: string): Seen[] => this.seen.filter((s) => s.path.includes(file) && (s.at === 'cdn' || !isLarge(file)))

  /** The next `times` requests whose path has `part` meet this. */
  meet(part: string, times: number, fault: (response: ServerResponse, request: IncomingMessage) => void, at?: Seen['at']): void {
    let left = times
    this.faults.push((request, response, where) => {
      if (!request.url?.includes(part) || (at && at !== where) || left-- <= 0) return false
      fault(response, request)
      return true
    })
  }

  private take(at: Seen['at'], request: IncomingMessage, response: ServerResponse): void {
    const { range, 'if-range': ifRange, authorization } = request.headers
    this.seen.push({ at, path: request.url ?? '', range, ifRange: ifRange as string | undefined, authorization })
    if (this.faults.some((fault) => fault(request, response, at))) return
    const [path = ''] = (request.url ?? '').split('?')
    const api = /^\/api\/models\/(.+)\/revision\/([^/]+)$/.exec(path)
    const file = /^\/(.+)\/resolve\/([0-9a-f]{40})\/(.+)$/.exec(decodeURIComponent(path))
    const [, name = '', revision = ''] = api ?? file ?? []
    const model = this.models.get(name)
    if (at === 'cdn') return this.blob(path.slice(1), request, response)
    const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1]
    // As the hub does: it does not tell a private model from none.
    if (!model) return refuse(response, token ? 404 : 401, token ? 'RepoNotFound' : undefined)
    if (model.tokens && file && !model.tokens.includes(token ?? ''))
      return refuse(response, token ? 403 : 401, 'GatedRepo', 'Access to the model is restricted')
    if (api && ![model.commit, 'main'].includes(decodeURIComponent(revision))) return refuse(response, 404, 'RevisionNotFound')
    if (api) return void json(response, listing(name, model))
    const bytes = model.files[file?.[3] ?? '']
    if (!bytes) return refuse(response, 404, 'EntryNotFound')
    if (!isLarge(file![3]!)) return send(bytes, `"${gitSha1(bytes)}"`, request, response)
    const hash = sha256(bytes)
    response
      .writeHead(302, {
        location: `${this.cdnAddress}/${file![3]!}-${hash}`,
        'x-linked-etag': `"${hash}"`,
        'x-linked-size': bytes.byteLength,
        'x-repo-commit': model.commit,
      })
      .end()
  }

  private blob(path: string, request: IncomingMessage, response: ServerResponse): void {
    const hash = path.slice(-64)
    const found = [...this.models.values()].flatMap((m) => Object.values(m.files)).find((bytes) => sha256(bytes) === hash)
    if (!found) return void response.writeHead(403).end()
    send(found, `"${hash.slice(0, 32)}"`, request, response)
  }
}

export const isLarge = (file: string) => file.endsWith('.safetensors')

const listing = (name: string, { files, commit, licence = 'apache-2.0', gated = false, listed = [] }: FakeModel) => ({
  id: name,
  sha: commit,
  gated: gated ? 'manual' : false,
  private: false,
  tags: ['safetensors', ...(licence === null ? [] : [`license:${licence}`])],
  ...(licence !== null && { cardData: { license: licence } }),
  siblings: [
    ...Object.entries(files).map(([rfilename, bytes]) => ({
      rfilename,
      size: bytes.byteLength,
      blobId: gitSha1(bytes),
      ...(isLarge(rfilename) && { lfs: { size: bytes.byteLength, sha256: sha256(bytes), pointerSize: 134 } }),
    })),
    ...listed,
  ],
})

/** Content with ranges, as a web server sends it. */
export function send(bytes: Uint8Array, etag: string, request: IncomingMessage, response: ServerResponse): void {
  const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1]
  const condition = request.headers['if-range']
  if (from === undefined || (condition !== undefined && condition !== etag)) {
    response.writeHead(200, { 'content-length': bytes.byteLength, etag, 'accept-ranges': 'bytes' }).end(bytes)
    return
  }
  if (Number(from) >= bytes.byteLength) return void response.writeHead(416, { 'content-range': `bytes */${bytes.byteLength}` }).end()
  const rest = bytes.subarray(Number(from))
  response
    .writeHead(206, {
      'content-length': rest.byteLength,
      'content-range': `bytes ${from}-${bytes.byteLength - 1}/${bytes.byteLength}`,
      etag,
    })
    .end(rest)
}

function refuse(response: ServerResponse, status: number, code?: string, message = ''): void {
  response.writeHead(status, { ...(code && { 'x-error-code': code }), ...(message && { 'x-error-message': message }) }).end()
}

function json(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Sends the first `n` bytes of a file and cuts the connection. */
export const cutAfter =
  (bytes: Uint8Array, n: number, etag?: string) =>
  (response: ServerResponse): void => {
    response.writeHead(200, { 'content-length': bytes.byteLength, ...(etag && { etag }) })
    response.write(bytes.subarray(0, n), () => setTimeout(() => response.destroy(), 5))
  }
