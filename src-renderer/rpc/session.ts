/**
 * The browser session. It comes with the page of a one-time address, is kept by this tab (across reloads), and is sent by this page alone,
 * with each connection and in image URLs. A tab without a session asks the other tabs of the same origin (host and port) for theirs. They
 * answer only while they are connected: during that time nobody but our server can have served the asking tab. Desktop windows need no
 * session.
 */
import { ref, shallowRef } from 'vue'
import { z } from 'zod'
import { sessionMeta } from '#shared/contract/urls.ts'

const sessionSchema = z.object({ calls: z.string().min(1), pictures: z.string().min(1) })
type Session = z.infer<typeof sessionSchema>
const kept = 'dashi:session'
/** Where this tab was headed before it was signed in. */
const wanted = 'dashi:wanted'

function parse(text: string | null): Session | null {
  try {
    return sessionSchema.parse(JSON.parse(text ?? 'null'))
  } catch {
    return null
  }
}

function take(): Session | null {
  const brought = document.querySelector<HTMLMetaElement>(`meta[name=${sessionMeta}]`)
  if (brought) {
    const { content: calls, dataset } = brought
    keep({ calls, pictures: dataset['pictures'] ?? '' })
    brought.remove()
    history.replaceState(null, '', `/${location.hash || (sessionStorage.getItem(wanted) ?? '')}`) // the token is used up
  }
  const session = parse(sessionStorage.getItem(kept))
  if (session) sessionStorage.removeItem(wanted)
  else if (location.hash) sessionStorage.setItem(wanted, location.hash)
  return session
}
const keep = (session: Session) => sessionStorage.setItem(kept, JSON.stringify(session))

const desktop = Boolean(window.dashi)
const session = shallowRef(desktop ? null : take())
/** The secret that authorises calls. */
export const secret = () => session.value?.calls ?? ''
/** Replaces a project's key from the application in URLs. */
export const urlKey = (key: string) => (session.value ? `${session.value.pictures}/${key}` : key)

/** There is no session, or no longer: only a new address from the terminal helps, or another tab that has one. */
export const ended = ref(false)
/** Asks the server whether the session is still valid, if the server can be reached. */
export async function look(): Promise<void> {
  const asked = session.value
  const over =
    !asked ||
    (await fetch('/session', { headers: { Authorization: `Bearer ${asked.calls}` } }).then(
      (r) => r.status === 401,
      () => false,
    ))
  if (session.value === asked) ended.value = over // otherwise another session was received meanwhile
}
/** Only in the browser. */
export const canSignOut = () => session.value !== null

/** Ends the session for all tabs that share it. */
export async function signOut(): Promise<void> {
  await fetch('/session', { method: 'DELETE', headers: { Authorization: `Bearer ${secret()}` } })
  sessionStorage.removeItem(kept)
}

// ---- Between tabs

const message = z.union([
  z.object({ ask: z.string() }),
  z.object({ answer: z.string(), session: sessionSchema }),
  z.object({ open: z.literal(true) }),
])
/** `localhost` can belong to someone else over IPv6; the printed address cannot. */
const tabs = !desktop && location.hostname === '127.0.0.1' ? new BroadcastChannel('dashi:session') : null
const post = (m: z.infer<typeof message>) => tabs?.postMessage(m)
/** How long (ms) other tabs may take to answer before the page shows instructions; it keeps listening afterwards. */
const patience = 700

/** Whether this tab is connected, so that it may answer others. */
let connected: () => boolean = () => false
export function share(isConnected: () => boolean): void {
  connected = isConnected
}
/** Announces that this tab is connected, so that waiting tabs can ask. */
export const announce = () => session.value && post({ open: true })

const me = desktop ? '' : crypto.randomUUID()
const ask = () => post({ ask: me })
const letIn: (() => void)[] = []

/** Resolves once there is a session, or none was received in time. */
export function enter(): Promise<void> {
  if (desktop || session.value || !tabs) return Promise.resolve()
  return new Promise((resolve) => {
    letIn.push(resolve)
    ask()
    setTimeout(resolve, patience)
  })
}
function receive(given: Session): void {
  keep(given)
  sessionStorage.removeItem(wanted)
  session.value = given
  ended.value = false
  for (const resolve of letIn.splice(0)) resolve()
}
tabs?.addEventListener('message', ({ data }: MessageEvent) => {
  const said = message.safeParse(data).data
  if (!said) return
  const outside = !session.value || ended.value
  if ('ask' in said) {
    if (session.value && connected()) post({ answer: said.ask, session: session.value })
  } else if ('open' in said) {
    if (outside) ask()
  } else if (said.answer === me && outside && said.session.calls !== session.value?.calls) receive(said.session)
})
