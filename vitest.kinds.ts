/** What all test runs share, and which test files are unit tests. */
import fs from 'node:fs'
import path from 'node:path'
import { configDefaults, type ViteUserConfig } from 'vitest/config'

/**
 * What runs twice where the long tests run beside the others: the files over the port, whose tests run over the socket, and the few
 * kills of the engine, of which engine.long.test.ts makes more.
 */
const beside = [...configDefaults.exclude, 'test/desktop/port-*.long.test.ts', 'test/desktop/engine.test.ts']

export const common = {
  include: ['test/**/*.test.ts'],
  // What takes longer than a minute is left out, but in `.ci/run`.
  exclude: process.env['DASHI_LONG_TESTS'] === '1' ? beside : [...configDefaults.exclude, 'test/**/*.long.test.ts'],
  // Against what never ends, not against what is slow: the machine may be ten times busier than it was when a test was written.
  testTimeout: 900_000,
  hookTimeout: 1_800_000,
  expect: { poll: { timeout: 300_000, interval: 50 } },
  // Two cores: onnxruntime already uses both, so test files run beside each other only a little.
  pool: 'forks',
  maxWorkers: 2,
  // Threads of onnxruntime that wait for work turn round: on cores that others need, two fifths of a training's processor time.
  env: { DASHI_SPIN: process.env['DASHI_SPIN'] ?? '0' },
} satisfies ViteUserConfig['test']

/** What a unit test does not need: a browser, a program built for the test or by `npm run build`, Electron, a bundler. */
const NEEDS =
  /\/e2e\/browser\.ts'|\/helpers\/(programs|engine)\.ts'|\/helpers\/(electron|cage)\/|out\/main|(from |import\()'(vite|esbuild|playwright-core)'/

/** Unit tests in kind, but each takes seconds: they train, measure devices, or read and write every format. */
export const slow = [
  'test/app/exchange/coco.test.ts',
  'test/app/exchange/hostile.test.ts',
  'test/app/exchange/overwrite.test.ts',
  'test/app/exchange/tables.test.ts',
  'test/app/exchange/yolo.test.ts',
  'test/app/exchange/archive.test.ts',
  'test/app/exchange/auto.test.ts',
  'test/app/exchange/cases.test.ts',
  'test/app/exchange/exchange.test.ts',
  'test/app/exchange/mutations.test.ts',
  'test/app/exchange/roundtrip.test.ts',
  'test/app/exchange/strangers.test.ts',
  'test/app/sample/bundle.test.ts',
  'test/app/sample/project.test.ts',
  'test/app/sample/sample.test.ts',
  'test/app/sample/study.test.ts',
  'test/db/replaced.test.ts',
  'test/bench/gpu/bench.test.ts',
  'test/engine/jobs/devices.test.ts',
  'test/engine/jobs/families.test.ts',
  'test/engine/jobs/jobs.test.ts',
  'test/engine/jobs/leaving-out.test.ts',
  'test/engine/jobs/resume.test.ts',
  'test/engine/questions/lanes.test.ts',
  'test/engine/runtime/devices.test.ts',
]

/** What stays behind in shared modules: stand-ins for modules, spies, stubbed globals, timers. And the façades' test asks what is loaded. */
const LEAVES = /\bvi\.|\bglobalThis\.\w+ = /
const facades = 'test/engine/facades.test.ts'

const root = import.meta.dirname

/** The files of `test/` that a file of `test/` imports, itself among them. */
function imported(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file) || !fs.existsSync(file)) return seen
  seen.add(file)
  for (const [, to] of fs.readFileSync(file, 'utf8').matchAll(/from '(\.{1,2}\/[^']+\.ts)'/g)) {
    const target = path.resolve(path.dirname(file), to!)
    if (target.startsWith(path.join(root, 'test'))) imported(target, seen)
  }
  return seen
}

const tests = fs
  .readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && !file.endsWith('.long.test.ts'))
  .map((file) => path.posix.join('test', file.split(path.sep).join('/')))
/** Whether this file, or a file of `test/` that it imports, has such a thing in it. */
const has = (test: string, what: RegExp) => [...imported(path.join(root, test))].some((file) => what.test(fs.readFileSync(file, 'utf8')))

/** Unit tests: they need neither a browser nor a built program. */
export const units = tests.filter((test) => !has(test, NEEDS))
/** Those that leave no global state behind, so that the files of a worker can share its modules: twice as fast. */
export const sharing = units.filter((test) => test !== facades && !has(test, LEAVES))
/** Tests of the window close what they open, and each loads the whole application: these share its modules, too. */
const browser = path.join(root, 'test/e2e/browser.ts')
export const browsing = tests.filter(
  (test) => /^test\/(e2e|renderer)\//.test(test) && imported(path.join(root, test)).has(browser) && !has(test, LEAVES),
)
