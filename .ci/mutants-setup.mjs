// For .ci/mutants.mjs: writes down which mutants' places the tests of a file ran.
import fs from 'node:fs'
import process from 'node:process'
import { afterAll } from 'vitest'

const into = process.env.DASHI_MUTANTS_COVERED
if (into)
  afterAll(() => {
    const { static: once = {}, perTest = {} } = globalThis.__stryker__?.mutantCoverage ?? {}
    const ids = new Set([once, ...Object.values(perTest)].flatMap((hits) => Object.keys(hits)))
    fs.writeFileSync(into, JSON.stringify([...ids]))
  })
