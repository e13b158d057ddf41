/** Requests to the hub: redirects without giving the token away, what failures mean, and waiting before the next attempt. */
import { setTimeout as after } from 'node:timers/promises'
import { cancelled, type DashiError, userError } from '#shared/errors.ts'
import { type Sentence, sentence } from '#shared/sentences/table.ts'
import type { HubPace, HubPlace } from '../context.ts'
import { endpointOf, paceOf } from './place.ts'

/** The hub sends a renamed model's requests on once, and large files' to a CDN. */
const MOST_REDIRECTS = 5

/** A failure that may pass. */
export class Again extends Error {
  constructor(
    readonly reason: Sentence | string,
    /** What the server asks to wait, in ms; null: nothing. */
    readonly wait: number | null = null,
    options?: ErrorOptions,
  ) {
    super(typeof reason === 'string' ? reason : reason.code, options)
  }
}

export interface Asked {
  readonly name: string
  readonly revision: string
  /** The file of the model that is asked for. */
  readonly file?: string
  readonly token: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * GETs an address of the endpoint and follows its redirects. The token goes to the endpoint's own origin only.
 * @throws {@link Again} if another attempt may succeed, otherwise an error that says what is to be done
 */
export async function get(place: HubPlace, url: string, asked: Asked, signal: AbortSignal): Promise<Response> {
  const own = new URL(endpointOf(place))
  if (asked.token && own.protocol !== 'https:' && !isLoopback(own)) throw userError(sentence('hub.token-unsafe', { endpoint: own.origin }))
  for (let at = new URL(url), left = MOST_REDIRECTS; ; left--) {
    const response = await reach(at, {
      // Byte ranges and lengths are of the file itself, so it must not be compressed on the way.
      headers: {
        'accept-encoding': 'identity',
        'user-agent': 'dashi',
        ...asked.headers,
        ...(asked.token && at.origin === own.origin ? { authorization: `Bearer ${asked.token}` } : {}),
      },
      redirect: 'manual',
      signal,
    })
    const to = response.headers.get('location')
    if (response.status >= 300 && response.status < 400 && response.status !== 304 && to !== null) {
      await response.body?.cancel().catch(() => undefined)
      if (left === 0) throw userError(sentence('hub.redirects', { host: own.host }))
      at = safe(to, at)
      continue
    }
    if (response.ok) return response
    throw await meaning(response, own, at, asked)
  }
}

/** @throws if it leads from https to http, or to something that is no web address */
function safe(to: string, from: URL): URL {
  const url = URL.canParse(to, from.href) ? new URL(to, from.href) : undefined
  const kept = url && (url.protocol === 'https:' || (url.protocol === 'http:' && from.protocol === 'http:'))
  if (!kept) throw userError(sentence('hub.redirect-unsafe', { host: from.host, to: to.slice(0, 200) }))
  return url
}

const isLoopback = ({ hostname }: URL) => hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname)

async function reach(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (e) {
    if (init.signal?.aborted) throw init.signal.reason
    throw new Again(reasonOf(e), null, { cause: e })
  }
}

/** Why a connection failed: `fetch` itself says only that it did. */
export function reasonOf(e: unknown): string {
  for (let at = e, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = (at as NodeJS.ErrnoException).code
    if (typeof code === 'string' && code) return code
    if (at instanceof AggregateError && at.errors[0] instanceof Error) return reasonOf(at.errors[0])
  }
  return e instanceof Error ? e.message : String(e)
}

/** The error for an answer other than success. */
async function meaning(response: Response, own: URL, at: URL, { name, revision, file = '', token }: Asked): Promise<Error> {
  await response.body?.cancel().catch(() => undefined)
  const { status, headers } = response
  const endpoint = own.href.replace(/\/+$/, '')
  const said = headers.get('x-error-message') ?? ''
  if ([408, 429, 500, 502, 503, 504].includes(status))
    return new Again(sentence('hub.answered', { host: at.host, status }), status === 429 || status === 503 ? waitIn(headers) : null)
  if (status === 416) return new Again(sentence('hub.answered', { host: at.host, status }), 0)
  // A CDN refuses an address that has expired; the hub gives a new one.
  if (at.origin !== own.origin) return new Again(sentence('hub.answered', { host: at.host, status }))
  const page = `${endpoint}/${name}`
  switch (headers.get('x-error-code')) {
    case 'GatedRepo':
      return userError(status === 401 || !token ? sentence('hub.gated', { name, page }) : sentence('hub.gated-no-access', { name, page }))
    case 'RevisionNotFound':
      return userError(sentence('hub.no-revision', { name, revision }))
    case 'EntryNotFound':
      return userError(sentence('hub.no-file', { name, file }))
    case 'RepoNotFound':
      return userError(sentence('hub.no-model', { name, endpoint }))
  }
  if (said === 'Access to this resource is disabled.') return userError(sentence('hub.disabled', { name, endpoint }))
  if (status === 401 && token && /credentials|token/i.test(said))
    return userError(sentence('hub.bad-token', { endpoint, page: `${endpoint}/settings/tokens` }))
  // Without a code of its own, 401 stands for a model that does not exist as well as for a private one.
  if (status === 401 || status === 404) return userError(sentence('hub.no-model', { name, endpoint }))
  if (status === 403) return userError(sentence('hub.gated-no-access', { name, page }))
  return userError(sentence('hub.unexpected', { endpoint, problem: sentence('hub.answered', { host: at.host, status }) }))
}

