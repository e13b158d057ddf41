// `npm run package`: builds the installer for the current system and architecture.
//   --dir             only the unpacked folder
//   --out FOLDER      output folder (default: dist)
//   --electron PATH   use a local Electron (folder or zip) instead of downloading one
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { obstacle } from './before-pack.mjs'
import { at, say } from './once.mjs'

const give = (line, code) => {
  say(`package: ${line}`)
  process.exit(code)
}

function options() {
  const known = { dir: { type: 'boolean' }, out: { type: 'string' }, electron: { type: 'string' } }
  try {
    return parseArgs({ options: known }).values
  } catch (e) {
    const crossing = /'-{1,2}(win\w*|mac\w*|linux|x64|ia32|arm\w*|universal|[wml]+)\b/.exec(e.message)
    give(
      crossing
        ? `--${crossing[1]}: Dashi is packed for the system and architecture of the machine, ${process.platform}-${process.arch}`
        : e.message.split('. ')[0],
      2,
    )
  }
}

/** Whether a signing certificate is configured. Without one macOS builds get an ad hoc signature, which Apple silicon requires. */
const certificate = () =>
  process.env.CSC_LINK ||
  process.env.CSC_NAME ||
  /Developer ID Application/.test(spawnSync('security', ['find-identity', '-v', '-p', 'codesigning'], { encoding: 'utf8' }).stdout ?? '')

const { dir = false, out, electron } = options()
const refused = obstacle()
if (refused) give(refused, 2)
if (electron !== undefined && !existsSync(electron)) give(`--electron ${electron}: no such file or folder`, 2)

const folder = path.resolve(out ?? at('dist'))
// Overrides of electron-builder.yml.
const config = {
  directories: { output: folder },
  ...(electron !== undefined && { electronDist: path.resolve(electron) }),
  ...(process.platform === 'darwin' && !certificate() && { mac: { identity: '-' } }),
}

try {
  const { Platform, archFromString, build } = await import('electron-builder') // takes a second, which no refusal needs
  const targets = Platform.current().createTarget(dir ? 'dir' : undefined, archFromString(process.arch))
  await build({ projectDir: at(), config, targets, publish: 'never' })
} catch (e) {
  const line = String(e?.message ?? e)
    .trim()
    .split('\n')[0]
  const fetched = /ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|socket|HTTPError|status code/i.test(line)
  give(
    fetched
      ? `${line}: Electron and the tools that make installers come from github.com; with --dir and --electron PATH nothing is fetched`
      : line,
    1,
  )
}

/** Size in bytes of a file, or of all files in a folder. */
function bytes(file) {
  const stat = lstatSync(file)
  return stat.isDirectory() ? readdirSync(file).reduce((sum, name) => sum + bytes(path.join(file, name)), 0) : stat.size
}
const unpacked = readdirSync(folder).find((name) => (process.platform === 'darwin' ? /^mac/ : /-unpacked$/).test(name))
const resources = path.join(folder, unpacked, ...(process.platform === 'darwin' ? ['Dashi.app', 'Contents', 'Resources'] : ['resources']))
const megabytes = (n) => `${(n / 1e6).toFixed(1)} MB`
const [all, app, node] = [path.join(folder, unpacked), path.join(resources, 'app'), path.join(resources, 'node')].map(bytes)
process.stdout.write(
  `${path.join(folder, unpacked)}: Dashi ${megabytes(app)}, Node.js ${megabytes(node)}, Electron ${megabytes(all - app - node)}\n`,
)
