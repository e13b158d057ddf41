// For .ci/mutants.mjs: a warm vitest that runs the requested tests with one mutant switched on.
import fs from 'node:fs'
import process from 'node:process'
import { createVitest } from 'vitest/node'
import { at } from './once.mjs'

const [contentsFile, jobs] = process.argv.slice(2)
const contents = JSON.parse(fs.readFileSync(contentsFile, 'utf8'))

/** Which files are served instrumented: all while coverage is measured, otherwise only the one whose mutant is tested. */
let isSwitched = () => false
const mutants = {
  name: 'mutants',
  enforce: 'pre',
  load: (id) => (isSwitched(id) && contents[id] !== undefined ? { code: contents[id], map: null } : undefined),
}

/** The parent ends tests that take too long: with all files instrumented, loops over pixels are many times slower. */
const limit = 1_200_000
process.env.DASHI_SLOW_TESTS = '1'
const vitest = await createVitest(
  'test',
  {
    config: at('vitest.unit.config.ts'),
    watch: false,
    reporters: [{}],
    isolate: true,
    bail: 1,
    maxWorkers: Number(jobs),
    testTimeout: limit,
    hookTimeout: limit,
    expect: { poll: { timeout: 10_000, interval: 50 } },
    setupFiles: [at('.ci', 'mutants-setup.mjs')],
    cache: false,
  },
  { plugins: [mutants] },
)

let served
async function run(files, switched) {
  if (served !== switched) {
    isSwitched = (id) => switched === 'all' || id === switched
    for (const file of [served, switched].flatMap((which) => (which === 'all' ? Object.keys(contents) : which ? [which] : [])))
      vitest.invalidateFile(file)
    served = switched
  }
  const specifications = (await vitest.globTestSpecifications(files)).filter(({ moduleId }) => files.includes(moduleId))
  if (specifications.length < files.length) throw new Error(`not among the unit tests: ${files}`)
  specifications.sort((a, b) => files.indexOf(a.moduleId) - files.indexOf(b.moduleId))
  // Vitest reports everything it has ever run, as of then, so forget earlier results.
  vitest.state.filesMap.clear()
  vitest.state.errorsSet.clear()
  const result = await vitest.runTestSpecifications(specifications)
  const testModules = result.testModules.filter(({ moduleId }) => files.includes(moduleId))
  const { unhandledErrors } = result
  const failed = testModules.find((module) => module.state() === 'failed')
  if (!failed && unhandledErrors.length) return { status: 'Killed', by: String(unhandledErrors[0]) }
  if (failed) {
    const test = [...failed.children.allTests('failed')][0]
    const errors = test ? test.result().errors : failed.errors()
    return { status: 'Killed', by: `${failed.relativeModuleId}: ${test?.fullName ?? ''}: ${errors?.[0]?.message?.slice(0, 200)}` }
  }
  if (testModules.length < files.length) throw new Error(`not all of ${files} were run`)
  const ran = testModules.reduce((sum, module) => sum + [...module.children.allTests('passed')].length, 0)
  const skipped = testModules.every((module) => [...module.children.allTests()].every((test) => test.result().state === 'skipped'))
  if (!ran && !skipped) throw new Error(`no test ran in ${files}`)
  return { status: 'Survived' }
}

const answers = {
  async list() {
    return { tests: (await vitest.globTestSpecifications()).map(({ moduleId }) => moduleId).sort() }
  },
  /** Runs all tests in one process that loads each module once: minutes instead of an hour. Mutants need a process per file instead. */
  async cover({ tests, into }) {
    process.env.DASHI_MUTANTS_COVERED = into
    for (const config of [vitest.config, ...vitest.projects.map((project) => project.config)])
      Object.assign(config, { isolate: false, bail: 0 })
    const answer = await run(tests, 'all')
    delete process.env.DASHI_MUTANTS_COVERED
    return answer
  },
  async mutant({ id, file, tests }) {
    process.env.__STRYKER_ACTIVE_MUTANT__ = id
    return run(tests, file)
  },
}
process.on('message', async (question) => {
  try {
    process.send(await answers[question.kind](question))
  } catch (e) {
    process.stderr.write(`${e.stack}\n`)
    process.exit(1)
  }
})