/** `Retry-After` in seconds or as a date, or the hub's own `RateLimit: "api";r=0;t=55`. */
export function waitIn(headers: Headers, now = Date.now()): number | null {
  const limit = /;\s*r\s*=\s*0\s*;\s*t\s*=\s*(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]
  if (limit !== undefined) return 1000 * (Number(limit) + 1)
  const after = headers.get('retry-after')?.trim() ?? ''
  if (/^\d+$/.test(after)) return 1000 * Number(after)
  const date = Date.parse(after)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

export interface Persistence {
  readonly signal: AbortSignal
  /** Whether something arrived since it was last asked: then failures are counted anew. */
  progressed?(): boolean
  /** The error once it gives up. */
  failed(last: Again): DashiError
}

/**
 * Repeats an attempt as long as it throws {@link Again}, waiting longer each time.
 * @throws `cancelled` once the signal aborts
 */
export async function persistently<T>(place: HubPlace, attempt: () => Promise<T>, how: Persistence): Promise<T> {
  const pace = paceOf(place)
  for (let failures = 0; ;) {
    if (how.signal.aborted) throw cancelled()
    try {
      return await attempt()
    } catch (e) {
      if (how.signal.aborted) throw cancelled()
      if (!(e instanceof Again)) throw e
      failures = how.progressed?.() ? 1 : failures + 1
      if (e.wait !== null && e.wait > pace.patience)
        throw userError(sentence('hub.busy', { host: new URL(endpointOf(place)).host, seconds: Math.ceil(e.wait / 1000) }), e)
      if (failures >= pace.attempts) throw how.failed(e)
      await after(e.wait ?? delay(pace, failures), undefined, { signal: how.signal }).catch(() => undefined)
    }
  }
}

/** With some chance in it, so that files that failed together do not all come back together. */
const delay = ({ first, most }: HubPace, failures: number) => Math.min(most, first * 2 ** (failures - 1)) * (0.75 + Math.random() / 2)

/** Aborts if nothing was heard for a while. */
export class Watchdog {
  private readonly own = new AbortController()
  private timer: NodeJS.Timeout | undefined
  readonly signal: AbortSignal

  constructor(
    private readonly ms: number,
    outer: AbortSignal,
  ) {
    this.signal = AbortSignal.any([outer, this.own.signal])
    this.heard()
  }
  heard(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.own.abort(new Again(sentence('hub.stalled', { seconds: this.ms / 1000 }))), this.ms)
  }
  end(): void {
    clearTimeout(this.timer)
  }
}

/**
 * The body of an answer, piece by piece. It ends at once when the watchdog's signal aborts: a stream whose last piece has come by then
 * may neither end nor fail.
 * @throws {@link Again} where the connection ends, so that other errors are told apart from it
 */
export async function* received({ body }: Response, dog: Watchdog): AsyncGenerator<Uint8Array> {
  if (!body) return
  const reader = body.getReader()
  const { signal } = dog
  let fail: (reason: unknown) => void = () => undefined
  const stop = () => fail(signal.reason)
  signal.addEventListener('abort', stop)
  try {
    for (;;) {
      const next = await new Promise<{ done: boolean; value?: Uint8Array }>((resolve, reject) => {
        fail = reject
        if (signal.aborted) stop()
        else reader.read().then(resolve, reject)
      }).catch((e: unknown) => {
        throw signal.aborted ? signal.reason : new Again(reasonOf(e), null, { cause: e })
      })
      if (next.done) return
      dog.heard()
      yield next.value!
    }
  } finally {
    signal.removeEventListener('abort', stop)
    void reader.cancel().catch(() => undefined)
  }
}
