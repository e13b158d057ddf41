/** Runs one of our programs as a separate process. */
import { spawn } from 'node:child_process'

export interface ChildEnd {
  readonly code: number | null
  readonly signal: string | null
  /** The end of its stderr output or, if there is neither code nor signal, why it could not be started. */
  readonly said: string
}

export interface Child {
  readonly ended: Promise<ChildEnd>
  /** Kills it immediately. */
  kill(): void
  /** Messages are cloned and delivered in order; a process that has ended receives none. */
  send(message: unknown): void
  onMessage(listen: (message: unknown) => void): void
  /** Whether the child keeps this process alive; by default it does. */
  hold(held: boolean): void
}

export type StartChild = (module: string, args: readonly string[]) => Child

/** Keeps only the last 4,000 characters of stderr. */
export const said = (so: string, text: string): string => (so + text).slice(-4000)

/** Our environment without the variables that would make the program start in another mode. */
export const childEnvironment = (env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^(NODE_OPTIONS|NODE_CHANNEL_.*|ELECTRON_.*)$/i.test(name)))

interface ByNode {
  /** A Node executable other than the current one. Messages are then sent as JSON, since its serialisation format may differ. */
  node?: string
  /** Also called with everything written to stderr. */
  onSaid?: (text: string) => void
}

/**
 * Starts a Node process. Not by `fork`, which inside Electron would set ELECTRON_RUN_AS_NODE, and the desktop's
 * executable cannot run as Node.
 */
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
    child.on('close', (code, signal) => resolve({ code, signal, said: words })) // stderr has been read to the end
  })
  const handles = [child, child.channel, child.stderr] as ({ ref(): void; unref(): void } | null | undefined)[]
  return {
    ended,
    kill: () => void child.kill('SIGKILL'),
    send: (message) => void (child.connected && child.send(message as object, () => undefined)), // a closed channel is reported by `ended`
    onMessage: (listen) => void child.on('message', listen),
    hold: (held) => handles.forEach((handle) => (held ? handle?.ref() : handle?.unref())),
  }
}
