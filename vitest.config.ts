import { defineConfig } from 'vitest/config'
import { browsing, common, sharing } from './vitest.kinds.ts'

/** `npm test`: files that leave nothing behind share their worker's modules, each other file has its own. */
export default defineConfig({
  test: {
    ...common,
    projects: [
      { test: { ...common, name: 'apart', exclude: [...common.exclude, ...browsing, ...sharing] } },
      { test: { ...common, name: 'browsing', isolate: false, include: browsing } },
      { test: { ...common, name: 'sharing', isolate: false, include: sharing } },
    ],
  },
})
