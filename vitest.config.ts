import { defineConfig } from 'vitest/config'
import { common, sharing } from './vitest.kinds.ts'

/** `npm test`: the unit tests that can share their worker's modules do, each other file has its own. */
export default defineConfig({
  test: {
    ...common,
    projects: [
      { test: { ...common, name: 'sharing', isolate: false, include: sharing } },
      { test: { ...common, name: 'apart', exclude: [...common.exclude, ...sharing] } },
    ],
  },
})
