/** What a page in a window may do: show our own files, talk through its port, and nothing else. */
import type { BrowserWindowConstructorOptions, Session, WebContents } from 'electron'

/** Our pages' scheme and host; there is no other address that a window may show. */
export const appOrigin = 'app://dashi'
export const isOwn = (url: string) => url === appOrigin || url.startsWith(`${appOrigin}/`)

/** The one page; other files of ours are for it alone. */
const isPage = (url: string) => isOwn(url) && ['', '/', '/index.html'].includes(new URL(url).pathname)

export const webPreferences = (preload: string, developing: boolean): NonNullable<BrowserWindowConstructorOptions['webPreferences']> => ({
  preload,
  devTools: developing,
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webviewTag: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  navigateOnDragDrop: false,
  spellcheck: false,
})

/** Links to the web open in the browser of the system; nothing opens or replaces a window of ours. */
export function confine(contents: WebContents, openExternal: (url: string) => Promise<void>): void {
  contents.setWindowOpenHandler(({ url }) => {
    if (url.startsWith('https://')) void openExternal(url)
    return { action: 'deny' }
  })
  const refuse = (event: { preventDefault(): void }, url: string) => {
    if (!isPage(url)) event.preventDefault()
  }
  contents.on('will-navigate', (event) => refuse(event, event.url))
  contents.on('will-redirect', (event) => refuse(event, event.url))
  contents.on('will-frame-navigate', (event) => refuse(event, event.url))
  contents.on('will-attach-webview', (event) => event.preventDefault())
}

/** No camera, no microphone, no location, no downloads; the clipboard is the one thing a page of ours may ask for. */
export function denyPermissions(session: Session): void {
  session.on('will-download', (event) => event.preventDefault())
  const allowed = (permission: string) => permission === 'clipboard-sanitized-write'
  session.setPermissionRequestHandler((_contents, permission, answer) => answer(allowed(permission)))
  session.setPermissionCheckHandler((_contents, permission) => allowed(permission))
}
