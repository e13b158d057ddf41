/**
 * The browser's session: brought by the page of a one-time address, kept by this tab (over reloads) and shown by this page alone, with
 * each connection and in the addresses of pictures. In the desktop's windows there is none.
 */
import { ref } from 'vue'
import { sessionMeta } from '#shared/contract/urls.ts'

interface Session {
  calls: string
  pictures: string
}
const kept = 'dashi:session'

function take(): Session | null {
  const brought = document.querySelector<HTMLMetaElement>(`meta[name=${sessionMeta}]`)
  if (brought) {
    const { content: calls, dataset } = brought
    sessionStorage.setItem(kept, JSON.stringify({ calls, pictures: dataset['pictures'] ?? '' }))
    brought.remove()
    history.replaceState(null, '', `/${location.hash}`) // the token is used up
  }
  const text = sessionStorage.getItem(kept)
  return text === null ? null : (JSON.parse(text) as Session)
}

const session = window.dashi ? null : take()
/** Of calls. */
export const secret = session?.calls ?? ''
/** What stands for a project in URLs, of the key that the application gave. */
export const urlKey = (key: string) => (session ? `${session.pictures}/${key}` : key)

/** There is none (any more): only another address from the terminal helps. */
export const ended = ref(false)
/** Asks the server, where it can be reached. */
export async function look(): Promise<void> {
  ended.value = !session || (await fetch('/session', { headers: { Authorization: `Bearer ${secret}` } }).then((r) => r.status === 401, () => false))
}
/** In the browser only. */
export const canSignOut = session !== null

/** Ends the session for all tabs that have it. */
export async function signOut(): Promise<void> {
  await fetch('/session', { method: 'DELETE', headers: { Authorization: `Bearer ${secret}` } })
  sessionStorage.removeItem(kept)
}
