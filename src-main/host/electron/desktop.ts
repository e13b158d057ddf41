/**
 * The desktop face: windows, menu, dialogs and our own scheme for files and pixels. Electron's API comes in as an argument, so that
 * what it is told can be tested without its binary.
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

/** Where settings, cache and new projects go: the same places for every face. */
export type Folders = Pick<Host, 'configFolder' | 'cacheFolder' | 'dataFolder'>

export interface DesktopOptions {
  electron: ElectronApi
  folders: Folders
  /** The built renderer and preload. */
  files: string
  preload: string
  /** For the window, where the system does not take it from the program. */
  icon?: string
  version: string
  /**
   * Makes the application for this host.
   * @param project what the command line or the system asked for last
   * @param changed is called when settings or the list of projects change
   */
  serve(host: Host, project: () => string | null, changed: () => void): Promise<Served>
  /** Of the settings: the id of a locale, or `system`. */
  language(): string
  recent(): readonly { name: string; folder: string }[]
  /** Tells the windows' pages. */
  tell(event: { action: string } | { open: string }): void
}

/** Chromium's code of a load that another one took the place of. */
const aborted = -3

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

/**
 * Before Electron is ready: its folders, the scheme, and that there is one instance only, which is told by the folders. False: another
 * one has it, which now shows the project.
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

/** A start that failed says so in a box and ends with a code; a page could not say it without the application. */
export function failStart({ app, dialog }: ElectronApi, problem: unknown): void {
  console.error(problem)
  dialog.showErrorBox('Dashi', errorLine(problem))
  app.exit(1)
}

/** To be called while the entry is evaluated; what is listened for at once, and what comes after Electron is ready. */
export async function startDesktop(options: DesktopOptions): Promise<void> {
  const { electron, files, folders, preload, tell } = options
  const { app, BrowserWindow, dialog, ipcMain, Menu, MessageChannelMain, protocol, screen, session, shell } = electron
  /** What a page opens that begins; macOS names a file before anything else is ready. */
  let asked = projectOf(process.argv)
  /** Pages that listen are told; others ask when they begin. */
  function openProject(project: string | null): void {
    if (!project) return
    asked = project
    tell({ open: project })
    ensureWindow()
  }
  /** macOS keeps the program, its menu and dock when the last window is closed; before Electron is ready one is opened anyway. */
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
  // The window does not wait for it: the page is loaded meanwhile, its calls and pixels come when it is there.
  const application = options.serve(
    host,
    () => asked,
    () => refreshMenu(),
  )
  application.catch(() => undefined) // thrown below

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
    // Only the main frame of one of our own pages.
    if (!event.senderFrame || event.senderFrame.parent !== null || !isOwn(event.senderFrame.url)) return
    const { port1, port2 } = new MessageChannelMain()
    event.senderFrame.postMessage('dashi:port', null, [port2])
    let left = false // before the application was there
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
    if (recent[0]) app.addRecentDocument(recent[0].folder) // the system's own list, in dock and task bar
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
  /** A page that is no more, or never was, leaves an empty window: it says so, and can be loaded again. */
  const faulty = new WeakSet<Electron.BrowserWindow>()
  async function sayFault(window: Electron.BrowserWindow, fault: 'gone' | 'failed', detail: string): Promise<void> {
    if (faulty.has(window)) return // it is being said
    faulty.add(window)
    window.show() // a box over a window that was never shown is not to be seen
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
    window.loadURL(`${appOrigin}/`).catch(() => undefined) // told by did-fail-load
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
  // A training is between two steps in a moment; what it leaves is written before the program goes.
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
  refreshMenu() // in the language of the settings
}
