import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { EventEmitter } from 'node:events'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import sharp from 'sharp'
import { parse } from 'yaml'
import { z } from 'zod'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createProject } from '../../src-main/app/projects/index.ts'
import { prepare, projectOf, startDesktop, type ElectronApi } from '../../src-main/host/electron/desktop.ts'
import { menuTemplate } from '../../src-main/host/electron/menu.ts'
import { readWindowState } from '../../src-main/host/electron/window-state.ts'
import { chosenLocale, locales, wordsIn } from '../../src-shared/locales/index.ts'

type Handler = (...args: never[]) => unknown

/** Writes down what Electron is told, and says what it would say. */
function fakeElectron(folder: string, { first = true, packaged = false } = {}) {
  const calls: Record<string, unknown[]> = {}
  const note = (name: string, ...args: unknown[]) => void (calls[name] ??= []).push(...args)
  const windows: FakeWindow[] = []
  const handlers = new Map<string, Handler>()
  class FakeWindow extends EventEmitter {
    static getAllWindows = () => windows
    static getFocusedWindow = () => null
    webContents = Object.assign(new EventEmitter(), { reload: () => note('reload', 1) })
    isDestroyed = () => false
    destroy = () => note('destroy', 1)
    url = ''
    focused = false
    constructor(readonly options: Record<string, unknown>) {
      super()
      windows.push(this)
    }
    loadURL(url: string) {
      this.url = url
      return Promise.resolve()
    }
    show = () => note('show')
    maximize = () => note('maximize')
    focus = () => (this.focused = true)
    isMinimized = () => false
    isMaximized = () => true
    getNormalBounds = () => ({ x: 10, y: 20, width: 1000, height: 700 })
  }
  const app = Object.assign(new EventEmitter(), {
    isPackaged: packaged,
    addRecentDocument: (path: string) => note('recent', path),
    requestSingleInstanceLock: () => first,
    setName: () => undefined,
    setPath: (name: string, path: string) => note('path', name, path),
    enableSandbox: () => note('enableSandbox'),
    whenReady: () => Promise.resolve(),
    getPath: (name: string) => join(folder, name),
    getPreferredSystemLanguages: () => ['fr-FR', 'ja-JP', 'en-GB'],
    quit: () => note('quit', 1),
  })
  const ipcMain = new EventEmitter()
  const boxAnswer: number[] = []
  const electron = {
    app,
    ipcMain,
    BrowserWindow: FakeWindow,
    dialog: {
      showOpenDialog: async (...args: unknown[]) => (note('dialog', args), { canceled: false, filePaths: ['/picked'] }),
      showMessageBox: async (_window: unknown, options: { buttons: string[] }) => (
        note('box', options),
        { response: boxAnswer.shift() ?? 0 }
      ),
    },
    Menu: {
      buildFromTemplate: (t: object) => Object.assign(t, { popup: () => note('popup', t) }),
      setApplicationMenu: (t: unknown) => note('menu', t),
    },
    MessageChannelMain: class {
      port1 = Object.assign(new EventEmitter(), { postMessage: () => undefined, start: () => undefined, close: () => undefined })
      port2 = 'port2'
    },
    protocol: {
      registerSchemesAsPrivileged: (schemes: unknown[]) => note('schemes', ...schemes),
      handle: (scheme: string, handler: Handler) => handlers.set(scheme, handler),
    },
    screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
    session: {
      defaultSession: {
        on: (name: string, h: Handler) => handlers.set(name, h),
        setPermissionRequestHandler: (h: Handler) => handlers.set('request', h),
        setPermissionCheckHandler: (h: Handler) => handlers.set('check', h),
      },
    },
    shell: { openExternal: async (url: string) => note('external', url) },
  } as unknown as ElectronApi
  return { electron, app, ipcMain, windows, handlers, calls, boxAnswer }
}

/** Web contents that take down the handlers they are given. */
function fakeContents() {
  const contents = Object.assign(new EventEmitter(), {
    open: null as Handler | null,
    setWindowOpenHandler: (h: Handler) => (contents.open = h),
  })
  const refuses = (event: string, url: string) => {
    let refused = false
    contents.emit(event, { url, preventDefault: () => (refused = true) })
    return refused
  }
  return { contents, refuses }
}

