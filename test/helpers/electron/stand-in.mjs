/**
 * A stand-in for the main process's `electron` module that enforces the rules that matter here: `ready` comes only after the entry has
 * been evaluated; what must come before it is refused afterwards, and vice versa; ports clone their messages; quitting emits `before-quit`
 * and `will-quit`, either of which may delay it. The test plays the part of the window, over `process.send`.
 */
import { fork } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'

let ready = false
/** A call for this Electron to refuse, to test how the program handles it. */
const refused = process.env.STAND_IN_REFUSES
const tell = (message) => process.send?.(message)
const beforeReady = (what) => {
  if (ready) throw new Error(`${what} must be called before the app is ready`)
}
const afterReady = (what) => {
  if (!ready) throw new Error(`${what} cannot be used before the app is ready`)
}

class App extends EventEmitter {
  paths = { userData: join(tmpdir(), 'electron-user-data'), sessionData: join(tmpdir(), 'electron-session') }
  locked = null
  isPackaged = process.resourcesPath !== undefined
  isReady = () => ready
  whenReady = () => (ready ? Promise.resolve() : new Promise((resolve) => this.once('ready', () => resolve())))
  setName = () => undefined
  getName = () => 'Dashi'
  setPath(name, path) {
    if (this.locked) throw new Error(`setPath(${name}) after the lock was taken: it lies in that folder`)
    this.paths[name] = path
  }
  getPath = (name) => this.paths[name] ?? join(tmpdir(), name)
  requestSingleInstanceLock() {
    this.locked = this.paths.userData
    return true
  }
  addRecentDocument = () => undefined
  enableSandbox = () => beforeReady('app.enableSandbox')
  getPreferredSystemLanguages = () => ['en-US']
  quit() {
    let held = false
    const event = { preventDefault: () => (held = true) }
    for (const name of ['before-quit', 'will-quit']) if (!held) this.emit(name, event)
    if (!held) this.exit(0)
  }
  exit(code = 0) {
    process.exitCode = code
    process.disconnect?.()
    setImmediate(() => process.exit(code))
  }
}
export const app = new App()

const handlers = new Map()
export const protocol = {
  registerSchemesAsPrivileged: () => beforeReady('protocol.registerSchemesAsPrivileged'),
  handle(scheme, handler) {
    afterReady('protocol.handle')
    if (refused === 'protocol.handle') throw new Error(`the protocol ${scheme} has been intercepted`)
    handlers.set(scheme, handler)
  },
}

const windows = []
export class BrowserWindow extends EventEmitter {
  static getAllWindows = () => [...windows]
  static getFocusedWindow = () => windows[0] ?? null
  webContents = Object.assign(new EventEmitter(), { setWindowOpenHandler: () => undefined })
  constructor(options) {
    super()
    afterReady('BrowserWindow')
    this.options = options
    windows.push(this)
    app.emit('web-contents-created', {}, this.webContents)
  }
  async loadURL(url) {
    tell({ window: url, at: Date.now(), preload: this.options.webPreferences?.preload })
    this.emit('ready-to-show')
  }
  show() {}
  maximize() {}
  focus() {}
  restore() {}
  destroy() {}
  isDestroyed = () => false
  isMinimized = () => false
  isMaximized = () => false
  getNormalBounds = () => ({ x: 0, y: 0, width: 1360, height: 860 })
}

/** The person's choices in the next folder dialogs; without one left, dialogs are cancelled. */
const choices = []
export const dialog = {
  showMessageBox: async () => ({ response: 0 }),
  showOpenDialog: async () => (choices.length ? { canceled: false, filePaths: [choices.shift()] } : { canceled: true, filePaths: [] }),
  showErrorBox: (title, text) => tell({ errorBox: text, title }),
}
export const ipcMain = new EventEmitter()
export const Menu = { buildFromTemplate: (template) => template, setApplicationMenu: () => afterReady('Menu') }
export const shell = { openExternal: async (url) => void tell({ external: url }) }
export const screen = { getAllDisplays: () => (afterReady('screen'), [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }]) }

