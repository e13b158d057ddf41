/** A clone in a folder whose name has a space and a letter beyond ASCII: it is set up, built, tested and used from there. */
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { programRoot } from '../../src-main/program.ts'
import { shapePictures, temporaryFolder, TINY_CLIP } from '../helpers/pictures.ts'

const NAME = 'my dashi é'
/** Tests that start processes and threads, find files beside the program, serve pages, and open the desktop's entry under its stand-in. */
const TELLING = [
  'test/desktop/start.test.ts',
  'test/engine/jobs/client.test.ts',
  'test/engine/parity/clip-forward.test.ts',
  'test/host/http.test.ts',
  'test/ci/circles.test.ts',
  'test/ci/zones.test.ts',
  'test/app/work/queue.test.ts',
  'test/app/work/work.test.ts',
]
/** Theirs that take seconds, and start the same programs as the others of their files do. */
const SLOW = ['an import of thousands', 'stops between two steps', 'that is killed in the middle']

const clone = path.join(temporaryFolder(), NAME)
beforeAll(() => {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: programRoot, encoding: 'utf8' })
    .split('\0')
    .filter((f) => f && fs.existsSync(path.join(programRoot, f)))
  for (const file of tracked) linked(path.join(programRoot, file), path.join(clone, file), fs.copyFileSync)
  // What was made of the packages lies in .cache, and is made anew.
  const packages = path.join(programRoot, 'node_modules')
  for (const name of fs.readdirSync(packages))
    if (name !== '.cache' && name !== '.vite') linked(path.join(packages, name), path.join(clone, 'node_modules', name), link)
})

/** A tree whose files are `put` from another's; symbolic links stay what they are. */
function linked(from: string, to: string, put: (from: string, to: string) => void): void {
  const kind = fs.lstatSync(from)
  fs.mkdirSync(path.dirname(to), { recursive: true })
  if (kind.isSymbolicLink()) fs.symlinkSync(fs.readlinkSync(from), to)
  else if (kind.isDirectory()) for (const name of fs.readdirSync(from)) linked(path.join(from, name), path.join(to, name), put)
  else put(from, to)
}

function link(from: string, to: string): void {
  try {
    fs.linkSync(from, to)
  } catch {
    fs.copyFileSync(from, to) // another disk
  }
}

function started(args: readonly string[]) {
  const ours = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'))
  const env = { ...Object.fromEntries(ours), DASHI_HOME: path.join(clone, '..', 'home é'), DASHI_CACHE: path.join(clone, '..', 'cache é') }
  return spawnSync(process.execPath, args, { cwd: clone, env, encoding: 'utf8', maxBuffer: 2 ** 28 })
}

function node(...args: string[]): string {
  const { status, stdout, stderr } = started(args)
  expect(status, `${args.join(' ')}\n${stdout}\n${stderr}`).toBe(0)
  return stdout
}

it('is set up and built', () => {
  node('.ci/setup.mjs')
  for (const made of [
    'out/main/cli.js',
    'out/main/electron.js',
    'out/main/engine-process.js',
    'out/preload/preload.cjs',
    'out/renderer/index.html',
  ])
    expect(fs.existsSync(path.join(clone, made)), made).toBe(true)
  expect(node('.ci/setup.mjs')).toBe('')
})

it('imports, trains and exports', async () => {
  const dashi = (...args: string[]) => JSON.parse(node('out/main/cli.js', ...args, '--json')) as Record<string, unknown>
  const splits = await shapePictures(path.join(clone, 'pictures é'))
  const classes = path.join(clone, 'classes é')
  for (const [split, items] of Object.entries({ train: splits.train, val: splits.val }))
    for (const { file } of items) linked(file, path.join(classes, split, path.basename(file).replace(/-.*/, ''), path.basename(file)), link)
  const project = path.join('projects é', 'my project')
  dashi('project', 'create', project)
  dashi('import', 'classes é', '--project', project, '--format', 'imagefolder')
  expect(dashi('project', 'info', project)).toMatchObject({ media: 18 })
  const trained = dashi(
    'train',
    '--project',
    project,
    '--recipe',
    'ft',
    '--model',
    TINY_CLIP,
    '--device',
    'cpu',
    '--set',
    'epochs=1',
    'batchSize=6',
  )
  expect(trained['steps']).toBe(2)
  dashi('export', path.join('exports é', 'coco'), '--project', project, '--format', 'coco')
  expect(fs.readdirSync(path.join(clone, 'exports é', 'coco')).length).toBeGreaterThan(0)
})

interface Report {
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

it('passes its tests', () => {
  const vitest = path.join('node_modules', 'vitest', 'vitest.mjs')
  const report = path.join('..', 'report.json')
  const { status, stderr } = started([
    ...[vitest, 'run', '--reporter=json', `--outputFile=${report}`, '-t', `^(?!.*(${SLOW.join('|')}))`],
    ...TELLING,
  ])
  const { numPassedTests, testResults } = JSON.parse(fs.readFileSync(path.join(clone, report), 'utf8')) as Report
  const failures = testResults.flatMap(({ name, status: is, message, assertionResults }) => [
    ...(is === 'passed' ? [] : [`${name}: ${message}`]),
    ...assertionResults.flatMap((a) => (a.status === 'failed' ? [`${a.fullName}: ${a.failureMessages[0]}`] : [])),
  ])
  expect(failures).toEqual([])
  expect(numPassedTests).toBeGreaterThan(20)
  expect(status, stderr).toBe(0)
})
