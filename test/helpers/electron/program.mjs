// Runs an entry of the main process as Electron would: `node program.mjs ENTRY [ARGUMENT …]`. Its import of `electron` resolves to
// stand-in.mjs. The test's counterpart (desktop.ts) communicates with it over Node's IPC channel.
import { register } from 'node:module'
import { pathToFileURL } from 'node:url'

const standIn = new URL('./stand-in.mjs', import.meta.url).href
const hook = `export const resolve = (name, context, next) => name === 'electron' ? { url: ${JSON.stringify(standIn)}, shortCircuit: true } : next(name, context)`
register(`data:text/javascript,${encodeURIComponent(hook)}`)

process.argv.splice(1, 1) // as in Electron: the program, then the entry
process.versions.electron ??= '45.0.0'
if (process.env.STAND_IN_RESOURCES) process.resourcesPath = process.env.STAND_IN_RESOURCES // for a packaged program
const { becomeReady } = await import(standIn)
const begun = Date.now()
await import(pathToFileURL(process.argv[1]).href)
process.send?.({ evaluated: Date.now(), begun })
becomeReady() // not earlier: Electron evaluates the entry first