/** The extras of a utility process: `process.parentPort`, which queues messages until there is a listener and closes with its parent. */
const inUtility = `import { EventEmitter } from 'node:events'
  process.parentPort = Object.assign(new EventEmitter(), { postMessage: (m) => process.send(m) })
  process.parentPort.once('newListener', () => process.on('message', (data) => process.parentPort.emit('message', { data, ports: [] })))
  process.on('disconnect', () => process.exit(1))`
export const utilityProcess = {
  fork(module, args, { env }) {
    afterReady('utilityProcess.fork')
    const child = fork(module, args, {
      env,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--import', `data:text/javascript,${encodeURIComponent(inUtility)}`],
    })
    const utility = Object.assign(new EventEmitter(), { stderr: child.stderr, postMessage: (m) => child.send(m), kill: () => child.kill() })
    child.on('message', (m) => utility.emit('message', m)).on('exit', (code) => utility.emit('exit', code ?? 1))
    return utility
  },
}
const defaultSession = { on: () => undefined, setPermissionRequestHandler: () => undefined, setPermissionCheckHandler: () => undefined }
export const session = {
  get defaultSession() {
    afterReady('session.defaultSession')
    return defaultSession
  },
}

/** The main process's end of a port: an emitter whose messages are `{ data }`, silent until it is started. */
class MessagePortMain extends EventEmitter {
  constructor(port) {
    super()
    this.port = port
    port.on('close', () => this.emit('close'))
  }
  start = () => void this.port.on('message', (data) => this.emit('message', { data, ports: [] }))
  postMessage = (message) => this.port.postMessage(message)
  close = () => this.port.close()
}
export class MessageChannelMain {
  #channel = new MessageChannel()
  port1 = new MessagePortMain(this.#channel.port1)
  port2 = this.#channel.port2
}

export function becomeReady() {
  setImmediate(() => {
    ready = true
    app.emit('ready')
  })
}

// ---- what the test requests in place of a window ------------------------------------------------------------------
/** Response bodies in progress, by request id; null if the request was aborted before there was one. */
const bodies = new Map()
/** As in Electron: aborting a request in the page never triggers its signal; instead the body, once there is one, is destroyed. */
async function fetchFor({ fetch: url, method = 'GET', id }) {
  const request = new Request(url, { method })
  bodies.set(id, undefined)
  let response
  try {
    response = await handlers.get('app')(request)
  } catch (e) {
    console.error(e) // as in Electron; the page sees a network error
    bodies.delete(id)
    return tell({ fetched: id, failed: true, status: 0, headers: {}, body: Buffer.alloc(0) })
  }
  const reader = response.body?.getReader()
  const chunks = []
  let failed = false
  if (bodies.get(id) === null) await reader?.cancel()
  else if (reader) {
    bodies.set(id, reader)
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value)
    } catch {
      failed = true // the page sees this as a network error
    }
  }
  bodies.delete(id)
  tell({ fetched: id, failed, status: response.status, headers: Object.fromEntries(response.headers), body: Buffer.concat(chunks) })
}
function giveUp(id) {
  const reader = bodies.get(id)
  if (reader) void reader.cancel()
  else if (bodies.has(id)) bodies.set(id, null)
}

let connected = 0
const pagePorts = new Map()
function connect(number) {
  const senderFrame = {
    url: windows[0] ? 'app://dashi/' : '',
    parent: null,
    postMessage(name, _data, [port]) {
      const id = ++connected
      pagePorts.set(id, port)
      port.on('message', (data) => tell({ from: id, data }))
      port.on('close', () => tell({ closed: id }))
      port.start()
      tell({ port: id, name, connect: number })
    },
  }
  ipcMain.emit('dashi:connect', { senderFrame })
}
process.on('message', (asked) => {
  if (asked.fetch) void fetchFor(asked)
  else if (asked.giveUp) giveUp(asked.giveUp)
  else if (asked.connect) connect(asked.connect)
  else if (asked.to) pagePorts.get(asked.to).postMessage(asked.data)
  else if (asked.leave) pagePorts.get(asked.leave).close()
  else if (asked.choose) choices.push(asked.choose)
  else if (asked.quit) app.quit()
})
