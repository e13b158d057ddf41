/**
 * Who may speak to the server: whoever shows the one-time token of the URL that was printed gets a cookie; whoever has the
 * cookie is in. The cookie outlives a restart on the same port, so that an open window finds its way back.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const random = () => randomBytes(32).toString('base64url')
const equal = (a: string, b: string) => timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())

const storedSession = z.object({ cookie: z.string().regex(/^dashi-[\w-]{16,}$/), secret: z.string().min(40), expires: z.number() })
type StoredSession = z.infer<typeof storedSession>
const lifetime = 30 * 24 * 3600 * 1000

export class Session {
  private token: string | null = random()
  private stored: StoredSession | null = null

  constructor(private readonly configFolder: string) {}

  /** Of a cookie the browser tells the host only, not the port: the name keeps servers on other ports from reading or replacing ours. */
  listenOn(port: number): void {
    const file = join(this.configFolder, `session-${port}.json`)
    const old = readSession(file)
    this.stored = old && old.expires > Date.now() ? old : { cookie: `dashi-${randomBytes(12).toString('base64url')}`, secret: random(), expires: 0 }
    this.stored.expires = Date.now() + lifetime
    mkdirSync(this.configFolder, { recursive: true, mode: 0o700 })
    writeFileSync(`${file}.part`, JSON.stringify(this.stored), { mode: 0o600 })
    renameSync(`${file}.part`, file)
  }

  /** For a URL to be opened once; each call makes the one before worthless. */
  newToken(): string {
    return (this.token = random())
  }

  /** The cookie for a token, which is then used up; null for any other text. */
  exchange(token: string): string | null {
    if (!this.token || !this.stored || !equal(token, this.token)) return null
    this.token = null
    const { cookie, secret } = this.stored
    return `${cookie}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${lifetime / 1000}`
  }

  admits(cookieHeader: string | undefined): boolean {
    if (!this.stored) return false
    const { cookie, secret } = this.stored
    return (cookieHeader ?? '').split(';').some((pair) => {
      const at = pair.indexOf('=')
      return pair.slice(0, at).trim() === cookie && equal(pair.slice(at + 1).trim(), secret)
    })
  }
}

function readSession(file: string): StoredSession | null {
  try {
    return storedSession.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null // missing or damaged: a new one is made, and windows of before have to be opened anew
  }
}
