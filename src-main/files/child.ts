/** A program of ours as a process of its own. */
import { spawn } from 'node:child_process'

export interface ChildEnd {
  readonly code: number | null
  readonly signal: string | null
  /** The end of what it wrote to stderr; where there is neither code nor signal, why it could not be started. */
  readonly said: string
}

export interface Child {
  readonly ended: Promise<ChildEnd>
  /** At once. */
  kill(): void
  /** Messages are cloned and come in their order; one that has ended gets none. */
  send(message: unknown): void
  onMessage(listen: (message: unknown) => void): void
  /** Whether this process is to stay for it; it is, unless told. */
  hold(held: boolean): void
}

export type StartChild = (module: string, args: readonly string[]) => Child

/** As much of stderr is kept. */
export const said = (so: string, text: string): string => (so + text).slice(-4000)

/** Ours, without what would make a program start as something else than itself. */
export const childEnvironment = (env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^(NODE_OPTIONS|NODE_CHANNEL_.*|ELECTRON_.*)$/i.test(name)))

interface ByNode {
  /** Another Node than the one that runs this. Messages then go as JSON, since its format of cloned objects may be another. */
  node?: string
  /** Hears what it writes to stderr as well. */
  onSaid?: (text: string) => void
}

/** With Node: not by `fork`, which in Electron would set ELECTRON_RUN_AS_NODE; the desktop's own program does not run as Node. */
export function startChild(module: string, args: readonly string[], { node, onSaid }: ByNode = {}): Child {
  const child = spawn(node ?? process.execPath, [module, ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: node === undefined ? 'advanced' : 'json',
    env: childEnvironment(),
    windowsHide: true,
  })
  let words = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    words = said(words, text)
    onSaid?.(text)
  })
  const ended = new Promise<ChildEnd>((resolve) => {
    child.on('error', (e) => child.pid === undefined && resolve({ code: null, signal: null, said: e.message }))
    child.on('close', (code, signal) => resolve({ code, signal, said: words })) // all that it said has been heard
  })
  const handles = [child, child.channel, child.stderr] as ({ ref(): void; unref(): void } | null | undefined)[]
  return {
    ended,
    kill: () => void child.kill('SIGKILL'),
    send: (message) => void (child.connected && child.send(message as object, () => undefined)), // that it is gone is told by `ended`
    onMessage: (listen) => void child.on('message', listen),
    hold: (held) => handles.forEach((handle) => (held ? handle?.ref() : handle?.unref())),
  }
}
