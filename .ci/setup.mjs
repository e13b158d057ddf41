// Brings a fresh clone to where `npm run demo` and `npm test` can run, each by itself: packages, build, and for the tests the
// system packages of the browser. Does only what is missing, so that the second time costs a fraction of a second.
//   --tests   also what the browser tests need       --quiet   says nothing when there is nothing to do
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { npm } from './npm.mjs'

const root = path.dirname(import.meta.dirname)
const at = (...p) => path.join(root, ...p)
const say = (line) => process.stderr.write(`${line}\n`)
const run = (command, args, env = {}) => {
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, ...env } })
  if (done.status !== 0) {
    say(`setup: \`${command} ${args.join(' ')}\` failed; its output is above`)
    process.exit(1)
  }
}

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  say(`Dashi needs Node 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(2)
}

/** Hash of a set of files: what a finished step was made from. */
function stampOf(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(path.relative(root, file)).update('\0').update(readFileSync(file))
  return hash.digest('hex')
}
function once(name, stamp, made, step, isDone = () => false) {
  const file = at('node_modules', '.cache', `dashi-${name}`)
  if (existsSync(made) && existsSync(file) && readFileSync(file, 'utf8') === stamp) return
  if (!existsSync(file) && existsSync(made) && isDone()) say(`The ${name} are there already.`)
  else step()
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, stamp)
}

once('packages', stampOf([at('package-lock.json')]), at('node_modules', '.package-lock.json'), () => {
  say('Installing packages (npm ci) …')
  run(...npm(['ci', '--no-audit', '--no-fund', '--loglevel=error']), { ONNXRUNTIME_NODE_INSTALL: 'skip' })
}, installed)

/** Did a person run `npm ci` by hand? Then npm's own list has what the lock file has. */
function installed() {
  const packages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages
  const [has, locked] = [packages(at('node_modules', '.package-lock.json')), packages(at('package-lock.json'))]
  return Object.entries(locked).every(([name, { version, optional }]) => name === '' || (optional && !has[name]) || has[name]?.version === version)
}

/** Every source file below `dir`. */
function sources(dir) {
  return readdirSync(dir, { recursive: true }).map((f) => path.join(dir, f)).filter((f) => statSync(f).isFile()).sort()
}
const built = [...['src-main', 'src-shared', 'src-renderer'].flatMap((d) => sources(at(d))), ...sources(at('test', 'bench')), at('package.json'), at('electron.vite.config.ts')]
once('build', stampOf(built), at('out', 'main', 'cli.js'), () => {
  say('Building …')
  run(process.execPath, [at('node_modules', 'electron-vite', 'bin', 'electron-vite.js'), 'build', '--logLevel', 'warn'])
})

if (process.argv.includes('--tests')) {
  const wanted = ['chromium', 'libvulkan1', 'fonts-noto-cjk']
  const missing = process.platform === 'linux' ? wanted.filter((p) => spawnSync('dpkg', ['-s', p]).status !== 0) : []
  const debianRoot = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (missing.length && debianRoot) {
    say(`Installing ${missing.join(', ')} (apt-get) …`)
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    run('apt-get', ['update', '-qq'], env)
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], env)
  } else if (missing.length && process.platform === 'linux') {
    say(`The browser tests need ${missing.join(', ')}, which cannot be installed here; they will be left out.`)
  }
}
if (!process.argv.includes('--quiet') && process.stdout.isTTY) say('Ready.')
