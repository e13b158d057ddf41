import fs from 'node:fs'
import path from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'
import all from './vitest.config.ts'

/** What a unit test does not need: a browser, a program built for the test or by `npm run build`, Electron, a bundler. */
const NEEDS =
  /\/e2e\/browser\.ts'|\/helpers\/(programs|engine)\.ts'|\/helpers\/(electron|cage)\/|out\/main|(from |import\()'(vite|esbuild|playwright-core)'/

/** Unit tests in kind, but each takes seconds: they train, measure devices, or read and write every format. */
const SLOW = [
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
  'test/db/replaced.test.ts',
  'test/engine/jobs/families.test.ts',
  'test/engine/jobs/jobs.test.ts',
  'test/engine/jobs/leaving-out.test.ts',
  'test/engine/jobs/resume.test.ts',
  'test/engine/questions/lanes.test.ts',
  'test/engine/runtime/devices.test.ts',
]

/** These ask which modules are loaded, or replace some for all of them, so each needs modules of its own. */
const ALONE = [
  'test/engine/data/proof.test.ts',
  'test/engine/facades.test.ts',
  'test/renderer/jobs.test.ts',
  'test/renderer/stores/runs.test.ts',
]

/** `npm run mutants` has the time. */
const slowToo = process.env['DASHI_SLOW_TESTS'] === '1'

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
const heavy = tests.filter((test) => [...imported(path.join(root, test))].some((file) => NEEDS.test(fs.readFileSync(file, 'utf8'))))

/**
 * `npm run test:unit`: what runs in seconds and needs neither a browser nor a built program. The files of a worker share its modules
 * (`isolate: false`), which halves the time: a test must not leave global state behind.
 */
export default defineConfig({
  test: {
    ...all.test,
    isolate: false,
    exclude: [...configDefaults.exclude, 'test/**/*.long.test.ts', ...heavy, ...ALONE, ...(slowToo ? [] : SLOW)],
  },
})