describe('the desktop face', () => {
  let folder: string
  let fake: ReturnType<typeof fakeElectron>
  let attached = 0
  let closed = 0
  const told: unknown[] = []
  let language: string
  let changed: () => void
  let asked: () => string | null
  const folders = () => ({ configFolder: join(folder, 'config'), cacheFolder: join(folder, 'cache'), dataFolder: join(folder, 'data') })
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dashi-electron-'))
    mkdirSync(join(folder, 'files'))
    writeFileSync(join(folder, 'files', 'index.html'), 'the page')
    fake = fakeElectron(folder)
    ;[attached, closed, told.length, language] = [0, 0, 0, 'en']
    await startDesktop({
      electron: fake.electron,
      folders: folders(),
      files: join(folder, 'files'),
      preload: '/preload.cjs',
      version: '1',
      recent: () => [{ name: 'Birds', folder: '/birds' }],
      language: () => language,
      serve: async (host, project, whenChanged) => {
        changed = whenChanged
        asked = project
        void host.pickFolder('Open', '/home').then((choice) => told.push(choice))
        return { attach: () => attached++, respond: async (path) => new Response(path), close: async () => void closed++ }
      },
      tell: (event) => told.push(event),
    })
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('opens a window without Node, isolated and sandboxed, on our own page', () => {
    const [window] = fake.windows
    expect(window!.url).toBe('app://dashi/')
    expect(window!.options['webPreferences']).toMatchObject({
      preload: '/preload.cjs',
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
    })
  })

  it('lets no page go elsewhere, and no window open', () => {
    const { contents, refuses } = fakeContents()
    fake.app.emit('web-contents-created', {}, contents)
    for (const event of ['will-navigate', 'will-redirect', 'will-frame-navigate']) {
      for (const url of [
        'https://evil.example/',
        'file:///etc/passwd',
        'app://dashi.evil/',
        'app://other/',
        'javascript:alert(1)',
        'data:text/html,x',
        'app://dashi/media/k/1/image',
        'app://dashi/icon.svg',
      ])
        expect(refuses(event, url), `${event} ${url}`).toBe(true)
      for (const url of ['app://dashi/index.html', 'app://dashi/#/label/3']) expect(refuses(event, url), url).toBe(false)
    }
    expect(refuses('will-attach-webview', '')).toBe(true)
    for (const url of ['https://example.org/', 'file:///etc/passwd', 'app://dashi/'])
      expect(contents.open!({ url } as never)).toEqual({ action: 'deny' })
    expect(fake.calls['external']).toEqual(['https://example.org/'])
  })

  it('serves files and pixels by its own scheme, with a strict policy', async () => {
    const handle = fake.handlers.get('app') as (r: Request) => Promise<Response>
    const ask = (url: string, method = 'GET') => handle({ url, method, signal: new AbortController().signal } as Request)
    const page = await ask('app://dashi/')
    expect(await page.text()).toBe('the page')
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*script-src 'self'(;|$)/)
    expect(await (await ask('app://dashi/media/k/1/image')).text()).toBe('/media/k/1/image')
    expect((await ask('app://dashi/..%2f..%2fetc/passwd')).status).toBe(404)
    expect((await ask('app://dashi/', 'POST')).status).toBe(403)
    expect((await ask('app://other/')).status).toBe(403)
  })

  it('gives a port to the main frame of our own page only', async () => {
    const posted: unknown[] = []
    const frame = (url: string, parent: unknown = null) => ({
      senderFrame: { url, parent, postMessage: (...args: unknown[]) => posted.push(args) },
    })
    fake.ipcMain.emit('dashi:connect', frame('https://evil.example/'))
    fake.ipcMain.emit('dashi:connect', frame('app://dashi/', {}))
    fake.ipcMain.emit('dashi:connect', { senderFrame: null })
    expect([attached, posted]).toEqual([0, []])
    fake.ipcMain.emit('dashi:connect', frame('app://dashi/#/label/3'))
    expect(posted).toEqual([['dashi:port', null, ['port2']]])
    await expect.poll(() => attached).toBe(1) // when the application is there
  })

  it('refuses what pages ask of the machine', () => {
    const request = fake.handlers.get('request') as (c: unknown, p: string, answer: (ok: boolean) => void) => void
    const answers: boolean[] = []
    for (const permission of ['media', 'geolocation', 'notifications', 'openExternal', 'clipboard-sanitized-write'])
      request(null, permission, (ok) => answers.push(ok))
    expect(answers).toEqual([false, false, false, false, true])
  })

  it('is one program: a second start shows its project in the window that is there', () => {
    fake.app.emit('second-instance', {}, ['dashi', basename(folder)], dirname(folder)) // as named where it was started
    expect(fake.windows[0]!.focused).toBe(true)
    expect(told).toContainEqual({ open: folder })
    expect(prepare(fakeElectron(folder, { first: false }).electron, [], folders())).toBe(false)
    const second = fakeElectron(folder)
    expect(prepare(second.electron, [], folders())).toBe(true)
    expect(second.calls['path']).toEqual(['userData', join(folder, 'config', 'electron'), 'sessionData', join(folder, 'cache', 'electron')])
    expect(second.calls['enableSandbox']).toBeDefined()
    expect(second.calls['schemes']).toMatchObject([{ scheme: 'app', privileges: { standard: true, secure: true } }])
  })

  it('opens again where it was, unless that screen is gone', () => {
    fake.windows[0]!.emit('close')
    const file = join(folder, 'config', 'window.json')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ bounds: { x: 10, y: 20, width: 1000, height: 700 }, maximised: true })
    const screen = { x: 0, y: 0, width: 1920, height: 1080 }
    expect(readWindowState(file, [screen])?.bounds.x).toBe(10)
    expect(readWindowState(file, [{ ...screen, x: 5000 }])).toBeNull()
    writeFileSync(file, '{"bounds":{"x":1e9')
    expect(readWindowState(file, [screen])).toBeNull()
  })

  it('has its menu in the language of the app, from the moment in which it is chosen', () => {
    const first = () => (fake.calls['menu']!.at(-1) as { label: string }[])[process.platform === 'darwin' ? 1 : 0]!.label
    expect(first()).toBe('&File')
    language = 'ja'
    changed()
    expect(first()).toBe('ファイル(&F)')
    language = 'system'
    changed()
    expect(first()).toBe('ファイル(&F)')
  })

  it('closes the application before it quits', async () => {
    let held = 0
    const quit = () => fake.app.emit('will-quit', { preventDefault: () => held++ })
    quit()
    await expect.poll(() => fake.calls['quit']).toBeDefined()
    quit() // as Electron does for the second time
    expect([held, closed]).toEqual([1, 1])
  })

  it('has native dialogs, over its window', async () => {
    expect(told).toContainEqual({ status: 'picked', path: '/picked' })
    expect(fake.calls['recent']).toContain('/birds')
  })

  it('opens what the system names, and keeps it for a page that does not listen yet', () => {
    fake.app.emit('open-file', { preventDefault: () => undefined }, folder)
    expect(told).toContainEqual({ open: folder })
    expect(asked()).toBe(folder)
  })

  it('opens a window for what is asked of it when the last one was closed, as macOS lets it live', () => {
    fake.windows.length = 0
    fake.app.emit('open-file', { preventDefault: () => undefined }, folder)
    expect(fake.windows.map((w) => w.url)).toEqual(['app://dashi/'])
    expect(asked()).toBe(folder)
    fake.windows.length = 0
    const items = (fake.calls['menu']!.at(-1) as { submenu: { id?: string; click?(): void }[] }[]).flatMap((m) => m.submenu)
    items.find((i) => i.id === 'about')!.click!()
    expect(fake.windows).toHaveLength(1)
    expect(told).not.toContainEqual({ action: 'about' })
    items.find((i) => i.id === 'about')!.click!()
    expect(told).toContainEqual({ action: 'about' })
  })

  it('has a menu for text fields, and none elsewhere', () => {
    const [window] = fake.windows
    window!.webContents.emit('context-menu', {}, { isEditable: false })
    expect(fake.calls['popup']).toBeUndefined()
    window!.webContents.emit('context-menu', {}, { isEditable: true })
    expect((fake.calls['popup']![0] as { role?: string }[]).flatMap((i) => i.role ?? [])).toEqual([
      'undo',
      'redo',
      'cut',
      'copy',
      'paste',
      'selectAll',
    ])
  })

  it('says that a page ended or did not load, and loads it again', async () => {
    const { webContents } = fake.windows[0]!
    webContents.emit('render-process-gone', {}, { reason: 'clean-exit' })
    webContents.emit('did-fail-load', {}, -3, 'ERR_ABORTED', 'app://dashi/', true)
    expect(fake.calls['box']).toBeUndefined()
    webContents.emit('render-process-gone', {}, { reason: 'crashed' })
    await expect.poll(() => fake.calls['reload']).toEqual([1])
    fake.boxAnswer.push(1)
    webContents.emit('did-fail-load', {}, -6, 'ERR_FILE_NOT_FOUND', 'app://dashi/', true)
    await expect.poll(() => fake.calls['destroy']).toEqual([1])
    webContents.emit('did-navigate', {}, 'app://dashi/', 404)
    webContents.emit('did-navigate', {}, 'app://dashi/', 404) // it is being said already
    await expect.poll(() => fake.calls['reload']).toEqual([1, 1])
    webContents.emit('preload-error', {}, '/preload.cjs', new Error('no such module'))
    await expect.poll(() => fake.calls['reload']).toEqual([1, 1, 1])
    expect(fake.calls['box']).toMatchObject([
      { detail: 'crashed' },
      { detail: 'ERR_FILE_NOT_FOUND' },
      { detail: '404' },
      { detail: 'no such module' },
    ])
  })

  it('lets nothing be downloaded', () => {
    let refused = false
    ;(fake.handlers.get('will-download') as (e: unknown) => void)({ preventDefault: () => (refused = true) })
    expect(refused).toBe(true)
  })
})

