// For .ci/mutants.mjs: records which mutants each test file covers, and how long its tests take.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, expect } from 'vitest'

const into = process.env.DASHI_MUTANTS_COVERED
if (into) {
  const stryker = (globalThis.__stryker__ ??= {})
  const loading = Date.now()
  let start
  // Whatever runs before the first test is module loading, which happens once for all files of a worker.
  delete stryker.currentTestId
  beforeAll(() => {
    start = Date.now()
    stryker.currentTestId = expect.getState().testPath
  })
  afterAll(() => {
    const test = stryker.currentTestId
    const { static: loaded = {}, perTest = {} } = stryker.mutantCoverage ?? {}
    const file = path.join(into, `${createHash('sha256').update(test).digest('hex').slice(0, 24)}.json`)
    const seconds = (Date.now() - start) / 1000
    fs.writeFileSync(
      file,
      JSON.stringify({
        test,
        seconds,
        loading: (start - loading) / 1000,
        ids: Object.keys(perTest[test] ?? {}),
        loaded: Object.keys(loaded),
      }),
    )
    delete stryker.currentTestId
  })
}
