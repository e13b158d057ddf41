import { expect, it } from 'vitest'
import { npm } from '../../.ci/npm.mjs'

const there = () => true
const nowhere = () => false

it('is Node with npm’s own file, on Windows too', () => {
  const windows = { platform: 'win32' as const, execPath: 'C:\\Program Files\\nodejs\\node.exe', env: {}, exists: there }
  expect(npm(['ci'], windows)).toEqual([windows.execPath, ['C:\\Program Files\\nodejs\\node_modules\\npm\\bin\\npm-cli.js', 'ci']])
  const linux = { platform: 'linux' as const, execPath: '/usr/local/bin/node', env: {}, exists: there }
  expect(npm(['ci'], linux)).toEqual([linux.execPath, ['/usr/local/lib/node_modules/npm/bin/npm-cli.js', 'ci']])
})

it('is the npm that runs, where one does', () => {
  const env = { npm_execpath: '/opt/npm/bin/npm-cli.js' }
  expect(npm(['ci'], { execPath: '/usr/bin/node', env, exists: there })).toEqual(['/usr/bin/node', ['/opt/npm/bin/npm-cli.js', 'ci']])
  expect(npm(['ci'], { execPath: '/usr/bin/node', env: { npm_execpath: '/opt/yarn.js' }, exists: nowhere })).toEqual(['npm', ['ci']])
})
