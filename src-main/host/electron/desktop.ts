/**
 * The desktop face: windows, menu, dialogs and our own scheme for files and pixels. Electron's API comes in as an argument, so that
 * what it is told can be tested without its binary.
 */
import type * as Electron from 'electron'
import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Host, Served } from '../ports.ts'
import { securityHeaders, serveFile } from '../node/static.ts'
import { menuTemplate } from './menu.ts'
import { menuLanguage, type MenuLanguage } from './menu-words.ts'
import { startChild } from './child.ts'
import { portChannel } from './port.ts'
import { appOrigin, confine, denyPermissions, isOwn, webPreferences } from './security.ts'
import { defaultSize, readWindowState, writeWindowState } from './window-state.ts'

export type ElectronApi = Pick<typeof Electron, 'app' | 'BrowserWindow' | 'dialog' | 'ipcMain' | 'Menu' | 'MessageChannelMain' | 'protocol' | 'screen' | 'session' | 'shell' | 'utilityProcess'>

export interface DesktopOptions {
  electron: ElectronApi
  /** The built renderer and preload. */
  files: string
  preload: string
  /** For the window, where the system does not take it from the program. */
  icon?: string
  version: string
  /** Makes the application for this host; `project` is what the command line named. It calls `changed` when settings or the list of projects change. */
  serve(host: Host, project: string | null, changed: () => void): Served
  language(): 'system' | MenuLanguage
  recent(): readonly { name: string; folder: string }[]
  /** Tells the windows' pages. */
  tell(event: { action: string } | { open: string }): void
}

/** A folder, or a file in one, as a command line given in the folder `from` or the system names it. */
export function projectOf(args: readonly string[], from = process.cwd()): string | null {
  for (const arg of args.slice(1).reverse()) {
    if (arg.startsWith('-')) continue
    try {
      const path = resolve(from, arg)
      const info = statSync(path)
      if (info.isDirectory()) return path
      if (/\.(db|dashi)$/.test(path)) return dirname(path)
    } catch {
      // not a path
    }
  }
  return null
}

/** Before Electron is ready: the scheme, and that there is one instance only. False: another one has it, which now shows the project. */
export function prepare({ app, protocol }: ElectronApi, args: readonly string[]): boolean {
  if (!app.requestSingleInstanceLock({ args: [...args] })) return false
  app.enableSandbox()
  protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } }])
  return true
}

export async function startDesktop(options: DesktopOptions): Promise<void> {
  const { electron, files, preload, tell } = options
  const { app, BrowserWindow, dialog, ipcMain, Menu, MessageChannelMain, protocol, screen, session, shell } = electron
  /** macOS names a file before anything else is ready. */
  let asked = projectOf(process.argv)
  app.on('open-file', (event, path) => {
    event.preventDefault()
    const project = projectOf(['', path])
    if (!project) return
    if (served) tell({ open: project })
    else asked = project
  })
  let served: Served | null = null
  await app.whenReady()

  const config = app.getPath('userData')
  const host: Host = {
    version: options.version,
    configFolder: config,
    cacheFolder: join(app.getPath('sessionData'), 'dashi-cache'),
    dataFolder: join(app.getPath('documents'), 'Dashi'),
    startChild: (module, args) => startChild(electron, module, args),
    async pickFolder(title, start) {
      const { canceled, filePaths } = await dialog.showOpenDialog({ title, defaultPath: start, properties: ['openDirectory', 'createDirectory'] })
      return canceled || !filePaths[0] ? { status: 'cancelled' } : { status: 'picked', path: filePaths[0] }
    },
  }
  const application = (served = options.serve(host, asked, () => refreshMenu()))

  denyPermissions(session.defaultSession)
  protocol.handle('app', async (request) => {
    const url = new URL(request.url)
    if (!isOwn(request.url) || request.method !== 'GET') return new Response('Refused', { status: 403 })
    const reply = url.pathname.startsWith('/media/') ? await application.respond(url.pathname, request.signal) : await serveFile(files, url.pathname)
    const headers = new Headers(reply.headers)
    for (const [name, value] of Object.entries(securityHeaders("'self'"))) headers.set(name, value)
    return new Response(reply.body, { status: reply.status, headers })
  })
  app.on('web-contents-created', (_event, contents) => confine(contents, (url) => shell.openExternal(url)))
  ipcMain.on('dashi:connect', (event) => {
    // Only the main frame of one of our own pages.
    if (!event.senderFrame || event.senderFrame.parent !== null || !isOwn(event.senderFrame.url)) return
    const { port1, port2 } = new MessageChannelMain()
    application.attach(portChannel(port1))
    event.senderFrame.postMessage('dashi:port', null, [port2])
  })

  function refreshMenu(): void {
    const language = menuLanguage(options.language(), app.getPreferredSystemLanguages())
    Menu.setApplicationMenu(
      Menu.buildFromTemplate(menuTemplate({ platform: process.platform, language, act: (action) => tell({ action }), recent: options.recent(), open: (folder) => tell({ open: folder }) })),
    )
  }
  const stateFile = join(config, 'window.json')
  function openWindow(): void {
    const state = readWindowState(stateFile, screen.getAllDisplays().map((d) => d.workArea))
    const window = new BrowserWindow({
      ...(state?.bounds ?? defaultSize), minWidth: 900, minHeight: 600, show: false, title: 'Dashi', icon: process.platform === 'linux' ? options.icon : undefined, backgroundColor: '#f5f4f1', webPreferences: webPreferences(preload),
    })
    if (state?.maximised) window.maximize()
    window.once('ready-to-show', () => window.show())
    window.on('close', () => writeWindowState(stateFile, { bounds: window.getNormalBounds(), maximised: window.isMaximized() }))
    void window.loadURL(`${appOrigin}/`)
  }
  refreshMenu()
  openWindow()
  app.on('activate', () => BrowserWindow.getAllWindows().length || openWindow())
  app.on('second-instance', (_event, args, from) => {
    const [window] = BrowserWindow.getAllWindows()
    if (!window) openWindow()
    if (window?.isMinimized()) window.restore()
    window?.focus()
    const project = projectOf(args, from)
    if (project) tell({ open: project })
  })
  app.on('window-all-closed', () => process.platform === 'darwin' || app.quit())
  let closed = false
  // A training is between two steps in a moment; what it leaves is written before the program goes.
  app.on('will-quit', (event) => {
    if (closed) return
    event.preventDefault()
    void application.close().finally(() => {
      closed = true
      app.quit()
    })
  })
}
