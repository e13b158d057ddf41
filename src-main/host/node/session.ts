/**
 * Who may speak to the server. Whoever shows the one-time token of the address that was printed gets a session: two secrets that the
 * page keeps in the memory of its tab and shows itself, one with its calls, one in the paths of pictures. Nothing of it is a cookie,
 * which a browser would show to every other port of this machine as well. A session ends when it is signed out of, when it was not
 * used for a day, and after a month; it outlives a restart on the same port, so that an open window finds its way back.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const random = () => randomBytes(32).toString('base64url')
const digest = (secret: string) => createHash('sha256').update(secret).digest('hex')
const equal = (a: string, b: string) => timingSafeEqual(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'))

const hexDigest = z.string().regex(/^[0-9a-f]{64}$/)
/** Kept as digests: the file opens no door. */
const stored = z.object({
  sessions: z.array(z.object({ calls: hexDigest, pictures: hexDigest, begun: z.number(), used: z.number() })).max(100),
})
type Stored = z.infer<typeof stored>['sessions'][number]

const hour = 3600 * 1000
const idle = 24 * hour
const lifetime = 30 * 24 * hour
/** Sessions at a time; a further one ends the one used longest ago. */
const most = 50
/** Uses are written down this often, in ms. */
const noted = hour / 6

export interface Granted {
  /** Goes with the calls: as a subprotocol of the socket, or `Authorization: Bearer`. */
  calls: string
  /** Goes in the paths of pictures, which cannot have a header. */
  pictures: string
}

export class Sessions {
  private token: string | null = digest(random())
  private sessions: Stored[] = []
  private file = ''
  private written = 0

  constructor(
    private readonly configFolder: string,
    private readonly now: () => number = Date.now,
  ) {}

  listenOn(port: number): void {
    this.file = join(this.configFolder, `session-${port}.json`)
    this.sessions = readSessions(this.file)
    this.write()
  }

  /** For a URL to be opened once; each call makes the one before worthless. */
  newToken(): string {
    const token = random()
    this.token = digest(token)
    return token
  }

  /** A session for a token, which is then used up; null for any other text. */
  exchange(token: string): Granted | null {
    if (!this.token || !equal(digest(token), this.token)) return null
    this.token = null
    const granted = { calls: random(), pictures: random() }
    const now = this.now()
    this.sessions = [...this.sessions, { calls: digest(granted.calls), pictures: digest(granted.pictures), begun: now, used: now }]
      .sort((a, b) => a.used - b.used)
      .slice(-most)
    this.write()
    return granted
  }

  /** The name of the session that the secret belongs to, null where there is none (any more). Counts as a use. */
  admits(kind: keyof Granted, secret: string | undefined): string | null {
    if (!secret || secret.length > 100) return null
    const shown = digest(secret)
    const now = this.now()
    const session = this.sessions.find((s) => equal(s[kind], shown) && now - s.used < idle && now - s.begun < lifetime)
    if (!session) return null
    session.used = now
    if (now - this.written > noted) {
      this.written = now
      this.write()
    }
    return session.calls
  }

  /** Of a window that is still there. */
  use(name: string): void {
    for (const s of this.sessions) if (s.calls === name) s.used = this.now()
  }

  end(name: string): void {
    this.sessions = this.sessions.filter((s) => s.calls !== name)
    this.write()
  }

  private write(): void {
    const now = this.now()
    this.sessions = this.sessions.filter((s) => now - s.used < idle && now - s.begun < lifetime)
    try {
      mkdirSync(this.configFolder, { recursive: true, mode: 0o700 })
      writeFileSync(`${this.file}.part`, JSON.stringify({ sessions: this.sessions }), { mode: 0o600 })
      renameSync(`${this.file}.part`, this.file)
    } catch {
      // A full or read-only disk: the sessions are known until the program ends.
    }
  }
}

function readSessions(file: string): Stored[] {
  try {
    return stored.parse(JSON.parse(readFileSync(file, 'utf8'))).sessions
  } catch {
    return [] // missing or damaged: windows of before have to be opened anew
  }
}
