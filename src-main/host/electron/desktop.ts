/**
 * The desktop application: windows, menu, dialogs and a custom scheme for files and pixels. Electron's API is passed
 * in so that tests run without its binary.
 */
import type * as Electron from 'electron'
import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { errorLine } from '#shared/errors.ts'
import type { Host, Served } from '../ports.ts'
import { securityHeaders, serveFile } from '../node/static.ts'
import { startChild } from './child.ts'
import { menuTemplate, textMenuTemplate } from './menu.ts'
import { chosenLocale, wordsIn } from '#shared/locales/index.ts'
import { whileWanted } from './pixels.ts'
import { portChannel } from './port.ts'
import { appOrigin, confine, denyPermissions, isOwn, webPreferences } from './security.ts'
import { defaultSize, readWindowState, writeWindowState } from './window-state.ts'

export type ElectronApi = Pick<
  typeof Electron,
  | 'app'
  | 'BrowserWindow'
  | 'dialog'
  | 'ipcMain'
  | 'Menu'
  | 'MessageChannelMain'
  | 'protocol'
  | 'screen'
  | 'session'
  | 'shell'
  | 'utilityProcess'
>

/** Folders for settings, cache and new projects, shared by the desktop and the browser. */
export type Folders = Pick<Host, 'configFolder' | 'cacheFolder' | 'dataFolder'>

export interface DesktopOptions {
  electron: ElectronApi
  folders: Folders
  /** The built renderer and preload. */
  files: string
  preload: string
  /** Window icon, for systems that do not take it from the executable. */
  icon?: string
  version: string
  /**
   * Creates the application for this host.
   * @param project the project last requested by the command line or the system
   * @param changed called when the settings or the project list change
   */
  serve(host: Host, project: () => string | null, changed: () => void): Promise<Served>
  /** The language setting: a locale id, or `system`. */
  language(): string
  recent(): readonly { name: string; folder: string }[]
  /** Sends an event to the pages of all windows. */
  tell(event: { action: string } | { open: string }): void
}

/** Chromium's error code for a load superseded by another. */
const aborted = -3

/** Finds the project named by a command line (relative to `from`) or by the system: a folder, or a file in one. */
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

/**
 * Sets up folders, scheme and the single-instance lock before Electron is ready.
 * @returns false if another instance with these folders is running; it then shows the project
 */
export function prepare({ app, protocol }: ElectronApi, args: readonly string[], { configFolder, cacheFolder }: Folders): boolean {
  app.setName('Dashi')
  app.setPath('userData', join(configFolder, 'electron'))
  app.setPath('sessionData', join(cacheFolder, 'electron'))
  if (!app.requestSingleInstanceLock({ args: [...args] })) return false
  app.enableSandbox()
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } },
  ])
  return true
}

/** Reports a failed start in a dialog and exits with a code; without the application no page could show it. */
export function failStart({ app, dialog }: ElectronApi, problem: unknown): void {
  console.error(problem)
  dialog.showErrorBox('Dashi', errorLine(problem))
  app.exit(1)
}

