import { defineConfig } from 'vitest/config'
import { common, sharing, slow, units } from './vitest.kinds.ts'

const quick = (tests: readonly string[]) => tests.filter((test) => !slow.includes(test))
const alone = units.filter((test) => !sharing.includes(test))

/** `npm run test:unit`: what runs in seconds. `npm run mutants` has the time for all, and decides itself what shares modules. */
export default defineConfig({
  test:
    process.env['DASHI_SLOW_TESTS'] === '1'
      ? { ...common, include: units }
      : {
          ...common,
          projects: [
            { test: { ...common, name: 'sharing', isolate: false, include: quick(sharing) } },
            { test: { ...common, name: 'alone', include: quick(alone) } },
          ],
        },
})
