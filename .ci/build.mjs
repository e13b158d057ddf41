// `npm run build`: builds the program, the sample's data file (which replaces its data packages) and the third-party notices.
import { spawnSync } from 'node:child_process'
import { at, once, root, sources, stampOf } from './once.mjs'
import { writeNotices } from './notices.mjs'

const node = (...args) => {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
}
node(at('node_modules', 'electron-vite', 'bin', 'electron-vite.js'), 'build', '--logLevel', 'warn')
const sample = at('out', 'sample.json.gz')
once('sample', stampOf([at('package-lock.json'), ...sources(at('src-main', 'app', 'sample'))]), sample, () =>
  node(at('out', 'main', 'sample-bundle.js'), sample),
)
writeNotices()
