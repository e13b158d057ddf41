import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // Two cores: onnxruntime already uses both, so test files run beside each other only a little.
    pool: 'forks',
    maxWorkers: 2,
  },
})