describe('the command line and the menu', () => {
  it('opens a folder, or the folder of a project file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dashi-open-'))
    writeFileSync(join(folder, 'project.db'), '')
    expect(projectOf(['dashi', folder])).toBe(folder)
    expect(projectOf(['dashi', '--flag', join(folder, 'project.db')])).toBe(folder)
    expect(projectOf(['dashi', join(folder, 'missing')])).toBeNull()
    expect(projectOf([folder])).toBeNull()
    rmSync(folder, { recursive: true })
  })

  it('is packed for three systems, with its icon, and without Node’s back doors', async () => {
    const root = join(import.meta.dirname, '../..')
    const config = z.record(z.string(), z.unknown()).parse(parse(readFileSync(join(root, 'electron-builder.yml'), 'utf8')))
    const { width, height } = await sharp(join(root, 'resources', 'icon.png')).metadata()
    expect([width, height]).toEqual([1024, 1024])
    // For the machine that packs alone: no processor is named.
    for (const [system, target] of [
      ['linux', ['AppImage', 'deb']],
      ['mac', ['dmg', 'zip']],
      ['win', ['nsis', 'zip']],
    ] as const)
      expect(config[system], system).toMatchObject({ target })
    expect(config['electronFuses']).toEqual({
      runAsNode: false,
      enableCookieEncryption: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: false,
      onlyLoadAppFromAsar: false,
      grantFileProtocolExtraPrivileges: false,
    })
    const folder = mkdtempSync(join(tmpdir(), 'dashi-associated-'))
    for (const { ext } of z.array(z.object({ ext: z.string() })).parse(config['fileAssociations'])) {
      createProject(folder).close()
      expect(projectOf(['dashi', join(folder, `project.${ext}`)])).toBe(folder) // there is such a file, and it is understood
    }
    rmSync(folder, { recursive: true })
  })

  type Items = ReturnType<typeof menuTemplate>
  const all = (items: Items): Items => items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? all(item.submenu) : [])])
  const template = (language: string, asked: string[] = [], platform: NodeJS.Platform = 'linux') =>
    menuTemplate({
      platform,
      language,
      act: (action) => asked.push(action),
      recent: [{ name: 'Birds', folder: '/birds' }],
      open: (folder) => asked.push(folder),
    })

  it('asks the page for actions that it has', () => {
    const asked: string[] = []
    for (const item of all(template('en', asked))) (item.click as (() => void) | undefined)?.()
    expect(asked).toContain('/birds')
    expect(asked.length).toBeGreaterThan(15)
    for (const action of asked.filter((a) => a !== '/birds')) expect(Object.keys(wordsIn('en').actions)).toContain(action)
  })

  it('names actions as the page does, in every language', () => {
    for (const { id } of locales) {
      const { actions } = wordsIn(id)
      const items = all(template(id)).filter((item) => item.id)
      expect(items.length).toBeGreaterThan(15)
      for (const item of items) expect(item.label).toBe(actions[item.id as keyof typeof actions])
    }
  })

  it('leaves ⌘Z to the text on macOS, and the tools of a developer to developers', () => {
    const roles = (platform: NodeJS.Platform, developing = false) =>
      all(menuTemplate({ platform, language: 'en', act: () => undefined, recent: [], open: () => undefined, developing })).flatMap(
        (i) => i.role ?? [],
      )
    expect(roles('darwin')).toEqual(expect.arrayContaining(['undo', 'redo']))
    expect(roles('linux')).not.toContain('undo')
    expect(roles('linux')).not.toContain('toggleDevTools')
    expect(roles('linux', true)).toContain('toggleDevTools')
  })

  it('says nothing in English where the language is Japanese, on any system', () => {
    for (const platform of ['linux', 'win32', 'darwin'] as const)
      for (const { label, type } of all(template('ja', [], platform)))
        if (type !== 'separator' && label !== 'Birds' && label !== 'Dashi')
          expect(label).toMatch(/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u)
  })

  it('speaks the language of the settings, or the first of the system that it knows', () => {
    expect(chosenLocale('en', ['ja-JP']).id).toBe('en')
    expect(chosenLocale('system', ['fr-FR', 'ja-JP', 'en-GB']).id).toBe('ja')
    expect(chosenLocale('system', ['fr-FR']).id).toBe('en')
    expect(chosenLocale('tlh', ['ja-JP']).id).toBe('en') // of the settings of a newer program
  })
})
