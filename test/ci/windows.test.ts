/** The scripts of set-up as on Windows, where `npm` and all that a shell would find are no programs: only Node can be started. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeEach, expect, it } from 'vitest'
import { programRoot } from '../../src-main/program.ts'
import { temporaryFolder } from '../helpers/pictures.ts'

interface Started {
  command: string
  args: string[]
  env: Record<string, string>
  shell: boolean
}

const dir = temporaryFolder()
let clone: string
let npmCli: string
beforeEach(() => {
  clone = fs.mkdtempSync(path.join(dir, 'my dashi é '))
  for (const name of [
    '.ci',
    'package.json',
    'package-lock.json',
    'electron.vite.config.ts',
    'src-main',
    'src-shared',
    'src-renderer',
    'docs/guide',
  ])
    fs.cpSync(path.join(programRoot, name), path.join(clone, name), { recursive: true })
  npmCli = path.join(clone, 'npm-cli.js')
  fs.writeFileSync(npmCli, '')
})

/** Runs a script of the fresh clone; what it would have started. */
function started(script: string, ...args: string[]): Started[] {
  const log = path.join(clone, 'started.jsonl')
  const windows = pathToFileURL(path.join(import.meta.dirname, 'windows.mjs')).href
  const env = { ...process.env, STARTED: log, npm_execpath: npmCli, ONNXRUNTIME_NODE_INSTALL: undefined }
  const { status, stderr } = spawnSync(process.execPath, ['--import', windows, path.join(clone, '.ci', script), ...args], {
    env,
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  return fs.existsSync(log)
    ? fs
        .readFileSync(log, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Started)
    : []
}

it('installs the packages and builds, with Node and nothing else', () => {
  const steps = started('setup.mjs', '--tests')
  for (const step of steps) expect(step, step.args.join(' ')).toMatchObject({ command: process.execPath, shell: false })
  const [packages, build] = steps
  expect(packages).toMatchObject({
    args: [npmCli, 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
    env: { ONNXRUNTIME_NODE_INSTALL: 'skip' },
  })
  expect(path.relative(clone, build!.args[0]!)).not.toMatch(/^\.\./)
  expect(steps).toHaveLength(2) // no system packages are asked for
})

it('does nothing the second time', () => {
  started('setup.mjs', '--quiet')
  for (const made of ['node_modules/.package-lock.json', 'out/main/cli.js', 'out/THIRD-PARTY-NOTICES.txt']) {
    fs.mkdirSync(path.dirname(path.join(clone, made)), { recursive: true })
    fs.writeFileSync(path.join(clone, made), '{}')
  }
  fs.rmSync(path.join(clone, 'started.jsonl'))
  expect(started('setup.mjs', '--quiet')).toEqual([])
})

it('`npm run cuda` asks npm for the libraries, with Node too', () => {
  expect(started('cuda.mjs')).toMatchObject([
    { command: process.execPath, args: [npmCli, 'rebuild', 'onnxruntime-node'], env: { ONNXRUNTIME_NODE_INSTALL: 'cuda12' }, shell: false },
  ])
})
