/** The application's end of the bridge to the desktop: runs in plain Node and talks to its parent process. */
import type { FolderChoice } from '#shared/contract/app.ts'
import { toApplication, type DesktopEvent, type FromApplication, type MenuState } from '#shared/contract/bridge.ts'
import type { Channel } from '#shared/contract/rpc.ts'
import { errorLine } from '#shared/errors.ts'
import type { Host, Served } from '../ports.ts'

/** An application as seen by the desktop. */
export interface Workbench extends Served {
  menu(): MenuState
  /** Sends an event to the pages of all windows. */
  tell(event: DesktopEvent): void
}

/**
 * @param project the project that the next page to open should show
 * @param changed called when something shown in the menu changes
 */
export type MakeWorkbench = (host: Host, project: () => string | null, changed: () => void) => Workbench

/** Serves until asked to close, or until the parent process is gone. */
export function serveParent(make: MakeWorkbench): void {
  const pages = new Map<number, { hear: (message: unknown) => void; gone: () => void }>()
  const requests = new Map<number, AbortController>()
  const dialogs = new Map<number, (choice: FolderChoice) => void>()
  let asked = 0
  let project: string | null = null
  let workbench: Workbench | null = null

  // 'disconnect' tells whether the parent still listens, so send errors are ignored.
  const send = (message: FromApplication) => void (process.connected && process.send!(message, undefined, undefined, () => undefined))
  const state = () => workbench && send({ type: 'state', state: workbench.menu() })

  function begin({ version, ...folders }: Omit<Host, 'pickFolder'>): void {
    const pickFolder = (title: string, start?: string) =>
      new Promise<FolderChoice>((resolve) => {
        dialogs.set(++asked, resolve)
        send({ type: 'pick', id: asked, title, start })
      })
    workbench = make({ ...folders, version, pickFolder }, () => project, state)
    state()
  }

  function attach(page: number): void {
    const closers: (() => void)[] = []
    const channel: Channel = {
      send: (message) => send({ type: 'tell', page, message }),
      onMessage: (listener) => void pages.set(page, { hear: listener, gone: () => closers.forEach((close) => close()) }),
      onClose: (listener) => void closers.push(listener),
      close: () => send({ type: 'hang-up', page }),
    }
    workbench!.attach(channel)
  }

  async function respond(id: number, path: string): Promise<void> {
    const abort = new AbortController()
    requests.set(id, abort)
    try {
      const response = await workbench!.respond(path, abort.signal)
      const body = Buffer.from(await response.arrayBuffer()).toString('base64')
      if (!abort.signal.aborted)
        send({ type: 'response', id, status: response.status, headers: Object.fromEntries(response.headers), body })
    } catch (e) {
      if (abort.signal.aborted) return
      console.error(`${path}:`, e)
      send({ type: 'response', id, status: 500, headers: {}, body: Buffer.from(errorLine(e)).toString('base64') })
    } finally {
      requests.delete(id)
    }
  }

  let ending = false
  async function end(): Promise<void> {
    if (ending) return
    ending = true
    try {
      await workbench?.close()
    } finally {
      process.exit()
    }
  }

  process.on('message', (raw) => {
    try {
      const message = toApplication.parse(raw)
      if ('project' in message) project = message.project
      if (message.type === 'begin') begin(message)
      else if (message.type === 'attach') attach(message.page)
      else if (message.type === 'said') pages.get(message.page)?.hear(message.message)
      else if (message.type === 'left') {
        pages.get(message.page)?.gone()
        pages.delete(message.page)
      } else if (message.type === 'request') void respond(message.id, message.path)
      else if (message.type === 'abort') requests.get(message.id)?.abort()
      else if (message.type === 'picked') {
        dialogs.get(message.id)?.(message.choice)
        dialogs.delete(message.id)
      } else if (message.type === 'tell') workbench?.tell(message.event)
      else if (message.type === 'close') void end()
    } catch (e) {
      console.error(e)
      if (workbench) return
      process.exitCode = 1
      send({ type: 'failed', message: errorLine(e) })
      process.disconnect()
    }
  })
  process.on('disconnect', () => void end())
}
