/**
 * Who may call the server. The one-time token in the printed URL buys a session: two secrets that the page keeps in
 * its tab's memory and sends explicitly, one with calls, one in the paths of pictures. No cookies are used, because
 * browsers send those to every port of this machine. A session ends on sign-out, after a day without use, and after a
 * month; it survives a restart on the same port, so that open windows reconnect.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const random = () => randomBytes(32).toString('base64url')
const digest = (secret: string) => createHash('sha256').update(secret).digest('hex')
const equal = (a: string, b: string) => timingSafeEqual(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'))

const hexDigest = z.string().regex(/^[0-9a-f]{64}$/)
/** Stored as digests, so that the file grants no access. */
const stored = z.object({
  sessions: z.array(z.object({ calls: hexDigest, pictures: hexDigest, begun: z.number(), used: z.number() })).max(100),
})
type Stored = z.infer<typeof stored>['sessions'][number]

const hour = 3600 * 1000
const idle = 24 * hour
const lifetime = 30 * 24 * hour
/** Maximum number of sessions; a further one ends the least recently used. */
const most = 50
/** How often uses are recorded, in ms. */
const noted = hour / 6

export interface Granted {
  /** Sent with calls: as a WebSocket subprotocol, or `Authorization: Bearer`. */
  calls: string
  /** Part of the paths of pictures, whose requests cannot have a header. */
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

  /** A token for a URL to be opened once; it invalidates the previous one. */
  newToken(): string {
    const token = random()
    this.token = digest(token)
    return token
  }

  /** Exchanges a token for a session, using it up; null for any other text. */
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

  /** The name of the session with this secret, or null if there is none. Counts as a use. */
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

  /** Records a use by an open window. */
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
      // On a full or read-only disk, sessions last until the program ends.
    }
  }
}

function readSessions(file: string): Stored[] {
  try {
    return stored.parse(JSON.parse(readFileSync(file, 'utf8'))).sessions
  } catch {
    return [] // missing or damaged: earlier windows must be reopened
  }
}
