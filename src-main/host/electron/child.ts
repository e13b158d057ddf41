import type * as Electron from 'electron'
import { type Child, childEnvironment, type ChildEnd, said } from '../../files/child.ts'

/**
 * Runs one of our programs in an Electron utility process, as a fallback without a plain Node: Electron's fuses
 * disable running as Node. Its allocator aborts on aligned blocks of a gigabyte, as onnxruntime's arena requests.
 */
export function startChild({ utilityProcess }: Pick<typeof Electron, 'utilityProcess'>, module: string, args: readonly string[]): Child {
  const child = utilityProcess.fork(module, [...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...childEnvironment(), DASHI_ARENA: 'off' },
  })
  let words = ''
  let gone = false
  child.stderr?.on('data', (data: Buffer) => (words = said(words, String(data))))
  child.on('error', (type, location) => (words = said(words, `\n${type} at ${location}\n`)))
  const ended = new Promise<ChildEnd>((resolve) =>
    child.on('exit', (code) => {
      gone = true
      resolve({ code, signal: null, said: words })
    }),
  )
  return {
    ended,
    kill: () => void child.kill(),
    send: (message) => void (gone || child.postMessage(message)),
    onMessage: (listen) => void child.on('message', listen),
    hold: () => undefined, // Electron stays alive for its windows
  }
}
