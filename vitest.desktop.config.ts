import { configDefaults, defineConfig } from 'vitest/config'
import { common } from './vitest.kinds.ts'

/** `npm run test:desktop`: the proofs of the desktop program, with those of more than a minute that `npm test` leaves out. */
export default defineConfig({
  test: { ...common, include: ['test/desktop/**/*.test.ts', 'test/**/*.long.test.ts'], exclude: configDefaults.exclude },
})