/** Call synchronously from the entry module: some events must be listened for before Electron is ready. */
export async function startDesktop(options: DesktopOptions): Promise<void> {
  const { electron, files, folders, preload, tell } = options
  const { app, BrowserWindow, dialog, ipcMain, Menu, MessageChannelMain, protocol, screen, session, shell } = electron
  /** The project for the next page to open; macOS names a file before anything else is ready. */
  let asked = projectOf(process.argv)
  /** Listening pages are notified; later ones ask when they start. */
  function openProject(project: string | null): void {
    if (!project) return
    asked = project
    tell({ open: project })
    ensureWindow()
  }
  /**
   * macOS keeps the program running without windows; before Electron is ready this does nothing, because a window is
   * opened anyway.
   */
  let ensureWindow = (): void => undefined
  app.on('open-file', (event, path) => {
    event.preventDefault()
    openProject(projectOf(['', path]))
  })
  await app.whenReady()

  const host: Host = {
    ...folders,
    version: options.version,
    startChild: (module, args) => startChild(electron, module, args),
    async pickFolder(title, start) {
      const parent = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0]
      const wanted: Electron.OpenDialogOptions = { title, defaultPath: start, properties: ['openDirectory', 'createDirectory'] }
      const { canceled, filePaths } = await (parent ? dialog.showOpenDialog(parent, wanted) : dialog.showOpenDialog(wanted))
      return canceled || !filePaths[0] ? { status: 'cancelled' } : { status: 'picked', path: filePaths[0] }
    },
  }
  // The window does not wait for the application: the page loads meanwhile, and its calls and pixels wait.
  const application = options.serve(
    host,
    () => asked,
    () => refreshMenu(),
  )
  application.catch(() => undefined) // rethrown below

  denyPermissions(session.defaultSession)
  protocol.handle('app', async (request) => {
    const url = new URL(request.url)
    if (!isOwn(request.url) || request.method !== 'GET') return new Response('Refused', { status: 403 })
    const reply = url.pathname.startsWith('/media/')
      ? await whileWanted(async (path, signal) => (await application).respond(path, signal), url.pathname, request.signal)
      : await serveFile(files, url.pathname)
    const headers = new Headers(reply.headers)
    for (const [name, value] of Object.entries(securityHeaders("'self'"))) headers.set(name, value)
    return new Response(reply.body, { status: reply.status, headers })
  })
  app.on('web-contents-created', (_event, contents) => confine(contents, (url) => shell.openExternal(url)))
  ipcMain.on('dashi:connect', (event) => {
    // Only the main frame of our own pages gets a port.
    if (!event.senderFrame || event.senderFrame.parent !== null || !isOwn(event.senderFrame.url)) return
    const { port1, port2 } = new MessageChannelMain()
    event.senderFrame.postMessage('dashi:port', null, [port2])
    let left = false // closed before the application was ready
    port1.once('close', () => (left = true))
    void application.then(
      (served) => left || served.attach(portChannel(port1)),
      () => undefined,
    )
  })

  const developing = !app.isPackaged
  const language = () => chosenLocale(options.language(), app.getPreferredSystemLanguages()).id
  function refreshMenu(): void {
    const recent = options.recent()
    if (recent[0]) app.addRecentDocument(recent[0].folder) // the system's recent list (dock, taskbar)
    Menu.setApplicationMenu(
      Menu.buildFromTemplate(
        menuTemplate({
          platform: process.platform,
          language: language(),
          act: (action) => (BrowserWindow.getAllWindows().length ? tell({ action }) : ensureWindow()),
          recent,
          open: openProject,
          developing,
        }),
      ),
    )
  }
  /** A crashed or failed page leaves an empty window: report it and offer to reload. */
  const faulty = new WeakSet<Electron.BrowserWindow>()
  async function sayFault(window: Electron.BrowserWindow, fault: 'gone' | 'failed', detail: string): Promise<void> {
    if (faulty.has(window)) return // already being reported
    faulty.add(window)
    window.show() // a dialog over a window that was never shown would be invisible
    const words = wordsIn(language()).menu.faults
    const { response } = await dialog.showMessageBox(window, {
      type: 'warning',
      message: words[fault],
      detail,
      buttons: [words.reload, words.close],
      defaultId: 0,
      cancelId: 1,
    })
    faulty.delete(window)
    if (window.isDestroyed()) return
    if (response === 0) window.webContents.reload()
    else window.destroy()
  }
  const stateFile = join(folders.configFolder, 'window.json')
  function openWindow(): void {
    const state = readWindowState(
      stateFile,
      screen.getAllDisplays().map((d) => d.workArea),
    )
    const window = new BrowserWindow({
      ...(state?.bounds ?? defaultSize),
      minWidth: 900,
      minHeight: 600,
      show: false,
      title: 'Dashi',
      icon: process.platform === 'linux' ? options.icon : undefined,
      backgroundColor: '#f5f4f1',
      webPreferences: webPreferences(preload, developing),
    })
    if (state?.maximised) window.maximize()
    window.once('ready-to-show', () => window.show())
    const { webContents } = window
    webContents.on('context-menu', (_event, { isEditable }) => {
      if (isEditable) Menu.buildFromTemplate(textMenuTemplate(language())).popup({ window })
    })
    webContents.on('render-process-gone', (_event, { reason }) => {
      if (reason !== 'clean-exit') void sayFault(window, 'gone', reason)
    })
    webContents.on('did-fail-load', (_event, code, description, _url, isMainFrame) => {
      if (isMainFrame && code !== aborted) void sayFault(window, 'failed', description)
    })
    webContents.on('did-navigate', (_event, _url, status) => {
      if (status >= 400) void sayFault(window, 'failed', `${status}`)
    })
    webContents.on('preload-error', (_event, _path, problem) => void sayFault(window, 'failed', errorLine(problem)))
    window.on('close', () => writeWindowState(stateFile, { bounds: window.getNormalBounds(), maximised: window.isMaximized() }))
    window.loadURL(`${appOrigin}/`).catch(() => undefined) // reported by did-fail-load
  }
  ensureWindow = () => void (BrowserWindow.getAllWindows().length || openWindow())
  refreshMenu()
  openWindow()
  app.on('activate', () => ensureWindow())
  app.on('second-instance', (_event, args, from) => {
    ensureWindow()
    const [window] = BrowserWindow.getAllWindows()
    if (window?.isMinimized()) window.restore()
    window?.focus()
    openProject(projectOf(args, from))
  })
  app.on('window-all-closed', () => process.platform === 'darwin' || app.quit())
  let closed = false
  // A training stops after its current step, and its state is written before the program quits.
  app.on('will-quit', (event) => {
    if (closed) return
    event.preventDefault()
    void application
      .then((served) => served.close())
      .catch(() => undefined)
      .finally(() => {
        closed = true
        app.quit()
      })
  })
  await application
  refreshMenu() // in the configured language
}
