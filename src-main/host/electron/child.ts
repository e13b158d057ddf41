import type * as Electron from 'electron'
import type { Child } from '../ports.ts'

/** A program of ours as a process of its own: Electron's own program does not run as Node, by its fuses. */
export function startChild({ utilityProcess }: Pick<typeof Electron, 'utilityProcess'>, module: string, args: readonly string[]): Child {
  const child = utilityProcess.fork(module, [...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (data: Buffer) => (said = (said + String(data)).slice(-4000)))
  return { ended: new Promise((resolve) => child.on('exit', (code) => resolve({ code, said }))), kill: () => void child.kill() }
}
