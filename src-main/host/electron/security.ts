/** Restricts pages to showing our own files and talking through their port. */
import type { BrowserWindowConstructorOptions, Session, WebContents } from 'electron'

/** Scheme and host of our pages; a window may show no other address. */
export const appOrigin = 'app://dashi'
export const isOwn = (url: string) => url === appOrigin || url.startsWith(`${appOrigin}/`)

/** The only page; our other files are loaded by it. */
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

/** Opens web links in the system's browser; nothing may open a window or navigate ours away. */
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

/** Denies camera, microphone, location and downloads; writing to the clipboard is the only permission granted. */
export function denyPermissions(session: Session): void {
  session.on('will-download', (event) => event.preventDefault())
  const allowed = (permission: string) => permission === 'clipboard-sanitized-write'
  session.setPermissionRequestHandler((_contents, permission, answer) => answer(allowed(permission)))
  session.setPermissionCheckHandler((_contents, permission) => allowed(permission))
}
