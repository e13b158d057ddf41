// Preloaded into the scripts of set-up: they see Windows, and what they would start is written down instead.
import childProcess from 'node:child_process'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import process from 'node:process'

Object.defineProperty(process, 'platform', { value: 'win32' })
const note = (command, args, { env = {}, shell = false, cwd } = {}) => {
  const changed = Object.fromEntries(Object.entries(env).filter(([name, value]) => process.env[name] !== value))
  fs.appendFileSync(process.env.STARTED, `${JSON.stringify({ command, args, env: changed, shell, cwd })}\n`)
  return { status: 0, signal: null, stdout: '', stderr: '' }
}
childProcess.spawnSync = note
for (const name of ['spawn', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'])
  childProcess[name] = () => {
    throw new Error(`${name} is not expected here`)
  }
syncBuiltinESMExports()
