import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // What takes longer than a minute: vitest.desktop.config.ts.
    exclude: [...configDefaults.exclude, 'test/**/*.long.test.ts'],
    // Against what never ends, not against what is slow: the machine may be ten times busier than it was when a test was written.
    testTimeout: 900_000,
    hookTimeout: 1_800_000,
    expect: { poll: { timeout: 300_000, interval: 50 } },
    // Two cores: onnxruntime already uses both, so test files run beside each other only a little.
    pool: 'forks',
    maxWorkers: 2,
  },
})
