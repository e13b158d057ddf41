// Brings a fresh clone to where `npm run demo` and `npm test` can run, each by itself: packages, build, and for the tests the
// system packages of the browser. Does only what is missing, so that the second time costs a fraction of a second.
//   --tests   also what the browser tests need       --quiet   says nothing when there is nothing to do
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { npm } from './npm.mjs'
import { at, once, root, say, sources, stampOf } from './once.mjs'

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

once(
  'packages',
  stampOf([at('package-lock.json')]),
  at('node_modules', '.package-lock.json'),
  () => {
    say('Installing packages (npm ci) …')
    run(...npm(['ci', '--no-audit', '--no-fund', '--loglevel=error']), { ONNXRUNTIME_NODE_INSTALL: 'skip' })
  },
  installed,
)

/** Did a person run `npm ci` by hand? Then npm's own list has what the lock file has. */
function installed() {
  const packages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages
  const [has, locked] = [packages(at('node_modules', '.package-lock.json')), packages(at('package-lock.json'))]
  return Object.entries(locked).every(
    ([name, { version, optional }]) => name === '' || (optional && !has[name]) || has[name]?.version === version,
  )
}

const built = [
  ...['src-main', 'src-shared', 'src-renderer'].flatMap((d) => sources(at(d))),
  ...['build', 'bundled', 'notices'].map((f) => at('.ci', `${f}.mjs`)),
  at('package-lock.json'),
  at('package.json'),
  at('electron.vite.config.ts'),
]
once('build', stampOf(built), [at('out', 'main', 'cli.js'), at('out', 'THIRD-PARTY-NOTICES.txt')], () => {
  say('Building …')
  run(process.execPath, [at('.ci', 'build.mjs')])
})

// Commits of a clone are looked at by .githooks, unless it has hooks of its own already.
const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' })
if (existsSync(at('.git')) && git('config', 'core.hooksPath').status === 1) git('config', 'core.hooksPath', '.githooks')

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
