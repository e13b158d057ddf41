// Prepares a fresh clone for `npm run demo` and `npm test`: packages, the build and, for the tests, system packages. Does
// only what is missing, so a second run takes a fraction of a second.
//   --tests   also what the tests in a browser and on a Slurm cluster need
//   --quiet   prints nothing if there is nothing to do
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

/** Whether someone ran `npm ci` by hand: then npm's own list matches the lock file. */
function installed() {
  const packages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages
  const [has, locked] = [packages(at('node_modules', '.package-lock.json')), packages(at('package-lock.json'))]
  return Object.entries(locked).every(
    ([name, { version, optional }]) => name === '' || (optional && !has[name]) || has[name]?.version === version,
  )
}

const built = [
  ...['src-main', 'src-shared', 'src-renderer'].flatMap((d) => sources(at(d))),
  ...sources(at('docs', 'guide')),
  ...['build', 'bundled', 'guide', 'notices'].map((f) => at('.ci', `${f}.mjs`)),
  at('package-lock.json'),
  at('package.json'),
  at('electron.vite.config.ts'),
]
once('build', stampOf(built), [at('out', 'main', 'cli.js'), at('out', 'THIRD-PARTY-NOTICES.txt')], () => {
  say('Building …')
  run(process.execPath, [at('.ci', 'build.mjs')])
})

// Use .githooks for commits, unless the clone already has hooks of its own.
const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' })
if (existsSync(at('.git')) && git('config', 'core.hooksPath').status === 1) git('config', 'core.hooksPath', '.githooks')

if (process.argv.includes('--tests')) {
  const wanted = ['chromium', 'libvulkan1', 'fonts-noto-cjk', 'slurmctld', 'slurmd', 'slurm-client', 'munge']
  const missing = process.platform === 'linux' ? wanted.filter((p) => spawnSync('dpkg', ['-s', p]).status !== 0) : []
  const debianRoot = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (missing.length && debianRoot) {
    say(`Installing ${missing.join(', ')} (apt-get) …`)
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    run('apt-get', ['update', '-qq'], env)
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], env)
  } else if (missing.length && process.platform === 'linux') {
    say(`Some tests need ${missing.join(', ')}, which cannot be installed here; they will be left out.`)
  }
}
if (!process.argv.includes('--quiet') && process.stdout.isTTY) say('Ready.')
