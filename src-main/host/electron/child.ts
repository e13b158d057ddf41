import type * as Electron from 'electron'
import { type Child, childEnvironment, type ChildEnd, said } from '../../files/child.ts'

/**
 * A program of ours as a process of its own where no plain Node is to be had: Electron's own program does not run as Node, by its
 * fuses. Its allocator ends a process that asks for an aligned block of a gigabyte, as onnxruntime's arena does.
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
    hold: () => undefined, // Electron stays for its windows
  }
}
