// Runs npm as a Node program: on Windows `npm` is a shell script, which cannot be spawned directly.
import { existsSync } from 'node:fs'
import path from 'node:path'

/**
 * The command for `npm ARGUMENTS`: Node with npm's own script if it is found (as given by `npm run`, or beside Node), else `npm`.
 * @returns [command, arguments]
 */
export function npm(args, { platform = process.platform, execPath = process.execPath, env = process.env, exists = existsSync } = {}) {
  const on = platform === 'win32' ? path.win32 : path.posix
  const beside = platform === 'win32' ? ['node_modules'] : ['..', 'lib', 'node_modules']
  const places = [env.npm_execpath, on.join(on.dirname(execPath), ...beside, 'npm', 'bin', 'npm-cli.js')]
  const cli = places.find((file) => file && /npm-cli\.[cm]?js$/.test(file) && exists(file))
  return cli ? [execPath, [cli, ...args]] : ['npm', args]
}
