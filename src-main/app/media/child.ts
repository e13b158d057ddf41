/** A program of ours as a process of its own, that can be ended at any moment. */
import { spawn } from 'node:child_process'
import type { Child } from '../../host/ports.ts'

/** With Node; the desktop has its own way (its program does not run as Node). */
export function startChild(module: string, args: readonly string[]): Child {
  const child = spawn(process.execPath, [module, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)))
  const ended = new Promise<{ code: number | null; said: string }>((resolve) => {
    child.on('error', (e) => resolve({ code: null, said: e.message }))
    child.on('close', (code) => resolve({ code, said }))
  })
  return { ended, kill: () => void child.kill('SIGKILL') }
}
